import { counted, type Explainer, fail, featuresFor, type ModelNeed } from '@onnxplain/core';
import { countLayers, score } from '@onnxplain/runtime';
import { feedsOf } from '../query/arrays.js';
import type { QueriedInputs } from '../query/query.js';

/**
 * Checks the classes, labels and numbers of layers that options of explainers and metrics name, before anything runs. Throws `target-range`
 * for a class that the output does not have, `not-applicable` for a model with fewer layers, what `featuresFor` throws for labels that do
 * not fit an input, and what the checks of metrics throw.
 */
export async function expectNeeds(
  queried: QueriedInputs,
  made: readonly Pick<Explainer, 'needs'>[],
): Promise<void> {
  const needs = made.flatMap(({ needs = [] }) => needs);
  for (const need of needs) {
    expectClass(queried, need);
    expectWeights(queried, need);
    const { where, labels } = need;
    if (labels === undefined) continue;
    for (const { tensor } of queried.inputs)
      featuresFor(where, tensor.shape, { features: labels, x: tensor });
  }
  if (needs.some(({ check }) => check !== undefined)) await checkInputs(queried, needs);
}

function expectClass({ meaning }: QueriedInputs, { where, class: asked }: ModelNeed): void {
  // An output of one number has two classes.
  const classes = Math.max(2, meaning.classes);
  if (asked === undefined || asked < classes) return;
  fail({
    code: 'target-range',
    where,
    expected: `a class from 0 to ${classes - 1} (${counted(classes, 'class', 'classes')})`,
    got: `${asked}`,
  });
}

function expectWeights(queried: QueriedInputs, { where, layers }: ModelNeed): void {
  if (layers === undefined) return;
  const found = countLayers(queried.model, functionAt(queried, 0));
  if (layers <= found) return;
  fail({
    code: 'not-applicable',
    where,
    expected:
      found === 0 ? 'a model of layers with weights' : `at most ${found}, the number of layers with weights`,
    got: found === 0 ? 'a model without them' : `${layers}`,
    remedy: found === 0 ? 'Leave the metric out.' : `Take at most ${counted(found, 'layer')}, or layers=all.`,
  });
}

async function checkInputs(queried: QueriedInputs, needs: readonly ModelNeed[]): Promise<void> {
  for (const [i, { tensor }] of queried.inputs.entries()) {
    const { features } = queried.queries[i];
    const layout = features === 'elements' ? undefined : features;
    // What is checked does not depend on the class.
    const f = await score(queried.model, { ...functionAt(queried, i), target: 0, layout });
    for (const { check } of needs) check?.(f, tensor);
  }
}

/** The options of the function of the model at an input. */
function functionAt({ inputs, queries, arrays }: QueriedInputs, i: number) {
  const { output, input, batchedFeeds } = queries[i];
  return { shape: inputs[i].tensor.shape, output, input, batchedFeeds, feeds: feedsOf(queries[i], arrays) };
}
