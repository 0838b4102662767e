import { fail } from '@onnxplain/core';
import type { Calculus } from '../builder/calculus.js';
import { attributesOf } from '../ir/attributes.js';
import { capturesOf, describe, usesOf } from '../ir/scope.js';
import type { Graph, Node } from '../ir/types.js';
import { graphsOf } from '../ir/walk.js';
import { requireRules } from './coverage.js';
import { type Path, wayOf } from './path.js';
import type { RuleTable, Step } from './rules/rule.js';
import { unbroadcast } from './unbroadcast.js';
import { untakenOf } from './untaken.js';

/** Cotangents of every value on the path, from the last node to the first. `seeds` are those of the values it leads to. */
export function pullback(
  b: Calculus,
  path: Path,
  seeds: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const cotangents = new Map(seeds);
  const untaken = untakenOf(b, path, seeds.keys());
  for (const { node, row } of path.stations.toReversed()) {
    const given = node.outputs.map((name) => cotangents.get(name));
    if (typeof row !== 'function' || given.every((dy) => dy === undefined)) continue;
    const step = stepOf(node, { given, path });
    const found = untaken.settle({ node, row }, step, row(b, step, given[0] ?? zerosOf(b, node)));
    step.inputs.forEach((name, i) => {
      const part = step.wanted[i] ? found[i] : undefined;
      if (part !== undefined) accumulate(b, cotangents, [name, unbroadcast(b, part, name)]);
    });
  }
  return cotangents;
}

/** Which way to go backward through a graph. */
export interface Through {
  readonly from: readonly string[];
  /** Where it leads, and the cotangents there; those of one value are added. */
  readonly to: readonly (readonly [value: string, cotangent: string])[];
  readonly rules: RuleTable;
}

/** {@link pullback} through a graph that `b` continues, where there is a way. Throws for a node on it without a rule, as `grad` does. */
export function pullbackThrough(
  b: Calculus,
  graph: Graph,
  { from, to, rules }: Through,
): ReadonlyMap<string, string> {
  const seeds = new Map<string, string>();
  for (const pair of to) accumulate(b, seeds, pair);
  const path = wayOf(graph.nodes, { from, to: [...seeds.keys()], rules, typeOf: b.typeOf });
  requireRules(graph, path);
  return pullback(b, path, seeds);
}

/** Cotangents of values; zeros where nothing that matters depends on one. */
export const cotangentsOf = (
  b: Calculus,
  names: readonly string[],
  found: ReadonlyMap<string, string>,
): readonly string[] => names.map((name) => found.get(name) ?? b.zeros(name));

function accumulate(b: Calculus, sums: Map<string, string>, [name, part]: readonly [string, string]): void {
  const sum = sums.get(name);
  sums.set(name, sum === undefined ? part : b.add(sum, part));
}

/** For a node of which only later outputs have a cotangent. */
function zerosOf(b: Calculus, { outputs: [first] }: Node): string {
  return first === '' ? '' : b.zeros(first);
}

function stepOf(node: Node, { given, path }: { given: Step['cotangents']; path: Path }): Step {
  const inputs = [...node.inputs, ...new Set(graphsOf(node).flatMap(capturesOf))];
  const refuse = (why: string, remedy: string): never =>
    fail({
      code: 'op-no-gradient',
      where: describe(node),
      expected: 'a node with a backward rule',
      got: why,
      remedy,
    });
  // Spreading an object of functions takes ten times as long.
  return Object.assign(attributesOf(node), {
    node,
    inputs,
    outputs: node.outputs,
    cotangents: given,
    wanted: inputs.map((name) => path.active.has(name)),
    pullback: innerPullback(path.rules),
    upstream: () => upstreamOf(node, path),
    reference: path.reference ?? ((name: string) => name),
    refuse,
  });
}

/** The nodes of the path that a node depends on. */
function upstreamOf(node: Node, { stations }: Path): readonly Node[] {
  const needed = new Set(usesOf(node));
  const found: Node[] = [];
  const at = stations.findIndex((station) => station.node === node);
  for (const { node: earlier } of stations.slice(0, at).toReversed()) {
    if (!earlier.outputs.some((name) => needed.has(name))) continue;
    found.push(earlier);
    for (const name of usesOf(earlier)) needed.add(name);
  }
  return found.reverse();
}

const innerPullback =
  (rules: RuleTable): Step['pullback'] =>
  (b, inner, { cotangents, wrt }) => {
    const to = inner.outputs.flatMap(({ name }, i) => {
      const dy = cotangents[i];
      return dy === undefined ? [] : [[name, dy] as const];
    });
    const found = pullbackThrough(b, inner, { from: wrt, to, rules });
    return wrt.map((name) => found.get(name));
  };
