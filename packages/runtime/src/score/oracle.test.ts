import { expect, test } from 'vitest';
import {
  type Case,
  distanceFrom,
  type Oracle,
  oracleModels,
  pathOf,
  readOracle,
  tensorOf,
} from '../../../../test/oracle/oracle.js';
import type { Model } from '../model/model.js';
import { open } from '../model/open.js';
import { predict } from './predict.js';
import { score } from './score.js';

async function onEachFile(
  name: string,
  oracle: Oracle,
  check: (model: Model) => Promise<void>,
): Promise<void> {
  for (const { file } of oracle.files) {
    await using model = await open(pathOf(name, file), { device: 'cpu' });
    await check(model);
  }
}

const link = ({ params }: Case) => (params.of === 'softmax' ? 'probability' : 'logit');

test.each(oracleModels)(
  '%s: all logits, and the chosen one as a score, are those of PyTorch',
  async (name) => {
    const oracle = readOracle(name);
    await onEachFile(name, oracle, async (model) => {
      for (const each of oracle.cases.filter(({ method }) => method === 'logits')) {
        const x = tensorOf(oracle, each.input);
        const { scores, classes } = await predict(model, {}, x);
        expect(distanceFrom(each, 'value', scores.data), each.id).toBeLessThan(1);
        const best = await (await score(model, { target: 'predicted' })).value(x);
        for (const [i, value] of best.entries())
          expect(value).toBe(scores.data[i * scores.shape[1] + classes[i]]);
      }
    });
  },
);

test.each(oracleModels)('%s: gradients of logits and probabilities are those of PyTorch', async (name) => {
  const oracle = readOracle(name);
  const cases = oracle.cases.filter(({ method }) => method === 'gradient');
  expect(cases.length).toBeGreaterThan(2);
  await onEachFile(name, oracle, async (model) => {
    for (const each of cases) {
      const f = await score(model, { target: each.target, link: link(each) });
      const slopes = await f.gradient(tensorOf(oracle, each.input));
      expect(distanceFrom(each, 'value', slopes.data), each.id).toBeLessThan(1);
    }
  });
});
