import type { Constant, ValueType } from '../ir/types.js';
import { elementsOfConstant, MAX_TRACKED } from './contents.js';
import type { Elements, Inferred, Scope } from './site.js';

/** What is known of values by name, including those of the outer graph. */
export interface KnownValues extends Pick<Scope, 'typeOf' | 'elementsOf' | 'constantOf'> {
  /** Types of the values of this graph, without those of the outer graph. */
  readonly types: ReadonlyMap<string, ValueType>;
  define(name: string, value: Inferred): void;
  addConstant(name: string, value: Constant): void;
  rename(from: string, to: string): void;
}

interface Tables {
  readonly types: Map<string, ValueType>;
  readonly elements: Map<string, Elements>;
  readonly constants: Map<string, Constant>;
}

export function knownWithin(outer?: Scope): KnownValues {
  const tables: Tables = { types: new Map(), elements: new Map(), constants: new Map() };
  const { types, elements, constants } = tables;
  return {
    types,
    typeOf: (name) => types.get(name) ?? outer?.typeOf(name),
    elementsOf: (name) => elementsIn(tables, name, outer),
    constantOf: (name) => constants.get(name) ?? outer?.constantOf(name),
    define(name, { dtype, dims, elements: known }) {
      types.set(name, { dtype, dims });
      if (known !== undefined && known.length <= MAX_TRACKED) elements.set(name, known);
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

/** Returns the known elements of a value. Those of a constant are read at the first request. */
function elementsIn({ elements, constants }: Tables, name: string, outer?: Scope): Elements | undefined {
  const known = elements.get(name);
  if (known !== undefined) return known;
  const constant = constants.get(name);
  if (constant === undefined) return outer?.elementsOf(name);
  const read = elementsOfConstant(constant);
  if (read !== undefined) elements.set(name, read);
  return read;
}

function move<T>(map: Map<string, T>, from: string, to: string): void {
  const value = map.get(from);
  if (value !== undefined) map.set(to, value);
  map.delete(from);
}
