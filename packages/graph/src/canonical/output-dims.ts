import { symbolsOf } from '../infer/declared.js';
import { isUnknown } from '../infer/dim.js';
import { infer } from '../infer/infer.js';
import type { Dim, Graph, Value, ValueType } from '../ir/types.js';

/**
 * Keeps the declared dims of the outputs where shape inference does not contradict them. The rank is always the inferred one, or unknown;
 * a symbol of the inputs stays only where it is inferred.
 */
export function reconcileOutputDims(graph: Graph): Graph {
  const types = infer(graph);
  const symbols = symbolsOf(graph);
  const outputs = graph.outputs.map((output) => reconcile(output, types.get(output.name), symbols));
  return outputs.every((output, i) => output === graph.outputs[i]) ? graph : { ...graph, outputs };
}

function reconcile(output: Value, inferred: ValueType | undefined, symbols: ReadonlySet<Dim>): Value {
  const { dims } = output;
  const found = inferred?.dims;
  if (dims === undefined) return output;
  if (found?.length !== dims.length) return { ...output, dims: found };
  const kept = dims.map((dim, i) => (contradicts(dim, found[i] ?? dim, symbols) ? (found[i] ?? dim) : dim));
  return kept.every((dim, i) => dim === dims[i]) ? output : { ...output, dims: kept };
}

function contradicts(declared: Dim, inferred: Dim, symbols: ReadonlySet<Dim>): boolean {
  if (declared === inferred) return false;
  if (typeof declared === 'string') return symbols.has(declared);
  return typeof inferred === 'number' || !isUnknown(inferred);
}
