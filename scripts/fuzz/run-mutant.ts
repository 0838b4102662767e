/** Opens a mutant and runs its gradient in ONNX Runtime. `isolated` calls it in a process of its own. */
import { OnnxplainError, tensor } from '@onnxplain/core';
import { open, score } from 'onnxplain';
import { mutantOf } from '../../packages/graph/test/fuzz/mutants.js';

export interface MutantNumber {
  readonly seed: number;
  readonly i: number;
}

/** Returns the code of the error that ended the run, 'run' where none did. Throws other errors, which are defects. */
export default async function runMutant({ seed, i }: MutantNumber): Promise<string> {
  const { bytes } = mutantOf(seed, i);
  try {
    await using model = await open(bytes, { device: 'cpu', threads: 1 });
    const [input, ...others] = model.inputs.map(({ name, dims = [] }) => {
      const shape = dims.map((dim) => (typeof dim === 'number' ? dim : 2));
      const size = shape.reduce((product, dim) => product * dim, 1);
      if (size > 2 ** 20) throw new RangeError('too large to fill');
      return [name, tensor(new Float32Array(size).fill(0.5), shape)] as const;
    });
    if (input === undefined) return 'no input';
    const f = await score(model, { input: input[0], target: 0, feeds: Object.fromEntries(others) });
    await f.gradient(tensor(new Float32Array(f.shape.reduce((a, b) => a * b, 1)).fill(0.5), [1, ...f.shape]));
    return 'run';
  } catch (error) {
    if (error instanceof RangeError && error.message === 'too large to fill') return 'too large to fill';
    if (error instanceof OnnxplainError && error.code !== 'internal') return error.code;
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    throw new Error(`no code: ${cause instanceof Error ? cause.stack : String(cause)}`, { cause: error });
  }
}
