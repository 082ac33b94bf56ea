"""The API's OpenAPI document as TypeScript types, for the mini-program's client (``flask docs api-client``).

Each operation is named by method and path, with ``{}`` for its id: ``'GET /bills/{}'``. A field that the server renames
then fails the type check of every page that uses it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

PREFIX = "/api/v1"
HEAD = """\
/* Written from the server's OpenAPI document by `make api-client`; not to be changed by hand. */
/* eslint-disable */
"""
PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def client_types(document: Mapping[str, Any]) -> str:
    """The module's text."""
    schemas: Mapping[str, Any] = document["components"]["schemas"]
    parts = [HEAD, *(_interface(name, schemas[name]) for name in sorted(schemas)), "export interface Operations {"]
    for path in sorted(document["paths"]):
        for method, operation in sorted(document["paths"][path].items()):
            parts.append(_operation(method, path, operation))
    parts.append("}\n")
    return "\n".join([*parts, *_open_operations(document), ""])


def _open_operations(document: Mapping[str, Any]) -> Iterator[str]:
    """What nobody has to sign in for: a program that knows need not ask the server to be refused."""
    yield "/** Operations that need no sign-in. */"
    yield "export const OPEN: ReadonlySet<string> = new Set<keyof Operations>(["
    for path, operations in sorted(document["paths"].items()):
        for method, operation in sorted(operations.items()):
            if not operation.get("security") or {} in operation["security"]:
                yield f"  '{_name(method, path)}',"
    yield "])"


def _interface(name: str, schema: Mapping[str, Any]) -> str:
    about = str(schema.get("description", "")).split("\n", maxsplit=1)[0]
    comment = f"/** {about} */\n" if about else ""
    if schema.get("type") != "object" or "properties" not in schema:
        return f"{comment}export type {name} = {_type(schema)}\n"
    return f"{comment}export interface {name} {{\n" + "".join(f"  {line}\n" for line in _fields(schema)) + "}\n"


def _fields(schema: Mapping[str, Any]) -> Iterator[str]:
    required = set(schema.get("required", ()))
    for name, field in schema["properties"].items():
        yield f"{name}{'' if name in required else '?'}: {_type(field)}"


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", maxsplit=1)[-1]
    if "enum" in schema:
        return " | ".join(sorted(_literal(value) for value in schema["enum"]))
    if "const" in schema:
        return _literal(schema["const"])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " | ".join(dict.fromkeys(_type(one) for one in schema[several]))
    kind = schema.get("type")
    if kind == "array":
        items = _type(schema.get("items", {}))
        return f"({items})[]" if "|" in items else f"{items}[]"
    if kind == "object":
        if "properties" in schema:
            return "{ " + "; ".join(_fields(schema)) + " }"
        values = schema.get("additionalProperties")
        return f"Record<string, {_type(values) if isinstance(values, Mapping) else 'unknown'}>"
    return PLAIN.get(str(kind), "unknown")


def _literal(value: Any) -> str:
    return "'" + value.replace("'", "\\'") + "'" if isinstance(value, str) else str(value).lower()


def _name(method: str, path: str) -> str:
    return f"{method.upper()} {re.sub(r'{[^}]+}', '{}', path.removeprefix(PREFIX))}"


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    query = {
        one["name"]: one["schema"] | {"required": one.get("required", False)}
        for one in operation.get("parameters", ())
        if one["in"] == "query"
    }
    asked = "; ".join(f"{key}{'' if one['required'] else '?'}: {_type(one)}" for key, one in query.items())
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    answers = [one for status, one in operation["responses"].items() if status.startswith("2")]
    answer = answers[0].get("content", {}).get("application/json", {}).get("schema") if answers else None
    return (
        f"  /** {operation.get('summary', '')} */\n"
        f"  '{_name(method, path)}': {{ query: {{ {asked} }}; body: {_type(body) if body else 'undefined'}; "
        f"answer: {_type(answer) if answer else 'undefined'} }}"
    )
