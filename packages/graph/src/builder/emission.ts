import { fail } from '@onnxplain/core';
import { constantOfElements } from '../infer/contents.js';
import { keyOfNode } from '../ir/keys.js';
import { describe } from '../ir/scope.js';
import type { Attribute, Attributes, Node } from '../ir/types.js';
import type { AttributeInit, Builder } from './builder.js';
import type { Draft } from './draft.js';

/** The methods of a builder that make nodes. */
export type Emission = Pick<Builder, 'emit' | 'emitMany'>;

export function emission(draft: Draft): Emission {
  const emitMany: Builder['emitMany'] = (op, inputs, outputs, attributes = {}) =>
    emitted(draft, {
      op,
      domain: '',
      name: '',
      inputs,
      outputs: new Array<string>(outputs).fill(''),
      attributes: given(attributes),
    });
  return { emitMany, emit: (op, inputs, attributes) => emitMany(op, inputs, 1, attributes)[0] ?? '' };
}

/** Returns the outputs of a node: those of an equal node where there is one, constants where they are known, else new values. */
function emitted(draft: Draft, unnamed: Node): readonly string[] {
  const { fresh, typing, nodes } = draft;
  const key = keyOfNode(unnamed);
  const same = key === undefined ? undefined : nodes.outputsOf(key);
  if (same !== undefined) return same;
  const outputs = unnamed.outputs.map(() => fresh(unnamed.op));
  const node: Node = { ...unnamed, name: outputs[0] ?? unnamed.op, outputs };
  typing.addNode(node);
  const folded = outputs.map((name) => constantFor(draft, name));
  if (folded.every((name) => name !== undefined)) return folded;
  if (nodes.all.length >= MOST_NODES) refuseSize(node);
  nodes.append(node, key);
  return outputs;
}

/** As many nodes as the reader takes by default. */
const MOST_NODES = 1_000_000;

function refuseSize(node: Node): never {
  const where = describe(node);
  return fail({ code: 'too-large', where, expected: `at most ${MOST_NODES} nodes`, got: 'more' });
}

/** Returns the constant for a value of integers that inference knows completely. */
function constantFor({ typing, constants }: Draft, name: string): string | undefined {
  const type = typing.typeOf(name);
  const value = type && constantOfElements(type, typing.elementsOf(name));
  return value && constants.constant(value);
}

/** Returns the attributes without those that are undefined. */
function given(attributes: AttributeInit): Attributes {
  if (areGiven(attributes)) return attributes;
  const entries = Object.entries(attributes).filter(
    (entry): entry is [string, Attribute] => entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}

const areGiven = (attributes: AttributeInit): attributes is Attributes =>
  !Object.values(attributes).includes(undefined);
