import { fail, own } from '@onnxplain/core';
import { capturesOf, describe, usesOf } from '../ir/scope.js';
import type { Node } from '../ir/types.js';
import { graphsOf } from '../ir/walk.js';
import type { Path, PathNode } from './path.js';
import { gradient } from './rules/gradient.js';
import type { RuleContext, RuleEntry } from './rules/rule.js';

const derivatives: Readonly<Record<string, RuleEntry>> = gradient;

/** What a backward rule needs beside the node: its place in the backward pass. */
interface Place extends Pick<RuleContext, 'cotangents' | 'pullback'> {
  readonly path: Path;
}

/** Makes the context of a node's backward rule. */
export function contextOf(node: Node, { cotangents, path, pullback }: Place): RuleContext {
  const inputs = [...node.inputs, ...new Set(graphsOf(node).flatMap(capturesOf))];
  const refuse = (why: string, remedy: string): never =>
    fail({
      code: 'op-no-gradient',
      where: describe(node),
      expected: 'a node with a backward rule',
      got: why,
      remedy,
    });
  return {
    node,
    inputs,
    outputs: node.outputs,
    cotangents,
    wanted: inputs.map((name) => path.active.has(name)),
    pullback,
    upstream: () => upstreamOf(node, path),
    maker: (name) => makerOf(name, path),
    redefine: redefinition(node, path),
    reference: path.reference ?? ((name: string) => name),
    refuse,
  };
}

const makers = new WeakMap<Path['pathNodes'], ReadonlyMap<string, PathNode>>();

/** Returns the node that makes a value of a path, if the table has its derivative, and if the value is none to differentiate by. */
function makerOf(name: string, { pathNodes, from }: Path): Node | undefined {
  if (from.includes(name)) return undefined;
  const known =
    makers.get(pathNodes) ??
    new Map(pathNodes.flatMap((one) => one.node.outputs.map((output) => [output, one])));
  makers.set(pathNodes, known);
  const found = known.get(name);
  return found?.row !== undefined && found.row === own(derivatives, found.node.op) ? found.node : undefined;
}

function redefinition({ outputs }: Node, { redefine }: Path): RuleContext['redefine'] {
  if (redefine === undefined) return undefined;
  return (values) => {
    for (const [i, value] of values.entries()) if (value && outputs[i]) redefine(outputs[i], value);
  };
}

/** Returns the nodes of the path that a node depends on. */
function upstreamOf(node: Node, { pathNodes }: Path): readonly Node[] {
  const needed = new Set(usesOf(node));
  const found: Node[] = [];
  const at = pathNodes.findIndex((pathNode) => pathNode.node === node);
  for (const { node: earlier } of pathNodes.slice(0, at).toReversed()) {
    if (!earlier.outputs.some((name) => needed.has(name))) continue;
    found.push(earlier);
    for (const name of usesOf(earlier)) needed.add(name);
  }
  return found.reverse();
}
