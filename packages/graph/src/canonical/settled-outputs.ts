import { symbolsOf } from '../infer/declared.js';
import { isUnknown } from '../infer/dim.js';
import { infer } from '../infer/infer.js';
import type { Dim, Graph, Value, ValueType } from '../ir/types.js';

/**
 * Outputs with the dims that the file declares as far as the nodes bear them out: their rank is the inferred one, or unknown, and a
 * symbol of the inputs stands where inference has it.
 */
export function settledOutputs(graph: Graph): Graph {
  const types = infer(graph);
  const symbols = symbolsOf(graph);
  const outputs = graph.outputs.map((output) => settled(output, types.get(output.name), symbols));
  return outputs.every((output, i) => output === graph.outputs[i]) ? graph : { ...graph, outputs };
}

function settled(output: Value, inferred: ValueType | undefined, symbols: ReadonlySet<Dim>): Value {
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
