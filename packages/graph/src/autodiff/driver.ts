/**
 * Reverse-mode differentiation of a graph:
 *
 * 1. complete the request: canonical form, the output and the values to differentiate by (`request.ts`);
 * 2. make the output one number a row, by an input `target` where a row has several (`score.ts`);
 * 3. find the nodes between these values and the number, each with its backward rule (`path.ts`);
 * 4. start with a cotangent of 1 for the number and visit these nodes from the last to the first: the rule of each node turns the
 *    cotangents of its outputs into those of its inputs, and the cotangents of a value that several nodes read are added.
 *
 * `grad`, `vjp`, `jvp` and `hvp` call the functions below and add outputs to the graph (`finalise.ts`).
 */
import { guarded } from '@onnxplain/core';
import { builderOf } from '../builder/build.js';
import { type MathBuilder, mathBuilder } from '../builder/math-builder.js';
import { describe } from '../ir/scope.js';
import type { Graph, Node } from '../ir/types.js';
import { withBaseline } from '../prepare/with-baseline.js';
import { requireRules } from './coverage.js';
import { findPath, type Path } from './path.js';
import { type GradRequest, type ResolvedRequest, resolveRequest } from './request.js';
import { requirePath } from './require-path.js';
import { contextOf } from './rule-context.js';
import type { RuleContext, RuleTable } from './rules/rule.js';
import { requireKnownRank, scoreOf } from './score.js';
import { unbroadcast } from './unbroadcast.js';
import { untakenOf } from './untaken.js';

/** A resolved request with its backward pass. Its graph has an input `target` where each row has several numbers. */
export interface Gradients extends ResolvedRequest {
  /** Continues the graph. */
  readonly b: MathBuilder;
  /** Names of the gradients by each value of `ends.wrt`. */
  readonly gradients: readonly string[];
  /** Values that rules computed again with more of what the backward pass needs, by the name of the value that they replace. */
  readonly redefined: ReadonlyMap<string, string>;
}

/** Appends the gradients of one number a row. Rules may compute values of the graph again if `mayRedefine` is set. */
export function differentiate(
  given: Graph,
  request: GradRequest,
  { mayRedefine }: { readonly mayRedefine: boolean },
): Gradients {
  const { graph: canonical, ends, constantInputs } = resolveRequest(given, request);
  requireKnownRank(canonical, ends);
  const { graph: scored, builder, score } = scoreOf(canonical, ends.of);
  const { graph, reference } = ends.rules.usesBaseline
    ? withBaseline(scored, ends.wrt)
    : { graph: scored, reference: undefined };
  const b = mathBuilder(graph === scored ? builder : builderOf(graph));
  const redefined = new Map<string, string>();
  const redefine = mayRedefine ? (name: string, value: string) => redefined.set(name, value) : undefined;
  const path = { ...requirePath(graph, { ...ends, of: score }, b), reference, redefine };
  const seed = ends.rules.seed?.(b, score) ?? b.ones(score);
  const cotangents = pullback(b, path, new Map([[score, seed]]));
  const gradients = cotangentsOf(b, ends.wrt, cotangents);
  return { b, graph, ends, constantInputs, gradients, redefined };
}

/** Visits a path backward from the cotangents of its last values (`seeds`) and returns those of every value on it. */
export function pullback(
  b: MathBuilder,
  path: Path,
  seeds: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const cotangents = new Map(seeds);
  const untaken = untakenOf(b, path, seeds.keys());
  for (const { node, row } of path.pathNodes.toReversed()) {
    const given = node.outputs.map((name) => cotangents.get(name));
    if (typeof row !== 'function' || given.every((dy) => dy === undefined)) continue;
    const step = contextOf(node, { cotangents: given, path, pullback: innerPullback(path.rules) });
    const backward = guarded(
      () => describe(node),
      () => row(b, step, given[0] ?? zerosOf(b, node)),
    );
    const found = untaken.settle({ node, row }, step, backward);
    step.inputs.forEach((name, i) => {
      const part = step.wanted[i] ? found[i] : undefined;
      if (part !== undefined) accumulate(b, cotangents, [name, unbroadcast(b, part, name)]);
    });
  }
  return cotangents;
}

/** The values between which to go backward. */
export interface Through {
  readonly from: readonly string[];
  /** The last values, each with its cotangent; cotangents of one value are added. */
  readonly to: readonly (readonly [value: string, cotangent: string])[];
  readonly rules: RuleTable;
}

/** {@link pullback} through a graph that `b` continues. Throws for a node between the values without a rule, as `grad` does. */
export function pullbackThrough(
  b: MathBuilder,
  graph: Graph,
  { from, to, rules }: Through,
): ReadonlyMap<string, string> {
  const seeds = new Map<string, string>();
  for (const pair of to) accumulate(b, seeds, pair);
  const path = findPath(graph.nodes, { from, to: [...seeds.keys()], rules, typeOf: b.typeOf });
  requireRules(graph, path);
  return pullback(b, path, seeds);
}

/** Returns the cotangents of values; zeros for a value that the result does not depend on. */
export const cotangentsOf = (
  b: MathBuilder,
  names: readonly string[],
  found: ReadonlyMap<string, string>,
): readonly string[] => names.map((name) => found.get(name) ?? b.zeros(name));

/** Adds a cotangent of a value to the sum so far. */
function accumulate(
  b: MathBuilder,
  sums: Map<string, string>,
  [name, part]: readonly [string, string],
): void {
  const sum = sums.get(name);
  sums.set(name, sum === undefined ? part : b.add(sum, part));
}

/** Returns zeros for the first output of a node, for rules of nodes where only later outputs have a cotangent. */
function zerosOf(b: MathBuilder, { outputs: [first] }: Node): string {
  return first === '' ? '' : b.zeros(first);
}

/** Goes backward through an inner graph (the body of a Loop, a branch of an If) with the rules of the outer one. */
const innerPullback =
  (rules: RuleTable): RuleContext['pullback'] =>
  (b, inner, { cotangents, wrt }) => {
    const to = inner.outputs.flatMap(({ name }, i) => {
      const dy = cotangents[i];
      return dy === undefined ? [] : [[name, dy] as const];
    });
    const found = pullbackThrough(b, inner, { from: wrt, to, rules });
    return wrt.map((name) => found.get(name));
  };
