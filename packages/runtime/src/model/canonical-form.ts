import { OnnxplainError } from '@onnxplain/core';
import { canonicalise, type Graph, inline, valuesWithoutType, withObservedTypes } from '@onnxplain/graph';
import type { SessionOptions } from '../session/session.js';
import { observeTypes } from './observe-shapes.js';

/**
 * Returns the canonical form of a model. Where its rewrites need the types of values that shape inference does not find, such as the
 * outputs of foreign operators, ONNX Runtime opens the model and tells them. Throws what `canonicalise` throws.
 */
export async function canonicalForm(source: Graph, options: SessionOptions): Promise<Graph> {
  const { graph, missing } = attempt(source);
  if (graph !== undefined && missing.length === 0) return graph;
  const inlined = inline(source);
  const names = missing.length > 0 ? missing : valuesWithoutType(inlined);
  const asked = await observeTypes(inlined, [...names, ...untypedOutputs(inlined)], options);
  return canonicalise(asked.size === 0 ? source : withObservedTypes(inlined, asked));
}

const untypedOutputs = ({ untyped = new Set<string>() }: Graph): readonly string[] => [...untyped];

/** Canonicalises a graph as far as its types are known. */
function attempt(source: Graph): { readonly graph?: Graph; readonly missing: readonly string[] } {
  try {
    const graph = canonicalise(source);
    return { graph, missing: [...valuesWithoutType(graph), ...untypedOutputs(graph)] };
  } catch (error) {
    if (!(error instanceof OnnxplainError) || !CAUSED_BY_TYPES.has(error.code)) throw error;
    return { missing: [] };
  }
}

/** Codes of the errors that an unknown type can cause. */
const CAUSED_BY_TYPES: ReadonlySet<string> = new Set(['value-unknown', 'shape-mismatch']);
