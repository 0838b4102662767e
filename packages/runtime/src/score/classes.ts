import { sizeOf } from '@onnxplain/core';
import { prune } from '@onnxplain/graph';
import type { Model } from '../model.js';
import { allocate } from '../value.js';
import type { Question } from './question.js';

/** Number of classes of a question's output: read off the graph, or else counted in a run of zeros. */
export async function classCount(model: Model, question: Question): Promise<number> {
  if (question.classes !== undefined) return question.classes;
  const { graph, input, output, fixed, identity } = question;
  const outputs = graph.outputs.filter(({ name }) => name === output);
  const session = await model.session(`output ${identity}`, () => prune({ ...graph, outputs }));
  const rows = model.fixedRows ?? 1;
  const dims = [rows, ...input.shape];
  const zeros = { dtype: input.dtype, dims, data: allocate(input.dtype, sizeOf(dims)) };
  const results = await session.run({ ...fixed.rows(rows), [input.name]: zeros }, [output]);
  return results[output].data.length / rows;
}
