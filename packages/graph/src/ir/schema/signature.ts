import { qualifiedName } from '../ops.js';
import type { Node } from '../types.js';
import type { Arity } from './op-schema.js';
import { MANY } from './op-schema.js';
import { VERSIONS } from './versions.js';

/** How a node of one version of an operator is written. */
export interface Signature {
  readonly inputs: Arity;
  readonly outputs: Arity;
  readonly attributes: ReadonlyMap<string, AttributeForm>;
}

/** The type of an attribute as onnx.proto names it, in lower case, and whether a node must have it. */
export interface AttributeForm {
  readonly kind: string;
  readonly required: boolean;
}

const read = new Map<string, readonly (readonly [since: number, signature: Signature])[]>();

/**
 * Returns the signature of a node's operator in an opset of its domain, or its first one for an older opset (ONNX Runtime has some
 * operators earlier than the standard); undefined where the standard does not have the operator.
 */
export function signatureOf(node: Pick<Node, 'op' | 'domain'>, opset: number): Signature | undefined {
  const name = qualifiedName(node);
  const text = VERSIONS.get(name);
  if (text === undefined) return undefined;
  const versions = read.get(name) ?? text.split('; ').map(parseVersion);
  read.set(name, versions);
  return (versions.findLast(([since]) => since <= opset) ?? versions[0])[1];
}

function parseVersion(text: string): readonly [since: number, signature: Signature] {
  const [since, counts, ...attributes] = text.split(' ');
  const [inputs, outputs] = counts.split('>').map(parseArity);
  return [Number(since), { inputs, outputs, attributes: new Map(attributes.map(parseAttribute)) }];
}

function parseArity(text: string): Arity {
  const [least, most = least] = text.split('-');
  return [Number(least), most === '*' ? MANY : Number(most)];
}

function parseAttribute(text: string): readonly [name: string, form: AttributeForm] {
  const [name, kind] = text.split(':');
  return [name, { kind: kind.replace('!', ''), required: kind.endsWith('!') }];
}
