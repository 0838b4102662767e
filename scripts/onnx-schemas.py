"""Writes what the ONNX standard says of operators, from opset 18 on: python scripts/onnx-schemas.py > packages/graph/test/fixtures/onnx-schemas.json

Needs the Python package onnx. Prints one line for each standard operator: the least and greatest number
of inputs and outputs (null: any number), and for each attribute its kind, its default and whether it is required, over all versions that a file of
opset 18 or newer may use. A test compares packages/graph/src/ir/schema with the file.
"""

import json

import onnx
from onnx import defs

FIRST = 18
MANY = 2**31 - 1


def versions() -> dict[str, list[defs.OpSchema]]:
    found: dict[str, list[defs.OpSchema]] = {}
    for schema in defs.get_all_schemas_with_history():
        if schema.domain == "" and not schema.deprecated:
            found.setdefault(schema.name, []).append(schema)
    return {name: current(sorted(found[name], key=lambda s: s.since_version)) for name in sorted(found)}


def current(schemas: list[defs.OpSchema]) -> list[defs.OpSchema]:
    before = [schema for schema in schemas if schema.since_version <= FIRST]
    return before[-1:] + [schema for schema in schemas if schema.since_version > FIRST]


def plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.decode()
    return [plain(each) for each in value] if isinstance(value, list) else value


def attribute(schema: defs.OpSchema.Attribute) -> dict[str, object]:
    row: dict[str, object] = {"kind": schema.type.name.lower()}
    if schema.required:
        row["required"] = True
    if schema.default_value.name:
        row["default"] = plain(onnx.helper.get_attribute_value(schema.default_value))
    return row


def arity(counts: list[int]) -> list[int | None]:
    return [None if count == MANY else count for count in counts]


def operator(schemas: list[defs.OpSchema]) -> dict[str, object]:
    return {
        "inputs": arity([min(s.min_input for s in schemas), max(s.max_input for s in schemas)]),
        "outputs": arity([min(s.min_output for s in schemas), max(s.max_output for s in schemas)]),
        "attributes": {name: attribute(a) for s in schemas for name, a in sorted(s.attributes.items())},
    }


rows = [f"  {json.dumps(name)}: {json.dumps(operator(found))}" for name, found in versions().items()]
print("{\n" + ",\n".join(rows) + "\n}")
