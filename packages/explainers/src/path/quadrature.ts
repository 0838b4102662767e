/** Points in [0, 1] and weights that sum to 1: the mean of g over [0, 1] is about sum of weights[k] · g(nodes[k]). */
export interface Quadrature {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

/** Names of {@link quadratures}. */
export const quadratureRules = ['gauss-legendre', 'midpoint', 'left', 'right', 'trapezoid'] as const;
export type QuadratureRule = (typeof quadratureRules)[number];

/**
 * The rules, each a function of the number of points n >= 1.
 * `gauss-legendre` is exact for polynomials of degree 2n - 1; `midpoint` and `trapezoid` (n points, both ends included) for
 * degree 1; `left` (k/n) and `right` ((k+1)/n) for degree 0.
 */
export const quadratures: Readonly<Record<QuadratureRule, (n: number) => Quadrature>> = {
  'gauss-legendre': gaussLegendre,
  midpoint: (n) => riemann(n, 0.5),
  left: (n) => riemann(n, 0),
  right: (n) => riemann(n, 1),
  trapezoid,
};

function riemann(n: number, offset: number): Quadrature {
  return {
    nodes: Float64Array.from({ length: n }, (_, k) => (k + offset) / n),
    weights: new Float64Array(n).fill(1 / n),
  };
}

function trapezoid(n: number): Quadrature {
  // One point cannot hold both ends; its limit is the middle.
  if (n === 1) return riemann(1, 0.5);
  const weights = new Float64Array(n).fill(1 / (n - 1));
  weights[0] /= 2;
  weights[n - 1] /= 2;
  return { nodes: Float64Array.from({ length: n }, (_, k) => k / (n - 1)), weights };
}

/**
 * Roots of the Legendre polynomial P_n mapped from [-1, 1] to [0, 1], by Newton's method from the
 * Chebyshev-like guess cos(π(k + 3/4)/(n + 1/2)); weights 1/((1 - t²)·P_n'(t)²), half of those on [-1, 1].
 */
function gaussLegendre(n: number): Quadrature {
  const nodes = new Float64Array(n);
  const weights = new Float64Array(n);
  for (let k = 0; k < Math.ceil(n / 2); k++) {
    const t = 2 * k + 1 === n ? 0 : legendreRoot(n, Math.cos((Math.PI * (k + 0.75)) / (n + 0.5)));
    const { slope } = legendre(n, t);
    const weight = 1 / ((1 - t * t) * slope * slope);
    nodes[k] = (1 - t) / 2;
    nodes[n - 1 - k] = (1 + t) / 2;
    weights[k] = weight;
    weights[n - 1 - k] = weight;
  }
  return { nodes, weights };
}

function legendreRoot(n: number, guess: number): number {
  let t = guess;
  for (let iteration = 0; iteration < 20; iteration++) {
    const { value, slope } = legendre(n, t);
    const step = value / slope;
    t -= step;
    if (Math.abs(step) < 1e-15) break;
  }
  return t;
}

/** P_n(t) by the three-term recurrence k·P_k = (2k-1)·t·P_(k-1) - (k-1)·P_(k-2), and P_n'(t). */
function legendre(n: number, t: number): { value: number; slope: number } {
  let previous = 1;
  let value = t;
  for (let k = 2; k <= n; k++) {
    [previous, value] = [value, ((2 * k - 1) * t * value - (k - 1) * previous) / k];
  }
  return { value, slope: (n * (t * value - previous)) / (t * t - 1) };
}
