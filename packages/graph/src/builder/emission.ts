import { constantOfElements } from '../infer/contents.js';
import { keyOfNode } from '../ir/keys.js';
import type { Attribute, Attributes, Node } from '../ir/types.js';
import type { AttributeInit, Builder } from './builder.js';
import type { Draft } from './draft.js';

/** How a builder makes nodes. */
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

/** The outputs of a node without names: those of the same node if there is one, constants if that is what they are, else new ones. */
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
  nodes.append(node, key);
  return outputs;
}

/** The constant that a just inferred value is, when its contents are integers and all known. */
function constantFor({ typing, constants }: Draft, name: string): string | undefined {
  const type = typing.typeOf(name);
  const value = type && constantOfElements(type, typing.elementsOf(name));
  return value && constants.constant(value);
}

/** The attributes that are there. */
function given(attributes: AttributeInit): Attributes {
  if (areGiven(attributes)) return attributes;
  const entries = Object.entries(attributes).filter(
    (entry): entry is [string, Attribute] => entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}

const areGiven = (attributes: AttributeInit): attributes is Attributes =>
  !Object.values(attributes).includes(undefined);
