import {
  attr,
  type Graph,
  grad,
  hvp,
  type Link,
  linkAlong,
  type Node,
  type OutputKind,
  prune,
  type RuleTable,
  select,
  takeAxes,
} from '@onnxplain/graph';
import type { ModelFunction } from './model-function.js';

/** A graph with one output, `score`, that has the same number of entries for each row: a score, its gradient, or values of layers. */
export interface ScoreGraph {
  readonly graph: Graph;
  /** Names of the inputs for what each row has beside it: its class, weights of classes, a direction. */
  readonly parameters: readonly string[];
  readonly score: string;
  /** Name of the input for the baseline, where the backward rules compare with one. */
  readonly baseline?: string;
}

export interface ScoreGraphOptions {
  readonly link: Link;
  /** What the output holds; only the link 'probability' needs it. */
  readonly holds?: OutputKind;
  /** Whether the graph takes the best class of each row. */
  readonly predicted: boolean;
}

/** Returns a graph whose one output is the score of a function. */
export function scoreGraph(fn: ModelFunction, { link, holds, predicted }: ScoreGraphOptions): ScoreGraph {
  const selected = selectLinked(fn, { link, holds });
  const score = selected.outputs[selected.outputs.length - 1];
  const target = selected.inputs[selected.inputs.length - 1].name;
  const graph = prune({ ...selected, outputs: [score] });
  if (!predicted) return { graph, parameters: [target], score: score.name };
  return { graph: ownTarget(graph, target, fn.output), parameters: [], score: score.name };
}

/** Applies the link and selects the target's element. Where the output has several axes, the link comes first, at every place. */
function selectLinked(
  { graph, output, selection }: ModelFunction,
  { link, holds }: Pick<ScoreGraphOptions, 'link' | 'holds'>,
): Graph {
  if (link === 'logit' || selection === undefined) return select(graph, { output, link, holds });
  const { of, takes, weights, classAxis } = selection;
  const classes = classAxis && { axis: classAxis.axis + 1, size: classAxis.classes };
  const linked = linkAlong(graph, { output: of, link, holds, classes });
  const taken = takeAxes(linked.graph, { of: linked.name, axes: takes, weights });
  return select(taken.graph, { output: taken.name });
}

/** Returns a graph whose one output is the gradient of a score by an input. */
export function differentiate(
  { graph, parameters, score }: ScoreGraph,
  input: string,
  table: RuleTable,
): ScoreGraph {
  const backward = grad(graph, { of: score, wrt: input, table, keep: [] });
  const baseline = table.usesBaseline ? backward.inputs.at(-1)?.name : undefined;
  return { graph: backward, parameters, score: backward.outputs[0].name, baseline };
}

/** Returns a graph whose one output is the Hessian of a score by an input times a direction, which is its last parameter. */
export function hessianTimes({ graph, parameters, score }: ScoreGraph, input: string): ScoreGraph {
  const known = new Set(graph.inputs.map(({ name }) => name));
  const second = hvp(graph, { of: score, wrt: input });
  const product = second.outputs[second.outputs.length - 1];
  const directions = second.inputs.flatMap(({ name }) => (known.has(name) ? [] : [name]));
  return {
    graph: prune({ ...second, outputs: [product] }),
    parameters: [...parameters, ...directions],
    score: product.name,
  };
}

/** Replaces the target input by the position of each row's largest entry, the first of several. */
function ownTarget(graph: Graph, target: string, output: string): Graph {
  const rows = `${target}/rows`;
  const axis = attr.int(1);
  const found: readonly Node[] = [
    { op: 'Flatten', domain: '', name: rows, inputs: [output], outputs: [rows], attributes: { axis } },
    {
      op: 'ArgMax',
      domain: '',
      name: target,
      inputs: [rows],
      outputs: [target],
      attributes: { axis, keepdims: attr.int(0) },
    },
  ];
  const at = graph.nodes.findIndex(({ inputs }) => inputs.includes(target));
  return {
    ...graph,
    inputs: graph.inputs.filter(({ name }) => name !== target),
    nodes: at < 0 ? graph.nodes : graph.nodes.toSpliced(at, 0, ...found),
  };
}
