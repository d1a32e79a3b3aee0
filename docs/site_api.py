"""For mkdocs: the interface as a page, made from the same OpenAPI document that the service answers with."""

from collections.abc import Iterator, Mapping
from typing import Any

from cds_service.operations.openapi import document
from hooks.services import services

ADDRESS = "api.md"
_HEAD = """# API reference

Every address of the service, from the OpenAPI 3.1 document that it serves itself at `/openapi.json`. Calls are
described by [CDS Hooks 2.0.1](https://cds-hooks.hl7.org/2.0/); how an EHR says who it is: [clients](clients.md).
Refusals are FHIR OperationOutcomes: what is wrong, why, and what to do.
"""
Said = Mapping[str, Any]


def page() -> str:
    """The page as Markdown."""
    about = document(services())
    blocks = [_HEAD]
    for tag in (row["name"] for row in about["tags"]):
        blocks.append(f"## {tag}")
        for address, operations in about["paths"].items():
            blocks += [
                "\n".join(_operation(method.upper(), address, said))
                for method, said in operations.items()
                if isinstance(said, dict) and tag in said.get("tags", ())
            ]
    blocks.append("## Shapes")
    blocks += ["\n".join(_shape(name, said)) for name, said in about["components"]["schemas"].items()]
    return "\n\n".join(blocks) + "\n"


def _operation(method: str, address: str, said: Said) -> Iterator[str]:
    yield from (f"### {method} {address}", "", f"**{said['summary']}.** {said.get('description', '')}".strip(), "")
    for parameter in said.get("parameters", ()):
        yield f"- `{parameter['name']}` ({parameter['in']}): {parameter.get('description', '')}".rstrip(": ")
    for content in said.get("requestBody", {}).get("content", {}).values():
        yield f"- Body: {_kind(content['schema'])}"
    for status, answer in said["responses"].items():
        kinds = {_kind(content["schema"]) for content in answer.get("content", {}).values() if "schema" in content}
        shape = f" ({', '.join(sorted(kinds))})" if kinds else ""
        yield f"- {status}{shape}: {answer['description']}"


def _shape(name: str, said: Said) -> Iterator[str]:
    yield from (f"### {name}", "", said.get("description", "").replace("``", "`"), "")
    if "enum" in said:
        yield f"One of {', '.join(f'`{value}`' for value in said['enum'])}."
    if "properties" in said:
        yield from ("| Element | Kind | Needed | |", "|---|---|---|---|")
    for element, row in said.get("properties", {}).items():
        needed = "yes" if element in said.get("required", ()) else ""
        yield f"| `{element}` | {_kind(row)} | {needed} | {row.get('description', '').replace('``', '`')} |"


def _kind(schema: Said) -> str:
    """A schema in a few words; those with a name of their own lead to it."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.casefold()})"
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if "const" in schema:
        return f"`{schema['const']}`"
    for either in ("anyOf", "oneOf"):
        if either in schema:
            return " or ".join(_kind(one) for one in schema[either])
    inner = f": {', '.join(f'`{name}`' for name in schema['properties'])}" if "properties" in schema else ""
    return f"{schema.get('format') or schema.get('type', 'any')}{inner}"
