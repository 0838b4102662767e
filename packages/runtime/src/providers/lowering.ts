import { type Graph, type LoweringTarget, lower } from '@onnxplain/graph';
import type { Device } from '../session/session.js';

/** CUDA gets the spelling of the CPU provider: gradients have been run on it in no other. */
const targets: Readonly<Record<Device, LoweringTarget>> = {
  cpu: 'ort-cpu',
  cuda: 'ort-cpu',
  webgpu: 'ort-webgpu',
};

/** Whether a graph was made by `grad`, `vjp`, `jvp` or `hvp`, or from such a graph. */
export const isGradient = ({ metadata }: Graph): boolean => metadata['onnxplain.of'] !== undefined;

/** Returns a gradient in the spelling for the kernels of a provider; any other graph as it is. */
export const lowerGradient = (graph: Graph, device: Device): Graph =>
  isGradient(graph) ? lower(graph, targets[device]) : graph;
