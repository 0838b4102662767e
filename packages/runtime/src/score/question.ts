import { fail, type Shape } from '@onnxplain/core';
import { type Graph, infer, type Link, type Node, prune, select } from '@onnxplain/graph';
import type { Model } from '../model.js';
import { describe, type Feeds, type FloatType, isFloat, type Port, showDims } from '../value.js';
import { type Fixed, fixFeeds } from './fixed.js';
import { bindDims } from './memory.js';
import { chooseInput, chooseOutput } from './ports.js';

export interface Asked {
  readonly output?: string;
  readonly input?: string;
  readonly shape?: Shape;
  readonly feeds?: Feeds;
}

/** What is asked of a model, settled: one float input, one float output, everything else given. */
export interface Question {
  /** From the explained input on, its sizes filled in. */
  readonly graph: Graph;
  readonly input: { readonly name: string; readonly dtype: FloatType; readonly shape: Shape };
  readonly output: string;
  /** Scores per row of the output, when the graph tells. */
  readonly classes: number | undefined;
  readonly fixed: Fixed;
  /** Two questions with equal identity may share sessions. */
  readonly identity: string;
}

export function settle(model: Model, { output, input, shape, feeds = {} }: Asked): Question {
  const { graph, port } = chooseInput(model.graph, input, feeds);
  const chosen = chooseOutput(graph, output);
  const row = shapeOfRow(port, shape);
  const bound = bindDims(graph, symbolsOf(port, row));
  const inputs = bound.inputs.map((each) =>
    each.name === port.name ? { ...each, dims: [batchDim(port), ...row] } : each,
  );
  const settled: Graph = { ...bound, inputs };
  const others = settled.inputs.filter(({ name }) => name !== port.name);
  return {
    graph: settled,
    input: { name: port.name, dtype: isFloat(port.dtype) ? port.dtype : 'float32', shape: row },
    output: chosen.name,
    classes: classesOf(settled, chosen.name),
    fixed: fixFeeds({ ports: others, feeds, batchDim: batchDim(port) }),
    identity: JSON.stringify([port.name, row, chosen.name]),
  };
}

function batchDim(port: Port): number | string {
  return port.dims?.[0] ?? 'N';
}

function shapeOfRow(port: Port, shape: Shape | undefined): Shape {
  const where = `input "${port.name}"`;
  const dims = port.dims?.slice(1);
  if (port.dims?.length === 0) {
    return fail({
      code: 'feed-shape',
      where,
      expected: 'a batch axis',
      got: describe(port),
      remedy: 'Export the model with one.',
    });
  }
  if (shape !== undefined) {
    const fits =
      dims === undefined ||
      (dims.length === shape.length && dims.every((dim, i) => typeof dim === 'string' || dim === shape[i]));
    if (fits) return shape;
    return fail({
      code: 'feed-shape',
      where,
      expected: `a row of ${describe(port)}`,
      got: `shape ${showDims(shape)}`,
    });
  }
  const known = dims?.filter((dim) => typeof dim === 'number');
  if (known !== undefined && known.length === dims?.length) return known;
  const remedy = 'Give the shape of one row in the option shape.';
  return fail({ code: 'feed-shape', where, expected: 'axes of known size', got: describe(port), remedy });
}

function symbolsOf(port: Port, row: Shape): ReadonlyMap<string, number> {
  const dims = port.dims?.slice(1) ?? [];
  return new Map(dims.flatMap((dim, i) => (typeof dim === 'string' ? [[dim, row[i]] as const] : [])));
}

function classesOf(graph: Graph, output: string): number | undefined {
  const dims = infer(graph).get(output)?.dims ?? graph.outputs.find(({ name }) => name === output)?.dims;
  if (dims === undefined) return undefined;
  return dims
    .slice(1)
    .reduce<number | undefined>(
      (product, dim) => (product === undefined || typeof dim === 'string' ? undefined : product * dim),
      1,
    );
}

/**
 * A graph whose last output is the score of each row; `target` is the input that takes its class, when there is
 * one.
 */
export interface Selected {
  readonly graph: Graph;
  readonly target: string | undefined;
  readonly score: string;
  /** The input that takes the baseline, where the backward rules compare with one. */
  readonly baseline?: string;
}

export interface SelectOptions {
  readonly link: Link;
  /** Every row's own best class, found in the graph. */
  readonly predicted: boolean;
}

/** The question's score as a graph with that one output. */
export function selectScore(question: Question, { link, predicted }: SelectOptions): Selected {
  const selected = select(question.graph, { output: question.output, link });
  const score = selected.outputs[selected.outputs.length - 1];
  const target = selected.inputs[selected.inputs.length - 1].name;
  const graph = prune({ ...selected, outputs: [score] });
  if (!predicted) return { graph, target, score: score.name };
  return { graph: ownTarget(graph, target, question.output), target: undefined, score: score.name };
}

/** Makes the target the position of each row's largest entry; the first of several. */
function ownTarget(graph: Graph, target: string, output: string): Graph {
  const rows = `${target}/rows`;
  const node = (op: string, inputs: readonly string[], outputs: readonly string[], attributes: Node['attributes']): Node => ({
    op, domain: '', name: `${target}/${op}`, inputs, outputs, attributes,
  }); // biome-ignore format: the fields of a node
  const int = (value: number) => ({ kind: 'int', value }) as const;
  const found = [
    node('Flatten', [output], [rows], { axis: int(1) }),
    node('ArgMax', [rows], [target], { axis: int(1), keepdims: int(0) }),
  ];
  const at = graph.nodes.findIndex(({ inputs }) => inputs.includes(target));
  return {
    ...graph,
    inputs: graph.inputs.filter(({ name }) => name !== target),
    nodes: at < 0 ? graph.nodes : graph.nodes.toSpliced(at, 0, ...found),
  };
}
