import type { Diagnosis } from '@onnxplain/core';
import { errorText } from './error-text.js';

/** What errors of ONNX Runtime mean, by words of their texts: the first that fits. */
const MEANINGS: readonly (readonly [text: RegExp, remedy: string])[] = [
  [
    /allocat|bad_alloc|out of memory/i,
    'There is not enough memory: give fewer rows a run (batch, on the command line --batch), or smaller inputs.',
  ],
  [
    /out of (data )?bounds|out of range|indices? .*(must|should|invalid)/i,
    'An index lies beyond the tensor that it looks up: look at ids among the inputs.',
  ],
  [
    /reshape|dimension|shape|broadcast|mismatch/i,
    'The sizes of the inputs do not fit each other or the model: give other sizes, or one row a run (batch 1, on the command line --batch 1).',
  ],
  [
    /not.?implemented/i,
    'ONNX Runtime has no kernel for this operator with these types: export the model with float32 numbers, or for another opset.',
  ],
];

/** The node at which a run stopped, as ONNX Runtime writes it. */
const NODE = /while running (\S+) node\. Name:'([^']*)'/;

/** Describes an error of a run: the node, what it means where its words are known, and the text of ONNX Runtime as it is. */
export function runError(cause: unknown): Pick<Diagnosis, 'got' | 'remedy'> {
  const text = errorText(cause);
  const node = NODE.exec(text);
  const at = node === null ? '' : ` at ${node[1]} "${node[2]}"`;
  const remedy = MEANINGS.find(([words]) => words.test(text))?.[1];
  return { got: `an error of ONNX Runtime${at}: "${text}"`, ...(remedy !== undefined && { remedy }) };
}
