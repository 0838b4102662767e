import type { AttributeSchema } from './schema/attribute.js';
import { standardSchemas } from './schema/schemas.js';
import type { Attribute } from './types.js';

type Kind = Attribute['kind'];

/** Kinds in which a node may write an attribute. Exporters write 1 for a float. */
function kindsOf({ kind }: AttributeSchema): readonly Kind[] {
  if (kind === 'flag') return ['int'];
  return kind === 'float' ? ['float', 'int'] : [kind];
}

const byName = new Map<string, Set<Kind>>();
for (const { attributes } of Object.values(standardSchemas)) {
  for (const [name, schema] of Object.entries<AttributeSchema>(attributes)) {
    const kinds = byName.get(name) ?? new Set();
    for (const kind of kindsOf(schema)) kinds.add(kind);
    byName.set(name, kinds);
  }
}

/** Kinds that an attribute of this name may have in some standard operator; undefined for a name that no schema has. */
export const expectedKinds = (name: string): readonly Kind[] | undefined => {
  const kinds = byName.get(name);
  return kinds && [...kinds];
};
