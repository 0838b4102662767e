import { own, sizeOf } from '@onnxplain/core';
import { DRAWS, isOp } from './ops.js';
import type { Attribute, Attributes, Constant, Node } from './types.js';

/** Constants with more elements get no key. */
const LARGEST_KEYED = 64;

/**
 * Returns a key that is equal for nodes that compute the same from the same inputs. Undefined for nodes that are never merged: foreign
 * ones, those that draw random numbers, and those with a tensor or graph attribute.
 */
export function keyOfNode({ op, domain, inputs, outputs, attributes }: Node): string | undefined {
  if (!isOp(op, domain) || DRAWS.has(op)) return undefined;
  const attributesKey = keyOfAttributes(attributes);
  if (attributesKey === undefined) return undefined;
  // The length of each name makes the key unambiguous: a name may contain any character.
  let key = `${domain}:${op}>${outputs.length}${attributesKey}`;
  for (const name of inputs) key += `${name.length}:${name}`;
  return key;
}

function keyOfAttributes(attributes: Attributes): string | undefined {
  const names = Object.keys(attributes);
  if (names.length === 0) return '{}';
  const parts: string[] = [];
  for (const name of names.sort()) {
    const key = keyOfAttribute(own(attributes, name));
    if (key === undefined) return undefined;
    parts.push(`${name}=${key}`);
  }
  return `{${parts.join(';')}}`;
}

function keyOfAttribute(attribute: Attribute | undefined): string | undefined {
  if (attribute === undefined || attribute.kind === 'graph' || attribute.kind === 'tensor') return undefined;
  const { kind, value } = attribute;
  if (typeof value === 'string') return `${kind}:${JSON.stringify(value)}`;
  if (typeof value === 'number') return `${kind}:${numberKey(value)}`;
  return `${kind}:${JSON.stringify(value.map((item) => (typeof item === 'number' ? numberKey(item) : item)))}`;
}

/** Returns a key that is equal for numbers with the same bits. */
export const numberKey = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

/** Returns a key that is equal for constants with the same bits; undefined for large constants. */
export function keyOfConstant(constant: Constant): string | undefined {
  const { dtype, dims } = constant;
  if (sizeOf(dims) > LARGEST_KEYED) return undefined;
  const { data } = constant;
  const head = `${dtype}[${dims.join(',')}]`;
  if (!ArrayBuffer.isView(data)) return head + JSON.stringify(data);
  return head + new Uint8Array(data.buffer, data.byteOffset, data.byteLength).join(',');
}
