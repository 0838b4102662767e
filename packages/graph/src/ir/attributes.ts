import { fail, own, ownOf } from '@onnxplain/core';
import { qualifiedName } from './ops.js';
import type { AttributeKind, AttributeSchema, ValueOf } from './schema/attribute.js';
import { superseded } from './schema/decomposed.js';
import type { OpSchema } from './schema/op-schema.js';
import { type SchemaName, schemas } from './schema/schemas.js';
import { describe } from './scope.js';
import type { Attribute, Node } from './types.js';

export type { SchemaName } from './schema/schemas.js';

type SchemasOf<N extends SchemaName> = (typeof schemas)[N]['attributes'];
type NamesOf<N extends SchemaName> = Extract<keyof SchemasOf<N>, string>;

/** Values of an operator's attributes, defaults filled in. Of several operators, those attributes that all of them have. */
export type AttributesOf<N extends SchemaName> = {
  readonly [K in NamesOf<N>]: ValueOf<SchemasOf<N>[K]>;
};

/**
 * Attributes of a node of one of some operators: values of the kind that the schema states, or the default of the schema where the node
 * has none. Each is read when it is first used. Operators of one row share a schema, so that any of their names will do.
 *
 * Throws `model-invalid` for an attribute of another kind and for one that is required and missing, `op-unknown` for a node of another
 * operator.
 */
export function attributesOf<N extends SchemaName>(node: Node, ...names: readonly N[]): AttributesOf<N> {
  return new readers[schemaName(node, names)](node) as unknown as AttributesOf<N>;
}

/** The name of the schema that a node has, among some. */
function schemaName(node: Node, names: readonly SchemaName[]): SchemaName {
  const name = qualifiedName(node);
  const known: Readonly<Record<string, OpSchema>> = schemas;
  const attributes = own(known, name)?.attributes;
  return (
    names.find((each) => each === name) ??
    names.find((each) => schemas[each].attributes === attributes || Object.hasOwn(superseded, each)) ??
    fail({
      code: 'op-unknown',
      where: describe(node),
      expected: `a node with the attributes of ${names.join(' or ')}`,
      got: name,
    })
  );
}

type Reader = new (node: Node) => object;

/** A class with a getter for each attribute: one object is made for each node of a large graph. */
function makeReader(schema: OpSchema): Reader {
  class NodeReader {
    readonly #node: Node;

    constructor(node: Node) {
      this.#node = node;
    }

    static {
      for (const [name, row] of Object.entries(schema.attributes)) {
        Object.defineProperty(NodeReader.prototype, name, {
          enumerable: true,
          get(this: NodeReader) {
            return readValue(this.#node, name, row);
          },
        });
      }
    }
  }
  return NodeReader;
}

function readValue(node: Node, name: string, schema: AttributeSchema): unknown {
  const attribute = own(node.attributes, name);
  if (attribute === undefined) return schema.required ? invalid(node, name, schema.kind) : schema.default;
  const { kind } = schema;
  if (kind !== 'flag') return attribute.kind === kind ? attribute.value : lenient(node, name, kind);
  if (attribute.kind !== 'int') return invalid(node, name, 'int');
  return schema.reading === 'one' ? attribute.value === 1 : attribute.value !== 0;
}

/** Reads 1 for a float attribute, as exporters write it, and an empty list, which has no kind of its own. */
function lenient(node: Node, name: string, wanted: AttributeKind): unknown {
  const { kind, value }: Attribute = ownOf(node.attributes, name);
  if (wanted === 'float' && kind === 'int') return value;
  const isEmpty = wanted.endsWith('s') && Array.isArray(value) && value.length === 0;
  return isEmpty ? value : invalid(node, name, wanted);
}

function invalid(node: Node, name: string, expected: string): never {
  return fail({
    code: 'model-invalid',
    where: `attribute "${name}" of ${describe(node)}`,
    expected,
    got: own(node.attributes, name)?.kind ?? 'none',
  });
}

const readers = Object.fromEntries(
  Object.entries(schemas).map(([name, schema]) => [name, makeReader(schema)]),
) as Readonly<Record<SchemaName, Reader>>;
