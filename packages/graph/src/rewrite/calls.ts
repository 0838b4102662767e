import { fail } from '@onnxplain/core';
import { describe } from '../ir/scope.js';
import type { Graph, LocalFunction, Node } from '../ir/types.js';
import { graphsOf } from '../ir/walk.js';

/** Calls inside calls. */
const DEPTH = 64;
/** Nodes after inlining; few functions that call each other twice would make any number. */
const NODES = 1_000_000;

/**
 * Measures what inlining would make, without making it. Throws `model-invalid` for functions that call themselves,
 * `model-limit` for calls nested too deep or a result too large.
 */
export function checkCalls(graph: Graph): void {
  const functions = new Map(graph.functions.map((local) => [`${local.domain}:${local.name}`, local]));
  const { nodes } = measure(graph.nodes, { functions, known: new Map(), open: [] });
  if (nodes > NODES) tooLarge(`graph "${graph.name}"`, `${NODES} nodes after inlining`, `${nodes}`);
}

/** Nodes that a piece becomes, and how deep its calls nest. */
interface Extent {
  readonly nodes: number;
  readonly depth: number;
}

interface Calls {
  readonly functions: ReadonlyMap<string, LocalFunction>;
  readonly known: Map<string, Extent>;
  /** Functions being measured, outermost first. */
  readonly open: readonly string[];
}

function measure(nodes: readonly Node[], calls: Calls): Extent {
  const extents = nodes.map((node) => measureNode(node, calls));
  return {
    nodes: extents.reduce((sum, extent) => sum + extent.nodes, 0),
    depth: extents.reduce((most, extent) => Math.max(most, extent.depth), 0),
  };
}

function measureNode(node: Node, calls: Calls): Extent {
  const name = `${node.domain}:${node.op}`;
  const local = calls.functions.get(name);
  if (local === undefined) {
    const inner = measure(
      graphsOf(node).flatMap(({ nodes }) => nodes),
      calls,
    );
    return { nodes: 1 + inner.nodes, depth: inner.depth };
  }
  const known = calls.known.get(name);
  const { nodes, depth } = known ?? measure(local.nodes, { ...calls, open: opened(node, name, calls.open) });
  calls.known.set(name, { nodes, depth });
  if (depth >= DEPTH) tooLarge(describe(node), `calls nested ${DEPTH} deep at most`, 'deeper ones');
  return { nodes, depth: depth + 1 };
}

function opened(node: Node, name: string, open: readonly string[]): readonly string[] {
  const chain = [...open, name];
  if (open.includes(name)) {
    fail({
      code: 'model-invalid',
      where: describe(node),
      expected: 'functions that do not call themselves',
      got: chain.join(' calls '),
    });
  }
  if (chain.length > DEPTH) tooLarge(describe(node), `calls nested ${DEPTH} deep at most`, 'deeper ones');
  return chain;
}

function tooLarge(where: string, expected: string, got: string): never {
  return fail({ code: 'model-limit', where, expected, got });
}
