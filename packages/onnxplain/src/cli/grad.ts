import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { write } from '@onnxplain/graph';
import { formatBytes } from '@onnxplain/report';
import { gradientGraph, type Port } from '@onnxplain/runtime';
import { expectWritable, writeWhole } from '../files/disk.js';
import { openModel } from '../pipeline/model.js';
import { type CommonFlags, endingOf } from './flags.js';

export interface GradFlags extends CommonFlags {
  readonly out: string;
  readonly of?: string;
  readonly wrt?: string;
  readonly rules: string;
}

/** What `grad` wrote. */
export interface WrittenGradient {
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly nodes: number;
  readonly rules: string;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

/** Writes the model's gradient as an ONNX model. */
export async function grad(path: string, flags: GradFlags): Promise<WrittenGradient> {
  endingOf(flags.out, ['.onnx']);
  const { of, wrt, rules, out } = flags;
  await expectWritable(dirname(flags.out));
  const { model } = await openModel(path, flags);
  try {
    const graph = gradientGraph(model, { of, wrt, rules });
    const bytes = write(graph);
    await writeWhole(out, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const { inputs, outputs, nodes } = graph;
    return { file: out, sha256, bytes: bytes.length, nodes: nodes.length, rules, inputs, outputs };
  } finally {
    await model.close();
  }
}

/** One line on what was written. */
export function showGradient({ file, bytes, nodes, inputs, outputs }: WrittenGradient): string {
  const names = (ports: readonly Port[]) => ports.map(({ name }) => name).join(', ');
  return `${file}: ${formatBytes(bytes)}, ${nodes} nodes, (${names(inputs)}) -> (${names(outputs)})\n`;
}
