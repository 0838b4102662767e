import { counted } from '../counted.js';
import { fail } from '../error.js';
import { type Norm, norm } from '../tensor/norm.js';
import { stack } from '../tensor/rows.js';
import { expectShape, showShape, sizeOf, type Tensor, zeros } from '../tensor/tensor.js';
import type { FreeSets, Perturbed } from '../types/attack.js';
import type { Estimate } from '../types/estimate.js';
import type { Batch, Score } from '../types/score.js';

/** What a search found for one set. The norm of the perturbation is measured from `point`, and the margin there is evaluated again. */
export interface Found extends Pick<Perturbed, 'checks' | 'cost'> {
  /** The perturbed input of least norm at which the margin was below 0; undefined where none was found. */
  readonly point?: Tensor;
  /** The greatest norm that was searched; needed where no point was found. */
  readonly above?: number;
  /** Whether it is proved that no smaller perturbation exists; default false. */
  readonly exact?: boolean;
  /** How many inputs were evaluated. */
  readonly n: number;
}

/** One call of an attack. */
export interface AttackCall {
  /** The expression of the attack, for messages. */
  readonly where: string;
  readonly norm: Norm;
  readonly margin: Score;
  readonly inputs: Batch;
  readonly free: FreeSets;
}

/** Throws `tensor-shape` unless inputs, features and sets fit the score and each other. */
export function expectSets({ where, margin, inputs, free }: AttackCall): void {
  const [count = 0, ...shape] = inputs.shape;
  expectShape(`${where}: one input`, { shape, data: inputs.data }, margin.shape);
  const got = mismatchOf(free, count, sizeOf(shape));
  if (got === undefined) return;
  fail({
    code: 'tensor-shape',
    where: `${where}: free sets`,
    expected: `sets of features of ${counted(count, 'input')} of shape ${showShape(shape)}`,
    got,
  });
}

function mismatchOf(
  { features, free, input, starts }: FreeSets,
  count: number,
  size: number,
): string | undefined {
  const sets = input.length;
  const stray = input.find((at) => at < 0 || at >= count);
  if (features.of.length !== size) return `features of ${counted(features.of.length, 'element')}`;
  if (stray !== undefined) return `a set of input ${stray}`;
  if (free.length !== sets * features.count)
    return `${counted(free.length, 'mark')} for ${counted(sets, 'set')} of ${counted(features.count, 'feature')}`;
  if (starts !== undefined && starts.data.length !== sets * size)
    return `starts of shape ${showShape(starts.shape)}`;
  return undefined;
}

/** Measures what a search found. Throws `attack-unproven` for a point that does not prove what it should. */
export async function verifyResults(
  call: AttackCall,
  found: readonly Found[],
): Promise<readonly Perturbed[]> {
  const { free, margin } = call;
  if (found.length !== free.input.length)
    unproven(call, `an answer for each of ${counted(free.input.length, 'set')}`, `${found.length}`);
  const points = found.flatMap(({ point }, set) => (point === undefined ? [] : [{ point, set }]));
  const norms = normsOf(call, points);
  const margins = points.length === 0 ? [] : await margin.value(stack(points.map(({ point }) => point)));
  const measured = new Map(
    points.map(({ set }, i) => [set, { set, norm: norms[i], margin: margins[i] }] as const),
  );
  return found.map((each, set) => perturbed(call, each, measured.get(set)));
}

/** A point that a search found for a set, with its norm and its margin. */
interface MeasuredPoint {
  readonly set: number;
  readonly norm: number;
  readonly margin: number;
}

function perturbed(
  call: AttackCall,
  { point, above, exact = false, n, checks, cost }: Found,
  measured: MeasuredPoint | undefined,
): Perturbed {
  const rest = { ...(checks && { checks }) };
  if (point === undefined || measured === undefined) {
    if (above === undefined) unproven(call, 'a point, or the norm up to which none was found', 'neither');
    return { estimate: { kind: 'censored', above, n }, ...rest, cost };
  }
  const { set, margin, norm: value } = measured;
  const again = { ...cost, forward: cost.forward + 1 };
  if (Number.isNaN(margin)) {
    return {
      estimate: { kind: 'invalid', reason: 'the margin is not a number at the point found', n },
      ...rest,
      cost: again,
    };
  }
  if (margin >= 0) unproven(call, 'a margin below 0 at the point found', `${margin} for set ${set}`);
  const estimate: Estimate = exact ? { kind: 'exact', value, n } : { kind: 'bound', side: 'upper', value, n };
  return { estimate, point, margin, ...rest, cost: again };
}

/** The norms of perturbed inputs. Refuses a point that moved an anchored element or left the bounds of the score. */
function normsOf(
  call: AttackCall,
  points: readonly { readonly point: Tensor; readonly set: number }[],
): readonly number[] {
  const { margin, where } = call;
  const difference = zeros(margin.shape);
  return points.map(({ point, set }) => {
    expectShape(`${where}: the point of set ${set}`, point, margin.shape);
    writeDifference(call, { point, set, into: difference.data });
    return norm(difference, call.norm);
  });
}

interface Difference {
  readonly point: Tensor;
  readonly set: number;
  readonly into: Tensor['data'];
}

function writeDifference(call: AttackCall, { point: { data }, set, into }: Difference): void {
  const { free, margin, inputs } = call;
  const { features } = free;
  const [low, high] = margin.bounds;
  const [from, marks] = [free.input[set] * data.length, set * features.count];
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    const change = value - inputs.data[from + i];
    into[i] = change;
    if (change === 0) continue;
    if (free.free[marks + features.of[i]] === 0)
      unproven(call, 'anchored elements as they were', `another element ${i} for set ${set}`);
    if (!(value >= low && value <= high))
      unproven(call, `elements from ${low} to ${high}`, `${value} at element ${i} for set ${set}`);
  }
}

function unproven({ where }: AttackCall, expected: string, got: string): never {
  return fail({
    code: 'attack-unproven',
    where,
    expected,
    got,
    remedy: 'This is a defect of the attack: its search must return points that it evaluated.',
  });
}
