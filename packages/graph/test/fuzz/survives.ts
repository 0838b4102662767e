/** Takes a model file through all that `inspect` and `grad` do without ONNX Runtime. */
import { isFloat, OnnxplainError } from '@onnxplain/core';
import {
  canonicalise,
  channelAxes,
  coverage,
  foreign,
  type Graph,
  grad,
  lookupsOf,
  lower,
  outputKindOf,
  randomNodes,
  read,
  rowFlow,
  unifySymbols,
  write,
} from '../../src/index.js';

/** What became of a file: the code of the error that refused it, 'read' where nothing did. */
export interface Fate {
  readonly code: string;
  readonly seconds: number;
}

/** A defect: an error without a code of its own, or a gradient file that the reader refuses. */
export class Defect extends Error {
  override readonly name = 'Defect';
}

/** Reads, inspects and differentiates a model. Throws {@link Defect}. */
export function survive(bytes: Uint8Array): Fate {
  const start = performance.now();
  const code = codeOf(() => {
    const source = read(bytes);
    foreign(source);
    const graph = unifySymbols(canonicalise(source));
    inspectAll(graph);
    differentiateAll(graph);
  });
  return { code, seconds: (performance.now() - start) / 1000 };
}

function codeOf(work: () => void): string {
  try {
    work();
    return 'read';
  } catch (error) {
    if (error instanceof OnnxplainError && error.code !== 'internal') return error.code;
    if (error instanceof Defect) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const stack = cause instanceof Error ? cause.stack : String(cause);
    throw new Defect(`${error instanceof Error ? error.message : String(error)}\n${stack}`, { cause: error });
  }
}

function inspectAll(graph: Graph): void {
  lookupsOf(graph);
  for (const { name, dtype } of graph.outputs) {
    randomNodes(graph, name);
    if (!isFloat(dtype)) continue;
    codeOf(() => outputKindOf(graph, name));
    codeOf(() => coverage(graph, { of: name }));
  }
  codeOf(() => channelAxes(graph));
  const symbols = graph.inputs.flatMap(({ dims = [] }) => dims.filter((dim) => typeof dim === 'string'));
  for (const symbol of new Set(symbols)) codeOf(() => rowFlow(graph, symbol));
}

function differentiateAll(graph: Graph): void {
  const [of, wrt] = [graph.outputs, graph.inputs].map((values) =>
    values.filter(({ dtype }) => isFloat(dtype)),
  );
  for (const output of of.slice(0, 2))
    for (const input of wrt.slice(0, 2)) codeOf(() => differentiate(graph, output.name, input.name));
}

function differentiate(graph: Graph, of: string, wrt: string): void {
  const written = write(lower(grad(graph, { of, wrt }), 'any'));
  try {
    read(written);
  } catch (error) {
    throw new Defect(
      `grad writes a file that the reader refuses: ${error instanceof Error ? error.message : error}`,
      {
        cause: error,
      },
    );
  }
}
