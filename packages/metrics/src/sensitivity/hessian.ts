import { type Estimate, fail, type Measured, norm, type Subject, toFloat64 } from '@onnxplain/core';
import { explainerOf } from '../subject-explainer.js';
import { alongChanges, randomDirection } from './directions.js';
import type { Neighbour } from './neighbourhood.js';
import { distance } from './neighbours.js';

/** The derivative of an explanation at one neighbour of x. */
export interface Curvature {
  /** The largest length of the derivative of Φ along a unit direction that was found. */
  readonly length: number;
  /** Whether the derivative is 0 there and Φ is another one than at x: between the two it jumps. */
  readonly jumped: boolean;
}

/**
 * The largest length of J·e over unit directions e, by power iteration, where J is the Jacobian of Φ at a neighbour. J is the Hessian of
 * f, or a mean of Hessians. Each direction costs one explanation of the derivative of f. Throws `not-applicable` for explanations that are
 * not means of gradients, and for scores without second derivatives.
 */
export async function curvatureAt(
  neighbour: Neighbour,
  subject: Subject,
  { where, directions }: { readonly where: string; readonly directions: number },
): Promise<Curvature> {
  const { key, explain, explained } = neighbour;
  const input = neighbour.input();
  const along = alongOf(where, subject);
  const products = await alongChanges(
    randomDirection(toFloat64(input), key),
    directions,
    async (direction) => ({ change: await explain(input, along(direction)) }),
  );
  const length = Math.max(0, ...products.map(({ change }) => norm(change, 'l2')));
  const jumped = length === 0 && distance(await explained(), subject.attribution.values) > 0;
  return { length, jumped };
}

/** The derivatives of the subject's score, if they give those of its explanation. */
function alongOf(where: string, subject: Subject) {
  const { f } = subject;
  const { expression, meanGradient } = explainerOf(where, subject);
  const refuse = (expected: string, got: string): never =>
    fail({
      code: 'not-applicable',
      where: `${where}(derivative=hessian)`,
      expected,
      got,
      remedy: `Use ${where}(derivative=difference), which takes quotients of any explanation.`,
    });
  if (meanGradient !== true) {
    return refuse('gradient, or smooth(gradient, ...) over noise that does not depend on x', expression);
  }
  const along = f.along?.bind(f);
  return along ?? refuse('a score with second derivatives', `a score with rules "${f.rules}" and none`);
}

/**
 * The estimate, with the number of neighbours from which Φ jumps. Where all derivatives are 0 and there are jumps, the largest derivative
 * says nothing about how fast Φ changes, so that there is no number.
 */
export function withJumps(estimate: Estimate, curvatures: readonly Curvature[]): Measured {
  const jumps = curvatures.filter(({ jumped }) => jumped).length;
  const n = curvatures.length;
  if (jumps === 0 || curvatures.some(({ length }) => length !== 0)) return { estimate, details: { jumps } };
  const reason =
    `the derivative of the explanation is 0 at all ${n} neighbours, and at ${jumps} of them the explanation is another one than at x: ` +
    'it is piecewise constant, and its jumps have no derivative (derivative=difference and sensitivity-max see them)';
  return { estimate: { kind: 'invalid', reason, n }, details: { jumps } };
}
