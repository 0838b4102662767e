import { basename, dirname } from 'node:path';
import { type Attribution, fail, stackAlong, type Tensor, tensor } from '@onnxplain/core';
import { writeFolder, writeNpy, writeWhole } from '@onnxplain/files';
import type { Prepared } from '../pipeline/prepare.js';
import { drawAttribution } from '../pipeline/record/draw.js';
import type { Explanation } from '../pipeline/run/evaluate.js';
import type { Outcome } from '../pipeline/run/outcome.js';
import { perToken } from '../pipeline/tokens.js';
import type { ExplainOutcome } from './explained.js';
import { jsonText } from './printable.js';

/** Endings of the files that {@link writers} write. */
export const WRITTEN_ENDINGS = ['.npy', '.png', '.json'] as const;

interface Writing {
  readonly out: string;
  readonly prepared: Prepared;
  readonly explanations: readonly Explanation[];
  readonly result: ExplainOutcome;
}

/** Writers of output files by file extension. Each returns the paths of the files that it wrote. */
export const writers: Readonly<
  Record<(typeof WRITTEN_ENDINGS)[number], (writing: Writing) => Promise<readonly string[]>>
> = {
  async '.json'({ out, result }) {
    await writeWhole(out, jsonText(result, 2));
    return [out];
  },
  async '.npy'({ out, prepared, explanations }) {
    const values = explanations.map(writtenValues);
    const whole = prepared.form.batched ? stackAlong(values, prepared.form.axis) : values[0];
    await writeWhole(out, writeNpy(whole, prepared.form.form));
    return [out];
  },
  async '.png'({ out, prepared, explanations }) {
    const drawn = explanations.map(({ input, attributions: [outcome] }) => {
      const picture = drawAttribution(input, allDone(outcome), prepared.drawing);
      return picture?.png ?? refusePicture(input.tensor.shape);
    });
    const names = explanations.map(({ input }, i) =>
      drawn.length === 1 ? out : out.replace(/\.png$/i, `-${i}-${fileWord(input.name)}.png`),
    );
    await writeFolder(dirname(out), new Map(drawn.map((png, i) => [basename(names[i]), png])));
    return names;
  },
};

/** Turns the name of an input into a part of a file name: "cat.jpg" becomes cat, "many.npy[3]" becomes many-3. */
function fileWord(name: string): string {
  const word = name.replace(/\.[a-z]+(?=$|\[)/i, '');
  return word.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '');
}

/** Returns the numbers to write, in the shape of the input; where the input was token ids, one number for each token. */
function writtenValues({ input, attributions: [outcome] }: Explanation): Tensor {
  const attribution = allDone(outcome);
  if (input.tokens === undefined) return attribution.values;
  return tensor(perToken(attribution), [input.tokens.length]);
}

/** Returns the attribution. Throws `not-applicable` where there is none: an array cannot mark missing rows. */
function allDone(outcome: Outcome<Attribution>): Attribution {
  if (outcome.status === 'done') return outcome.value;
  return fail({
    code: 'not-applicable',
    where: '-o',
    expected: 'every input explained',
    got: outcome.reason,
    remedy: 'Write a .json file, which can hold attributions and failures.',
  });
}

function refusePicture(shape: readonly number[]): never {
  return fail({
    code: 'not-applicable',
    where: '-o',
    expected: 'inputs that are pictures for a .png file',
    got: `inputs of shape [${shape.join(', ')}]`,
    remedy: 'Write a .npy or .json file.',
  });
}
