"""Writes which element types the inputs of operators may have: python scripts/onnx-input-types.py > packages/graph/src/ir/schema/input-types.ts

Needs the Python package onnx. Prints one line for each standard operator, over all versions that a file of opset 18 or newer may use. Operators
with inputs that are not tensors, and those that take every type everywhere, have no line.
"""

from onnx import defs

FIRST = 18
LETTERS = {
    "float16": "h", "bfloat16": "B", "float": "f", "double": "d", "int8": "a", "int16": "c", "int32": "i", "int64": "l",
    "uint8": "A", "uint16": "C", "uint32": "I", "uint64": "L", "bool": "b", "string": "s",
}  # fmt: skip
ALL = "".join(LETTERS.values())

HEADER = """/**
 * The element types that the inputs of the standard's operators may have in opset 18 and newer ones, a word for each input. A letter stands
 * for a type ({@link LETTERS}), "*" for all of them. Inputs with the same name after "=" have equal types. "+" at the end: further inputs
 * too. Operators without a row may have inputs of every type. scripts/onnx-input-types.py writes this file.
 */
export const INPUT_TYPES: ReadonlyMap<string, string> = new Map([
"""


def current(schemas: list[defs.OpSchema]) -> list[defs.OpSchema]:
    before = [schema for schema in schemas if schema.since_version <= FIRST]
    return before[-1:] + [schema for schema in schemas if schema.since_version > FIRST]


def words(schemas: list[defs.OpSchema]) -> list[str] | None:
    """The words of the inputs; None where one of them may be no tensor."""
    allowed: dict[int, set[str]] = {}
    names: dict[int, str | None] = {}
    many: dict[int, bool] = {}
    mixed: dict[int, bool] = {}
    for schema in schemas:
        constraints = {c.type_param_str: c.allowed_type_strs for c in schema.type_constraints}
        for at, each in enumerate(schema.inputs):
            types = constraints.get(each.type_str, [each.type_str])
            if any(not text.startswith("tensor(") for text in types):
                return None
            allowed.setdefault(at, set()).update(LETTERS[t[7:-1]] for t in types if t[7:-1] in LETTERS)
            names[at] = each.type_str if names.get(at, each.type_str) == each.type_str else None
            many[at] = str(each.option).endswith("Variadic")
            mixed[at] = many[at] and not each.is_homogeneous
    found = []
    for at in sorted(allowed):
        letters = "".join(letter for letter in ALL if letter in allowed[at])
        shared = many[at] or list(names.values()).count(names[at]) > 1
        name = f"={names[at]}" if names[at] and shared and not mixed[at] else ""
        found.append(("*" if letters == ALL else letters) + name + ("+" if many[at] else ""))
    return found


versions: dict[str, list[defs.OpSchema]] = {}
for schema in defs.get_all_schemas_with_history():
    if schema.domain == "" and not schema.deprecated:
        versions.setdefault(schema.name, []).append(schema)

print(HEADER, end="")
for name in sorted(versions):
    found = words(current(sorted(versions[name], key=lambda s: s.since_version)))
    if found is not None and any(word != "*" for word in found):
        print(f"  ['{name}', '{' '.join(found)}'],")
print("]);")
