import { own } from '@onnxplain/core';
import type { GraphBuilder } from '../../builder/build.js';
import { attr } from '../../builder/builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { constantFrom } from '../../ir/constant.js';
import { listOf } from '../../ir/list-of.js';
import type { Node } from '../../ir/types.js';
import { input, type OpRewrite } from '../../rewrite/op-rewrite.js';

/** Rewrites of operators that read tensors from a sequence or an optional value. Each needs the contents to be known. */
const SEQUENCE_RULES: Readonly<Record<string, OpRewrite>> = {
  ConcatFromSequence: concat,
  OptionalGetElement: (node, b) => {
    const content = optionalContent(b, input(node, 0));
    return content === undefined || b.typeOf(content) === undefined ? undefined : [content];
  },
  OptionalHasElement: (node, b) => {
    const content = optionalContent(b, input(node, 0));
    if (content === undefined) return undefined;
    return [b.constant(constantFrom('bool', [], [content === '' ? 0 : 1]))];
  },
  SequenceAt: (node, b) => {
    const members = membersOf(b, input(node, 0));
    const at = positionIn(b, input(node, 1), { length: members?.length ?? 0 });
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
 * Replaces a node that reads from a sequence by the tensors it reads, where the length of the sequence and their positions are known.
 * Nodes that build the sequence stay; {@link prune} removes them. Undefined for other nodes.
 */
export function resolveSequence(node: Node, b: GraphBuilder): readonly string[] | undefined {
  return node.domain === '' ? own(SEQUENCE_RULES, node.op)?.(node, b, b.opset) : undefined;
}

/** Returns the tensors of a sequence in order; undefined where they are not known. */
function membersOf(b: GraphBuilder, name: string): readonly string[] | undefined {
  const producer = b.makerOf(name);
  if (producer === undefined || producer.domain !== '') return undefined;
  if (producer.op === 'SequenceEmpty') return [];
  if (producer.op === 'SequenceConstruct') return producer.inputs;
  const [source = '', second = ''] = producer.inputs;
  if (['Identity', 'Optional', 'OptionalGetElement'].includes(producer.op)) return membersOf(b, source);
  const before = membersOf(b, source);
  if (before === undefined) return undefined;
  if (producer.op === 'SequenceInsert') {
    const at = positionIn(b, input(producer, 2), { length: before.length, fallback: before.length });
    return at === undefined ? undefined : before.toSpliced(at, 0, second);
  }
  if (producer.op !== 'SequenceErase') return undefined;
  const at = positionIn(b, second, { length: before.length, fallback: before.length - 1 });
  return at === undefined ? undefined : before.toSpliced(at, 1);
}

/**
 * Returns the position in a sequence that a value holds, counted from the start; `fallback` for an omitted value, and undefined where it
 * is not known.
 */
function positionIn(
  b: GraphBuilder,
  name: string,
  { length, fallback }: { length: number; fallback?: number },
): number | undefined {
  if (name === '') return fallback;
  const [at] = b.typing.elementsOf(name) ?? [];
  if (typeof at !== 'number') return undefined;
  return at < 0 ? at + length : at;
}

/** Returns the value that an optional holds; '' where it is empty, undefined where that is not known. */
function optionalContent(b: GraphBuilder, name: string): string | undefined {
  const producer = name === '' ? undefined : b.makerOf(name);
  if (producer?.op === 'Optional' && producer.domain === '') return input(producer, 0);
  return name === '' || b.typeOf(name) !== undefined || membersOf(b, name) !== undefined ? name : undefined;
}

function concat(node: Node, b: GraphBuilder): readonly string[] | undefined {
  const members = membersOf(b, input(node, 0));
  if (members === undefined || members.length === 0) return undefined;
  const { axis, new_axis: newAxis } = attributesOf(node, 'ConcatFromSequence');
  const parts = newAxis !== 0 ? members.map((name) => b.emit('Unsqueeze', [name, b.ints([axis])])) : members;
  return [b.emit('Concat', parts, { axis: attr.int(axis) })];
}

/** Replaces SplitToSequence by a Split and a SequenceConstruct. */
function split(node: Node, b: GraphBuilder): readonly string[] | undefined {
  const x = input(node, 0);
  const { axis, keepdims } = attributesOf(node, 'SplitToSequence');
  const dims = b.typeOf(x)?.dims;
  const size = dims?.at(axis);
  const sizes = dims && splitSizes(b, input(node, 1), size);
  if (sizes === undefined || sizes.length === 0) return undefined;
  const parts = b.emitMany('Split', [x, b.ints(sizes)], sizes.length, { axis: attr.int(axis) });
  const squeezed = input(node, 1) === '' && !keepdims;
  const members = squeezed ? parts.map((part) => b.emit('Squeeze', [part, b.ints([axis])])) : parts;
  b.append({ ...node, op: 'SequenceConstruct', inputs: members, attributes: {} });
  return node.outputs;
}

/** Returns the sizes of the parts: a vector as given, or a single size repeated, with a smaller last part. Undefined where not known. */
function splitSizes(b: GraphBuilder, given: string, size: unknown): readonly number[] | undefined {
  const elements = given === '' ? [1] : b.typing.elementsOf(given);
  if (!elements?.every((part) => typeof part === 'number')) return undefined;
  if (given !== '' && b.rank(given) === 1) return elements;
  const [part] = elements;
  if (typeof size !== 'number' || part === undefined || part <= 0) return undefined;
  return listOf(Math.ceil(size / part), (i) => Math.min(part, size - i * part));
}
