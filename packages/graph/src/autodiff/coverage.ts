import { type Diagnosis, fail, isFloat, own } from '@onnxplain/core';
import { builderOf } from '../builder/build.js';
import type { Builder } from '../builder/builder.js';
import { capturesOf, describe } from '../ir/scope.js';
import type { Graph, Value } from '../ir/types.js';
import { graphsOf } from '../ir/walk.js';
import { findPath, type Path, type PathNode, pathOf } from './path.js';
import { type GradRequest, resolveRequest } from './request.js';

/** What a rule table has for one node on the way from `wrt` to `of`. */
export interface Coverage {
  /** What messages call the node. */
  readonly node: string;
  readonly op: string;
  readonly domain: string;
  /** Version of the domain's operator set; undefined when the model does not import it. */
  readonly opset: number | undefined;
  /** 'zero': its derivative is 0 wherever it exists. 'refused': it has one that the table does not give. */
  readonly status: 'rule' | 'zero' | 'refused' | 'unknown';
  /** Why there is no rule, and what to do instead. */
  readonly why?: string;
  readonly remedy?: string;
}

/**
 * Lists the nodes on the paths from `wrt` to `of`, in order and with those of their inner graphs, and whether `rules` has a rule for
 * each. Nothing is differentiated. Options and their errors are those of `grad`.
 */
export function coverage(graph: Graph, request: GradRequest = {}): readonly Coverage[] {
  const { graph: canonical, ends } = resolveRequest(graph, request);
  const b = builderOf(canonical);
  const path = pathOf(canonical, ends, b);
  return allOf(canonical, path, b);
}

/** Lists the nodes of a path, each followed by the nodes of its inner graphs. */
function allOf({ opsets }: Graph, path: Path, b: Builder): readonly Coverage[] {
  return path.pathNodes.flatMap((pathNode) => [
    cover({ opsets }, pathNode),
    ...inside({ b, path, opsets }, pathNode),
  ]);
}

interface Around {
  readonly b: Builder;
  readonly path: Path;
  readonly opsets: Graph['opsets'];
}

/** Lists the nodes of a node's inner graphs that are on a path to their outputs. */
function inside({ b, path, opsets }: Around, { node, row }: PathNode): readonly Coverage[] {
  if (typeof row !== 'function') return [];
  return graphsOf(node).flatMap((graph) => {
    const inner = b.inside(graph);
    const captured = capturesOf(graph).filter((name) => path.active.has(name));
    const read = graph.inputs.filter(({ dtype }) => isFloat(dtype));
    const names = (values: readonly Value[]) => values.map(({ name }) => name);
    const innerPath = findPath(graph.nodes, {
      from: [...captured, ...names(read)],
      to: names(graph.outputs),
      rules: path.rules,
      typeOf: (name) => inner.typeOf(name),
    });
    const around = { b: inner, path: innerPath, opsets };
    return innerPath.pathNodes.flatMap((one) => [cover({ opsets }, one), ...inside(around, one)]);
  });
}

const CUT =
  'Name a value after it by --wrt, or explain with occlusion or optimal, which need no derivative. Explainers and metrics that take an attack need none with attack=decision. In a program there are also cut and difference(score).';

/** Operators in the layout of one processor's kernels, which ONNX Runtime writes when it saves a fully optimised model. */
const LAYOUT_DOMAIN = 'com.microsoft.nchwc';

const BEFORE_LAYOUT =
  'Take the model as it was before ONNX Runtime optimised it, or save it with graph_optimization_level ORT_ENABLE_EXTENDED instead of ORT_ENABLE_ALL.';

function cover(graph: Pick<Graph, 'opsets'>, { node, row }: PathNode): Coverage {
  const { op, domain } = node;
  const found = { node: describe(node), op, domain, opset: own(graph.opsets, domain) };
  if (typeof row === 'function') return { ...found, status: 'rule' };
  if (row === undefined) {
    const why = 'it is not an operator with a backward rule';
    return { ...found, status: 'unknown', why, remedy: domain === LAYOUT_DOMAIN ? BEFORE_LAYOUT : CUT };
  }
  return { ...found, ...row };
}

/** Throws `op-unknown` or `op-no-gradient` for the first node of the path that has no rule. */
export function requireRules(graph: Graph, path: Path): void {
  expectRules(path.pathNodes.map((pathNode) => cover(graph, pathNode)));
}

/** {@link requireRules}, of inner graphs too. */
export function requireAllRules(graph: Graph, path: Path, b: Builder): void {
  expectRules(allOf(graph, path, b));
}

function expectRules(nodes: readonly Coverage[]): void {
  const missing = nodes.filter(({ status }) => status === 'refused' || status === 'unknown');
  const [first] = missing;
  if (first !== undefined) fail(diagnose(first, missing));
}

function diagnose(first: Coverage, missing: readonly Coverage[]): Diagnosis {
  const domain = first.domain === '' ? 'ai.onnx' : first.domain;
  const others = new Set(missing.slice(1).map(({ op }) => op));
  others.delete(first.op);
  const more = others.size === 0 ? '' : ` Also without rule: ${[...others].join(', ')}.`;
  return {
    code: first.status === 'unknown' ? 'op-unknown' : 'op-no-gradient',
    where: `${first.node} (${domain} opset ${first.opset ?? 'not imported'})`,
    expected: 'an operator with a backward rule',
    got: `${first.op}: ${first.why}`,
    remedy: `${first.remedy}${more}`,
  };
}
