import { expectFiniteClasses, type Key, type Score, spans, zeros } from '@onnxplain/core';
import { type Arm, bestArms, shareOf } from './best-arms.js';
import { klBounds, type ShareBounds } from './kl-bounds.js';
import { coverageOf, type Surroundings, writeDraw } from './surroundings.js';

/** Draws that are added to a rule at a time. */
const BATCH = 64;

/** How far a rule of the beam may be less precise than one outside of it. */
const BEAM_TOLERANCE = 0.15;

/** A set of features, with the draws in which they kept their values. */
export interface AnchorRule extends Arm {
  /** The features in the order in which they were added. */
  readonly order: readonly number[];
  /** Probability that the rule holds in a draw without it. */
  readonly coverage: number;
}

export interface BeamSettings {
  readonly precision: number;
  readonly tolerance: number;
  readonly delta: number;
  readonly beam: number;
  readonly most: number;
  /** Most draws of a rule. */
  readonly draws: number;
}

export interface RuleSearch {
  readonly where: string;
  readonly margin: Score;
  readonly around: Surroundings;
  readonly key: Key;
}

/** The rule that was found, the bounds of its precision, and whether it is precise enough. */
export interface FoundRule {
  readonly rule: AnchorRule;
  readonly bounds: ShareBounds;
  readonly reached: boolean;
}

/**
 * Beam search (Ribeiro et al. 2018, Algorithm 2): rules of one feature more each time, of which KL-LUCB keeps the most precise. Returns the
 * precise rule of the greatest coverage; the most precise one of the last beam where none is precise.
 */
export async function searchRule(search: RuleSearch, settings: BeamSettings): Promise<FoundRule> {
  const { beam: count, delta, most, draws } = settings;
  const draw = (rules: readonly AnchorRule[]) => addDraws(search, rules);
  let [best, beam] = [
    undefined as FoundRule | undefined,
    [ruleOf(search.around, [])] as readonly AnchorRule[],
  ];
  let last = await verify(beam[0], search, settings);
  if (last.reached) return last;
  for (let size = 1; size <= Math.min(most, search.around.features.count); size++) {
    const rules = extensions(search.around, beam).filter(
      ({ coverage }) => coverage > (best?.rule.coverage ?? -1),
    );
    if (rules.length === 0) break;
    await draw(rules);
    beam = await bestArms(rules, { count, delta, tolerance: BEAM_TOLERANCE, draws }, draw);
    const verified: FoundRule[] = [];
    for (const rule of beam) verified.push(await verify(rule, search, settings));
    for (const found of verified)
      if (found.reached && found.rule.coverage > (best?.rule.coverage ?? -1)) best = found;
    last = verified.reduce((a, b) => (b.bounds.low > a.bounds.low ? b : a));
  }
  return best ?? last;
}

const ruleOf = (around: Surroundings, order: readonly number[]): AnchorRule => ({
  order,
  coverage: coverageOf(around, order),
  n: 0,
  hits: 0,
});

/** The rules of a beam with one feature more, each set once. */
function extensions(around: Surroundings, beam: readonly AnchorRule[]): readonly AnchorRule[] {
  const found = new Map<string, AnchorRule>();
  for (const { order } of beam)
    for (let feature = 0; feature < around.features.count; feature++) {
      if (order.includes(feature)) continue;
      const members = [...order, feature];
      const name = [...members].sort((a, b) => a - b).join();
      if (!found.has(name)) found.set(name, ruleOf(around, members));
    }
  return [...found.values()];
}

/**
 * Draws until it is known whether the precision of a rule reaches `precision`, or that it is above `precision` - `tolerance`, or the rule
 * has had `draws`.
 */
async function verify(rule: AnchorRule, search: RuleSearch, settings: BeamSettings): Promise<FoundRule> {
  const { precision, tolerance, delta, beam, draws } = settings;
  const level = Math.log((1 + (beam - 1) * search.around.features.count) / delta);
  let bounds = klBounds(rule, level);
  const isOpen = () => bounds.low <= precision - tolerance && bounds.high >= precision;
  while (rule.n === 0 || (isOpen() && rule.n < draws)) {
    await addDraws(search, [rule]);
    bounds = klBounds(rule, level);
  }
  const reached = bounds.low > precision - tolerance && shareOf(rule) >= precision;
  return { rule, bounds, reached };
}

/** Adds draws to each rule. Draw i depends on (key, i) and the features of the rule. */
async function addDraws(search: RuleSearch, rules: readonly AnchorRule[]): Promise<void> {
  const { where, margin, around, key } = search;
  const size = around.x.data.length;
  const held = rules.map(({ order }) => membersOf(order, around.features.count));
  const before = rules.map(({ n }) => n);
  for (const { from, to } of spans(rules.length * BATCH, size)) {
    const batch = zeros([to - from, ...around.x.shape], around.x);
    for (let row = from; row < to; row++) {
      const rule = Math.floor(row / BATCH);
      const draw = { held: held[rule], key, i: before[rule] + (row % BATCH) };
      writeDraw(around, draw, batch.data.subarray((row - from) * size, (row - from + 1) * size));
    }
    const margins = await margin.value(batch);
    if (!margins.every(Number.isFinite)) await expectFiniteClasses(where, margin, batch);
    margins.forEach((value, k) => {
      const rule = rules[Math.floor((from + k) / BATCH)];
      rule.n += 1;
      if (value > 0) rule.hits += 1;
    });
  }
}

function membersOf(order: readonly number[], count: number): Uint8Array {
  const members = new Uint8Array(count);
  for (const feature of order) members[feature] = 1;
  return members;
}
