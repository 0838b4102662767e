"""Writes how many inputs, outputs and which attributes each version of each operator has: python scripts/onnx-versions.py > packages/graph/src/ir/schema/versions.ts

Needs the Python package onnx. Prints one line for each operator of the standard's domains, with a part for each version whose signature
differs from that of the version before.
"""

from onnx import defs

MANY = 2**31 - 1
DOMAINS = ["", "ai.onnx.ml"]

HEADER = '''/**
 * Signatures of the standard's operators, by name (with the domain in front, where it is not ai.onnx). A text has a part for each version
 * that changed the signature: "1 2>1 axis:int!" is a version that began with opset 1, with 2 inputs, 1 output, and an attribute that a node
 * must have; "1-*" is one or more. scripts/onnx-versions.py writes this file.
 */
export const VERSIONS: ReadonlyMap<string, string> = new Map([
'''


def span(least: int, most: int) -> str:
    upper = "*" if most == MANY else str(most)
    return str(least) if least == most else f"{least}-{upper}"


def signature(schema: defs.OpSchema) -> str:
    attributes = [
        f" {name}:{attribute.type.name.lower()}{'!' if attribute.required else ''}"
        for name, attribute in sorted(schema.attributes.items())
    ]
    counts = f"{span(schema.min_input, schema.max_input)}>{span(schema.min_output, schema.max_output)}"
    return counts + "".join(attributes)


def versions(schemas: list[defs.OpSchema]) -> str:
    parts: list[tuple[int, str]] = []
    for schema in sorted(schemas, key=lambda s: s.since_version):
        if not parts or parts[-1][1] != signature(schema):
            parts.append((schema.since_version, signature(schema)))
    return "; ".join(f"{since} {text}" for since, text in parts)


found: dict[str, list[defs.OpSchema]] = {}
for schema in defs.get_all_schemas_with_history():
    if schema.domain in DOMAINS and not schema.deprecated:
        name = schema.name if schema.domain == "" else f"{schema.domain}:{schema.name}"
        found.setdefault(name, []).append(schema)

print(HEADER + "".join(f"  ['{name}', '{versions(found[name])}'],\n" for name in sorted(found)) + "]);")
