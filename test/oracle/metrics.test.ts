import {
  type Estimate,
  type Explainer,
  fixed,
  key,
  named,
  norm,
  row,
  type Tensor,
  tensor,
  zeros,
} from '@onnxplain/core';
import { gradient, integratedGradients, pathGradient, timesInput } from '@onnxplain/explainers';
import { deletion, infidelity, insertion, sensitivityMax } from '@onnxplain/metrics';
import { compareWithOracle, type Question } from './run.js';

const nothing: Explainer = named(
  async (_f: Question['f'], x: Tensor, k: ReturnType<typeof key>) => ({
    values: zeros(x.shape),
    kind: 'local' as const,
    method: 'nothing',
    key: k,
    cost: { forward: 0, backward: 0 },
  }),
  { expression: 'nothing', kind: 'local' as const },
);

const explainers: Readonly<Record<string, Explainer>> = {
  gradient: gradient(),
  input_x_gradient: timesInput(gradient()),
  ig_local: pathGradient({ steps: 10, rule: 'left' }),
  ig: integratedGradients({ steps: 20 }),
  zeros: nothing,
};

/** The stored attributions explain the logit, also where the metric looks at the probability. */
async function subjectOf({ of, f, logit, x }: Question) {
  const explain = explainers[String(of.params.attribution)];
  return { f, x, explain, attribution: await explain(logit, x, key(0)) };
}

const valueIn = (estimate: Estimate): number => ('value' in estimate ? estimate.value : Number.NaN);

compareWithOracle({
  async infidelity(question) {
    const { of, share } = question;
    const perturbations = share(of.params.perturbations);
    const stored = of.params.kind === 'mask' ? removal(question, perturbations) : fixed(perturbations);
    const metric = infidelity(stored, { scale: of.params.normalize === true ? 'optimal' : 'none' });
    return { value: [valueIn((await metric.measure(await subjectOf(question), key(1))).estimate)] };
  },

  deletion_curve: (question) => curveOf(deletion, question),

  insertion_curve: (question) => curveOf(insertion, question),

  async sensitivity_max(question) {
    const { of, x, share } = question;
    const inputs = share(of.params.perturbed_inputs);
    const deltas = tensor(
      inputs.data.map((value, i) => x.data[i % x.data.length] - value),
      inputs.shape,
    );
    const perturbation = fixed(deltas, inputs);
    const subject = await subjectOf(question);
    const measure = async (normalize: boolean) =>
      valueIn((await sensitivityMax({ perturbation, normalize }).measure(subject, key(1))).estimate);
    return {
      value: [await measure(true)],
      unnormalized: [await measure(false)],
      explanation_norm: [norm(subject.attribution.values, 'l2')],
    };
  },
});

/** The curve and the area of stored scores, of the logit. */
async function curveOf(make: typeof deletion | typeof insertion, { of, f, x, stored }: Question) {
  const { reference, percents, scores } = of.params;
  const metric = make({
    reference: typeof reference === 'number' ? reference : row(stored(reference), 0),
    percentages: percents as number[],
    order: 'signed',
  });
  const values = row(stored(scores), 0);
  const attribution = { ...(await nothing(f, x, key(0))), values };
  const { curve, estimate } = await metric.measure({ f, x, attribution }, key(1));
  return { curve_logit: curve?.y ?? [], auc_percent: [valueIn(estimate)] };
}

/** Stored masks: I = mask ⊙ (x - baseline). */
function removal({ of, x }: Question, masks: Tensor) {
  const baseline = Number(of.params.baseline);
  const deltas = tensor(
    masks.data.map((mask, i) => mask * (x.data[i % x.data.length] - baseline)),
    masks.shape,
  );
  return fixed(deltas, undefined, masks);
}
