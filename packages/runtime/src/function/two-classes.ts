import { attr, type Builder, builderOf, type OutputKind } from '@onnxplain/graph';
import { cacheKind } from '../model/cache.js';
import type { Model } from '../model/model.js';
import type { ModelFunction } from './model-function.js';

/** What one number a row says of two classes. */
export interface OneNumber {
  /** 'logits': the logit of a class against the other one; 'probabilities': its probability; 'log-probabilities': the logarithm of that. */
  readonly holds: OutputKind;
  /** The class of the number, 0 or 1. */
  readonly of: 0 | 1;
}

interface ExtendedGraph {
  readonly graph: ModelFunction['graph'];
  readonly output: string;
}

const graphs = cacheKind<ExtendedGraph>(64);

/**
 * The function that gives two numbers a row in place of the one logit z of a class: z / 2 for that class and -z / 2 for the other, so that
 * their softmax are the probabilities, and their difference is z. A probability p has z = log p - log(1 - p), where p and 1 - p count as
 * at least the distance of 1 to the next smaller number of the type: 2^-24 in float32.
 */
export function twoClasses(model: Model, fn: ModelFunction, { holds, of }: OneNumber): ModelFunction {
  const identity = `${fn.identity} as two classes ${holds} ${of}`;
  const { graph, output } = model.cache(graphs).get(identity, () => extend(fn, { holds, of }));
  return { ...fn, graph, output, axes: [2], following: [], identity };
}

function extend({ graph, output }: ModelFunction, { holds, of }: OneNumber): ExtendedGraph {
  const b = builderOf(graph);
  const rows = b.emit('Reshape', [output, b.ints([0, 1])]);
  const half = b.emit('Mul', [LOGIT[holds](b, rows), b.scalar(0.5, rows)]);
  const other = b.emit('Neg', [half]);
  const both = b.emit('Concat', of === 1 ? [other, half] : [half, other], { axis: attr.int(1) });
  return { graph: b.build([...graph.outputs, { name: both, ...b.type(both) }]), output: both };
}

const LOGIT: Readonly<Record<OutputKind, (b: Builder, rows: string) => string>> = {
  logits: (_, rows) => rows,
  probabilities: logOdds,
  'log-probabilities': (b, rows) => logOdds(b, b.emit('Exp', [rows])),
};

/** Distance of 1 to the next smaller number. */
const UNSEEN: Readonly<Partial<Record<string, number>>> = {
  float16: 2 ** -11,
  bfloat16: 2 ** -8,
  float32: 2 ** -24,
};

function logOdds(b: Builder, rows: string): string {
  const least = b.scalar(UNSEEN[b.dtype(rows)] ?? 2 ** -53, rows);
  const one = b.scalar(1, rows);
  const p = b.emit('Clip', [rows, least, b.scalar(1 - (UNSEEN[b.dtype(rows)] ?? 2 ** -53), rows)]);
  return b.emit('Sub', [b.emit('Log', [p]), b.emit('Log', [b.emit('Sub', [one, p])])]);
}
