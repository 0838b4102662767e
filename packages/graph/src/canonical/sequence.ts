import type { GraphBuilder } from '../builder/build.js';
import { attr } from '../builder/builder.js';
import { attributesOf } from '../ir/attributes.js';
import { constantFrom } from '../ir/constant.js';
import type { Node } from '../ir/types.js';
import { input, type OpRewrite } from '../rewrite/op-rewrite.js';

/** What becomes of an operator that makes tensors of a sequence, or of an optional value, whose contents are known. */
const RESOLVED: Readonly<Record<string, OpRewrite>> = {
  ConcatFromSequence: concat,
  OptionalGetElement: (node, b) => {
    const held = heldBy(b, input(node, 0));
    return held === undefined || b.typeOf(held) === undefined ? undefined : [held];
  },
  OptionalHasElement: (node, b) => {
    const held = heldBy(b, input(node, 0));
    return held === undefined ? undefined : [b.constant(constantFrom('bool', [], [held === '' ? 0 : 1]))];
  },
  SequenceAt: (node, b) => {
    const members = membersOf(b, input(node, 0));
    const at = placeOf(b, input(node, 1), { length: members?.length ?? 0 });
    const member = at === undefined ? undefined : members?.[at];
    return member === undefined ? undefined : [member];
  },
  SequenceLength: (node, b) => {
    const members = membersOf(b, input(node, 0));
    return members && [b.constant(constantFrom('int64', [], [members.length]))];
  },
  SplitToSequence: split,
};

/**
 * The tensors of a sequence in place of what reads them from it, where its length and their places are known; what made the sequence is
 * left for nobody to read. Undefined for other nodes.
 */
export function resolveSequence(node: Node, b: GraphBuilder): readonly string[] | undefined {
  return node.domain === '' ? RESOLVED[node.op]?.(node, b, b.opset) : undefined;
}

/** The tensors of a sequence, in order. */
function membersOf(b: GraphBuilder, name: string): readonly string[] | undefined {
  const maker = b.makerOf(name);
  if (maker === undefined || maker.domain !== '') return undefined;
  if (maker.op === 'SequenceEmpty') return [];
  if (maker.op === 'SequenceConstruct') return maker.inputs;
  const [source = '', second = ''] = maker.inputs;
  if (['Identity', 'Optional', 'OptionalGetElement'].includes(maker.op)) return membersOf(b, source);
  const before = membersOf(b, source);
  if (before === undefined) return undefined;
  if (maker.op === 'SequenceInsert') {
    const at = placeOf(b, input(maker, 2), { length: before.length, fallback: before.length });
    return at === undefined ? undefined : before.toSpliced(at, 0, second);
  }
  if (maker.op !== 'SequenceErase') return undefined;
  const at = placeOf(b, second, { length: before.length, fallback: before.length - 1 });
  return at === undefined ? undefined : before.toSpliced(at, 1);
}

/** Returns a place in a sequence of some length, which counts from the end where it is negative; `fallback` where none is given. */
function placeOf(
  b: GraphBuilder,
  name: string,
  { length, fallback }: { length: number; fallback?: number },
): number | undefined {
  if (name === '') return fallback;
  const [at] = b.typing.elementsOf(name) ?? [];
  if (typeof at !== 'number') return undefined;
  return at < 0 ? at + length : at;
}

/** What an optional value holds: '' for nothing, undefined where that is not known. */
function heldBy(b: GraphBuilder, name: string): string | undefined {
  const maker = name === '' ? undefined : b.makerOf(name);
  if (maker?.op === 'Optional' && maker.domain === '') return input(maker, 0);
  return name === '' || b.typeOf(name) !== undefined || membersOf(b, name) !== undefined ? name : undefined;
}

function concat(node: Node, b: GraphBuilder): readonly string[] | undefined {
  const members = membersOf(b, input(node, 0));
  if (members === undefined || members.length === 0) return undefined;
  const a = attributesOf(node);
  const axis = a.int('axis', 0);
  const apart = a.int('new_axis', 0) !== 0;
  const parts = apart ? members.map((name) => b.emit('Unsqueeze', [name, b.ints([axis])])) : members;
  return [b.emit('Concat', parts, { axis: attr.int(axis) })];
}

/** A Split, whose parts are a sequence. */
function split(node: Node, b: GraphBuilder): readonly string[] | undefined {
  const x = input(node, 0);
  const a = attributesOf(node);
  const dims = b.typeOf(x)?.dims;
  const axis = a.int('axis', 0);
  const size = dims?.at(axis);
  const sizes = dims && partsOf(b, input(node, 1), size);
  if (sizes === undefined || sizes.length === 0) return undefined;
  const parts = b.emitMany('Split', [x, b.ints(sizes)], sizes.length, { axis: attr.int(axis) });
  const alone = input(node, 1) === '' && a.int('keepdims', 1) === 0;
  const members = alone ? parts.map((part) => b.emit('Squeeze', [part, b.ints([axis])])) : parts;
  b.append({ ...node, op: 'SequenceConstruct', inputs: members, attributes: {} });
  return node.outputs;
}

/** Sizes of the parts of an axis: those given, or as many of one size as there are, the last one smaller. */
function partsOf(b: GraphBuilder, given: string, size: unknown): readonly number[] | undefined {
  const asked = given === '' ? [1] : b.typing.elementsOf(given);
  if (!asked?.every((part) => typeof part === 'number')) return undefined;
  if (given !== '' && b.rank(given) === 1) return asked;
  const [part] = asked;
  if (typeof size !== 'number' || part === undefined || part <= 0) return undefined;
  return Array.from({ length: Math.ceil(size / part) }, (_, i) => Math.min(part, size - i * part));
}
