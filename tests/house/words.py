"""What is said, read from the source: the names given to evidence, gaps, lists and steps, and the keys of sentences.

And what may be wrong with the table of shared words: each rule takes the table and returns one sentence per fault.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from hooks.texts import LANGUAGES

# The argument of a call that names a thing shown to a reader.
NAMING = {"Missing": 0, "Names": 0, "Evidence": 1, "evidence": 0, "has": 0, "taking": 0, "visit_booked": 0}


def lacking(shared: Mapping[str, Any], section: str, used: set[str]) -> list[str]:
    """What is used and has no words."""
    return [f"{section}.{key}: no words" for key in sorted(used - shared[section].keys())]


def surplus(shared: Mapping[str, Any], section: str, used: set[str]) -> list[str]:
    """What has words and is not used."""
    return [f"{section}.{key}: used nowhere" for key in sorted(shared[section].keys() - used)]


def one_sided(shared: Mapping[str, Any]) -> list[str]:
    """What has no words in one of the languages, or not the same figures."""
    found = []
    for section, rows in shared.items():
        for key, row in rows.items():
            said = [row.get(language) for language in LANGUAGES]
            blank = any(not one or (isinstance(one, str) and not one.strip()) for one in said)
            figures = [sorted(re.findall(r"\{+(\w+)", str(one))) for one in said]
            found += [f"{section}.{key}: not in both languages"] if blank else []
            found += [f"{section}.{key}: other figures"] if figures[0] != figures[1] else []
    return found


def named_in(source: str, module: ModuleType) -> Iterator[str]:
    """The names a module gives to what it shows, as far as its text tells."""
    for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
        position = NAMING.get(getattr(call.func, "id", getattr(call.func, "attr", "")))
        shown = call.args[position : position + 1] if position is not None else []
        for node in (*shown, *(word.value for word in call.keywords if word.arg in ("what", "route"))):
            found = resolved(node, module)
            yield from found[:1] if isinstance(node, ast.Starred) else found  # of several concepts the first is named


def resolved(node: ast.expr, module: ModuleType) -> tuple[str, ...]:
    """A string, a constant of the module or of one it imports, or several; nothing for what only running tells."""
    value: Any = None
    match node:
        case ast.Constant():
            value = node.value
        case ast.Name():
            value = getattr(module, node.id, None)
        case ast.Attribute(value=ast.Name(id=other)):
            value = getattr(getattr(module, other, None), node.attr, None)
        case ast.Starred():
            return resolved(node.value, module)
        case ast.IfExp():
            return (*resolved(node.body, module), *resolved(node.orelse, module))
        case ast.Subscript(slice=ast.Constant(value=int(index))):
            return resolved(node.value, module)[index : index + 1]
        case ast.Tuple():
            value = tuple(name for item in node.elts for name in resolved(item, module))
    return (value,) if isinstance(value, str) else value if isinstance(value, tuple) else ()


def spoken_in(source: str) -> Iterator[str]:
    """The keys of sentences, as patterns: ``word("and")``, ``say(f"missing-{why}")``, ``"action-new" + ...``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in ("word", "say"):
            yield from _patterns(node.args[0])
        elif isinstance(node, ast.Constant | ast.JoinedStr):
            yield from (found for found in _patterns(node) if re.match(r"(action|label)\\-.", found))


def _patterns(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield re.escape(node.value)
    elif isinstance(node, ast.JoinedStr):
        yield "".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+" for part in node.values)
