import { fail } from '@onnxplain/core';
import { describe } from '../ir/scope.js';
import type { Graph, LocalFunction, Node } from '../ir/types.js';
import { functionsByType, graphsOf, typeOfNode } from '../ir/walk.js';

/** Most nested calls. */
const MAX_DEPTH = 64;
/** Most nodes after inlining. A chain of functions that each call the next one twice grows exponentially. */
const MAX_NODES = 1_000_000;

/**
 * Computes the size of the graph after inlining, without inlining. Throws `model-invalid` for functions that call themselves, and
 * `model-limit` for calls nested too deep or a result too large.
 */
export function checkFunctionCalls(graph: Graph): void {
  const { nodes } = measure(graph.nodes, { functions: functionsByType(graph), known: new Map(), open: [] });
  if (nodes > MAX_NODES) tooLarge(`graph "${graph.name}"`, `${MAX_NODES} nodes after inlining`, `${nodes}`);
}

/** The number of nodes after inlining, and the depth of nested calls. */
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
  const name = typeOfNode(node);
  const local = calls.functions.get(name);
  if (local === undefined) {
    const inner = measure(
      graphsOf(node).flatMap(({ nodes }) => nodes),
      calls,
    );
    return { nodes: 1 + inner.nodes, depth: inner.depth };
  }
  const known = calls.known.get(name);
  const { nodes, depth } = known ?? measure(local.nodes, { ...calls, open: enter(node, name, calls.open) });
  calls.known.set(name, { nodes, depth });
  if (depth >= MAX_DEPTH) tooLarge(describe(node), `calls nested ${MAX_DEPTH} deep at most`, 'deeper ones');
  return { nodes, depth: depth + 1 };
}

/** Adds a function to the call stack. Throws where it is on the stack already or the stack is too deep. */
function enter(node: Node, name: string, open: readonly string[]): readonly string[] {
  const chain = [...open, name];
  if (open.includes(name)) {
    fail({
      code: 'model-invalid',
      where: describe(node),
      expected: 'functions that do not call themselves',
      got: chain.join(' calls '),
    });
  }
  if (chain.length > MAX_DEPTH)
    tooLarge(describe(node), `calls nested ${MAX_DEPTH} deep at most`, 'deeper ones');
  return chain;
}

function tooLarge(where: string, expected: string, got: string): never {
  return fail({ code: 'model-limit', where, expected, got });
}
