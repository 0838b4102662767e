import { lower } from './ask.js';
import type { Builder } from './builder.js';
import { identity } from './identity.js';
import { isUnknown } from './infer/dim.js';
import { namer, namesIn } from './names.js';
import type { Ends } from './path.js';
import { substitute } from './scope.js';
import { blockedMasks } from './transform/blocked-masks.js';
import { precompute } from './transform/precompute.js';
import { prune } from './transform/prune.js';
import { shareCommon } from './transform/share-common.js';
import type { Graph, Value, ValueType } from './types.js';
import { VERSION } from './version.js';

/** A value that becomes an output under a name, of the type of another one. */
export interface Result {
  readonly name: string;
  readonly value: string;
  readonly like: string;
}

export interface Finish {
  readonly inputs: readonly Value[];
  /** Outputs that there were. */
  readonly kept: readonly Value[];
  readonly results: readonly Result[];
  /** Constants that were inputs for a while. */
  readonly lifted: Graph['constants'];
  readonly metadata: Graph['metadata'];
  /** Values that others stand for. */
  readonly standIns?: ReadonlyMap<string, string>;
}

/** The graph that a builder holds, with results as outputs, and nothing twice or in vain. */
export function finish(b: Builder, { inputs, kept, results, lifted, metadata, standIns }: Finish): Graph {
  const outputs = results.map(({ name, like }): Value => ({ name, ...b.type(like) }));
  const built = b.build([...kept.map((value) => inferred(b, value)), ...outputs], inputs);
  const nodes = [...built.nodes, ...results.map(({ name, value }) => identity(value, name))];
  const current = standIns
    ? nodes.map((node) => substitute(node, (name) => standIns.get(name) ?? name))
    : nodes;
  const ready = precompute({ ...built, nodes: current }, (name) => b.typeOf(name));
  const shared = prune(shareCommon(lower(ready, lifted)));
  const lean = blockedMasks(shared, (name) => b.typeOf(name));
  return { ...lean, declared: symbolicTypes(b, lean), metadata };
}

/** An output with the dims that follow from its node: some exporters declare others. */
function inferred(b: Builder, value: Value): Value {
  const dims = b.typeOf(value.name)?.dims;
  return dims === undefined || dims.some(isUnknown) ? value : { ...value, dims };
}

/**
 * Types of the values with a symbolic size. A runtime's own inference loses the symbol at the first Reshape; one that knows which
 * values are of the same size lets them share memory and blocked layouts, and opens the graph faster.
 */
function symbolicTypes(b: Builder, { nodes, declared }: Graph): Graph['declared'] {
  const types = new Map(declared);
  for (const { outputs } of nodes) {
    for (const name of outputs) {
      const type = b.typeOf(name);
      if (type !== undefined && isSymbolic(type)) types.set(name, type);
    }
  }
  return types;
}

const isSymbolic = ({ dims }: ValueType): boolean =>
  dims?.some((size) => typeof size === 'string') === true && !dims.some(isUnknown);

/** "gradient" for one value, "gradient/NAME" each for several; numbered where the graph has these names already. */
export function labelsOf(graph: Graph, base: string, names: readonly string[]): readonly string[] {
  const used = namesIn(graph);
  const fresh = namer(used);
  const wished = names.length === 1 ? [base] : names.map((name) => `${base}/${name}`);
  return wished.map((name) => (used.has(name) ? fresh(name) : name));
}

/** What a graph says of how it was made. */
export function record({ of, wrt, rules }: Ends): Graph['metadata'] {
  return {
    'onnxplain.version': VERSION,
    'onnxplain.rules': rules.name ?? 'custom',
    'onnxplain.of': of,
    'onnxplain.wrt': wrt.join(','),
  };
}
