import {
  gaussian,
  key,
  named,
  type Perturbation,
  type Subject,
  tensor,
  uniform,
  zeros,
} from '@onnxplain/core';

/** A distribution of squared errors with a known mean, which infidelity draws from. */
export interface Family {
  readonly name: string;
  readonly subject: Subject;
  readonly perturbation: Perturbation;
  /** The true infidelity. */
  readonly truth: number;
  /** Standard error of n draws times √n, for large n. */
  readonly deviation: number;
}

/** The two numbers of a draw, which are the perturbed input. */
type Of<T> = (a: number, b: number) => T;

interface Law extends Pick<Family, 'name' | 'truth' | 'deviation'> {
  readonly perturbation: Perturbation;
  /** The squared error of a draw. */
  readonly error: Of<number>;
  readonly weight?: Of<number>;
}

const normal = gaussian({ sigma: 1 });
const RARE = 0.01;
const isRare: Of<boolean> = (a) => Math.abs(a) < RARE / 2;
const rare = { perturbation: uniform({ radius: 0.5 }), deviation: Math.sqrt(RARE * (1 - RARE)) };

const laws: readonly Law[] = [
  {
    name: 'normal',
    perturbation: normal,
    error: (a) => 10 + a,
    truth: 10,
    deviation: 1,
  },
  {
    name: 'chi-square',
    perturbation: normal,
    error: (a) => a * a,
    truth: 1,
    deviation: Math.sqrt(2),
  },
  {
    name: 'log-normal',
    perturbation: normal,
    error: (a) => Math.exp(a),
    truth: Math.exp(1 / 2),
    deviation: Math.sqrt(Math.E * (Math.E - 1)),
  },
  {
    ...rare,
    name: '1 % are 1, others 0',
    error: (a, b) => (isRare(a, b) ? 1 : 0),
    truth: RARE,
  },
  {
    // The mean of a² over [-1/2, 1/2] is 1/12; what it adds to the deviation is below 1e-5 of it.
    ...rare,
    name: '1 % are 1, others small',
    error: (a, b) => (isRare(a, b) ? 1 : 1e-3 * b * b),
    truth: RARE + ((1 - RARE) * 1e-3) / 12,
  },
  {
    // Var of a ratio with w independent of z: E[w²]·Var(z)/E[w]², with E[w²]/E[w]² = e^(1.5²).
    name: 'weights of e^1.5N',
    perturbation: normal,
    error: (a) => a * a,
    weight: (_, b) => Math.exp(1.5 * b),
    truth: 1,
    deviation: Math.sqrt(2 * Math.exp(1.5 ** 2)),
  },
  {
    // Under weights e^a the draw is N(1, 1), so E = 2; under e^2a it is N(2, 1), so E[(a² - 2)²] = 27, and E[w²]/E[w]² = e.
    name: 'weights that grow with the error',
    perturbation: normal,
    error: (a) => a * a,
    weight: (a) => Math.exp(a),
    truth: 2,
    deviation: Math.sqrt(27 * Math.E),
  },
];

export const families: readonly Family[] = laws.map(({ error, weight, perturbation, ...known }) => ({
  ...known,
  subject: subjectOf(error),
  perturbation: weight === undefined ? perturbation : weighted(perturbation, weight),
}));

/** An attribution of zeros at x = 0 of a score with f(0) = 0 and f(y)² the squared error at y. */
function subjectOf(error: Of<number>): Subject {
  const shape = [2];
  return {
    f: {
      shape,
      bounds: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
      rules: 'none',
      value: async ({ data }) =>
        Float64Array.from({ length: data.length / 2 }, (_, i) => {
          const [a, b] = [data[2 * i], data[2 * i + 1]];
          return a === 0 && b === 0 ? 0 : Math.sqrt(error(a, b));
        }),
      gradient: async (batch) => zeros(batch.shape),
    },
    x: tensor([0, 0], shape),
    attribution: {
      values: zeros(shape),
      kind: 'local',
      method: 'zeros',
      key: key(0),
      cost: { forward: 0, backward: 0 },
    },
  };
}

function weighted(inner: Perturbation, weight: Of<number>): Perturbation {
  return named(
    (...asked: Parameters<Perturbation>) => {
      const draws = inner(...asked);
      const { data } = draws.inputs;
      const weights = Float64Array.from({ length: data.length / 2 }, (_, i) =>
        weight(data[2 * i], data[2 * i + 1]),
      );
      return { inputs: draws.inputs, deltas: draws.deltas, weights };
    },
    { expression: 'weighted', masks: false },
  );
}
