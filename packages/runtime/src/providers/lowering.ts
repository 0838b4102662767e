import { type Graph, type LoweringTarget, lower } from '@onnxplain/graph';
import type { Device } from '../session/session.js';

/** The lowering target of each device. */
const targets: Readonly<Record<Device, LoweringTarget>> = {
  cpu: 'ort-cpu',
  cuda: 'ort-cuda',
  webgpu: 'ort-webgpu',
};

/** Whether a graph was made by `grad`, `vjp`, `jvp` or `hvp`, or from such a graph. */
export const isGradient = ({ metadata }: Graph): boolean => metadata['onnxplain.of'] !== undefined;

/** Lowers a gradient for the kernels of a device. Returns any other graph unchanged. */
export const lowerGradient = (graph: Graph, device: Device): Graph =>
  isGradient(graph) ? lower(graph, targets[device]) : graph;
