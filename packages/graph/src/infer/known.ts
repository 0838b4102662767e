import type { Constant, ValueType } from '../types.js';
import { elementsOfConstant, FOLLOWED } from './contents.js';
import type { Elements, Inferred, Scope } from './site.js';

/** What is known of values by name, and of those of the graph around. */
export interface Known extends Pick<Scope, 'typeOf' | 'elementsOf' | 'constantOf'> {
  /** Without those of the graph around. */
  readonly types: ReadonlyMap<string, ValueType>;
  define(name: string, value: Inferred): void;
  addConstant(name: string, value: Constant): void;
  rename(from: string, to: string): void;
}

export function knownWithin(outer?: Scope): Known {
  const types = new Map<string, ValueType>();
  const elements = new Map<string, Elements>();
  const constants = new Map<string, Constant>();

  /** Those of a constant are read when they are asked for. */
  function elementsOf(name: string): Elements | undefined {
    const constant = constants.get(name);
    if (constant === undefined) return elements.get(name) ?? outer?.elementsOf(name);
    const known = elements.get(name) ?? elementsOfConstant(constant);
    if (known !== undefined) elements.set(name, known);
    return known;
  }

  return {
    types,
    typeOf: (name) => types.get(name) ?? outer?.typeOf(name),
    elementsOf,
    constantOf: (name) => constants.get(name) ?? outer?.constantOf(name),
    define(name, { dtype, dims, elements: known }) {
      types.set(name, { dtype, dims });
      if (known !== undefined && known.length <= FOLLOWED) elements.set(name, known);
    },
    addConstant(name, value) {
      constants.set(name, value);
      types.set(name, { dtype: value.dtype, dims: value.dims });
    },
    rename(from, to) {
      move(types, from, to);
      move(elements, from, to);
      move(constants, from, to);
    },
  };
}

function move<T>(map: Map<string, T>, from: string, to: string): void {
  const value = map.get(from);
  if (value !== undefined) map.set(to, value);
  map.delete(from);
}
