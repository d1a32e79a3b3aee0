"""What each check can pass to the words, read from its source: figures, cases and notes.

The figures are the keywords of its calls of judge, grade and undecided, and the keys of its ``figures`` dictionaries,
through every helper of its module that it calls. That is an approximation on the generous side: what any branch may
pass counts as passed. A call with a constant ``case`` narrows it to that call.
"""

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from typing import Any

from hooks.registry import CHECKS

SPEAKING = {"judge", "grade", "undecided"}
NOT_FIGURES = {"case", "said_by", "only_beside", "mutes", "proposals", "notes", "evidence", "lines"}
JUDGES = {check.id: check.judge for check in CHECKS}


@cache
def functions(source: str) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}


@cache
def closure(rule: str) -> list[ast.FunctionDef]:
    """The judge of a rule and every function of its module it calls, directly or not."""
    known = functions(inspect.getsource(inspect.getmodule(JUDGES[rule])))
    reached = [JUDGES[rule].__name__]
    for name in reached:
        called = {node.id for node in ast.walk(known[name]) if isinstance(node, ast.Name)}
        reached += sorted(called & known.keys() - set(reached))
    return [known[name] for name in reached]


def walk(rule: str, kind: type) -> Iterator[Any]:
    return (node for node in nodes(rule) if isinstance(node, kind))


@cache
def nodes(rule: str) -> list[ast.AST]:
    return [node for function in closure(rule) for node in ast.walk(function)]


@cache
def calls(rule: str) -> list[ast.Call]:
    return [call for call in walk(rule, ast.Call) if isinstance(call.func, ast.Name) and call.func.id in SPEAKING]


def constant_case(call: ast.Call) -> str | None:
    stated = [word.value for word in call.keywords if word.arg == "case"] or call.args[1:2]
    return stated[0].value if stated and isinstance(stated[0], ast.Constant) else None


@cache
def figure_dicts(rule: str) -> dict[str, ast.expr]:
    """Keys of dictionaries named ``figures``, spread from one, or written by subscript."""
    found: dict[str, ast.expr] = {}
    for node in walk(rule, ast.Assign):
        target = node.targets[0]
        if isinstance(target, ast.Subscript) and getattr(target.value, "id", "") == "figures":
            found[target.slice.value] = node.value
        elif isinstance(node.value, ast.Dict) and getattr(target, "id", "") == "figures":
            found |= keys(node.value)
    spread = [d for d in walk(rule, ast.Dict) if None in d.keys]
    return found | {key: value for node in spread for key, value in keys(node).items()}


def keys(node: ast.Dict) -> dict[str, ast.expr]:
    return {key.value: value for key, value in zip(node.keys, node.values, strict=True) if key is not None}


@cache
def told(rule: str, case: str | None = None) -> dict[str, ast.expr]:
    """The figures a check may pass, for one case or for all."""
    mine = [call for call in calls(rule) if case is not None and constant_case(call) == case]
    found = {word.arg: word.value for call in mine or calls(rule) for word in call.keywords if word.arg}
    return {name: value for name, value in (figure_dicts(rule) | found).items() if name not in NOT_FIGURES}


def may_be_none(value: ast.expr | None) -> bool:
    branches = (value.body, value.orelse) if isinstance(value, ast.IfExp) else ()
    return any(isinstance(branch, ast.Constant) and branch.value is None for branch in branches)


def told_notes(rule: str) -> set[str]:
    """``("name",) if ... else ()`` and the keys of a ``*_notes`` function: the two ways a check adds a note."""
    branches = [branch for node in walk(rule, ast.IfExp) for branch in (node.body, node.orelse)]
    single = [item.elts[0] for item in branches if isinstance(item, ast.Tuple) and len(item.elts) == 1]
    named = {item.value for item in single if isinstance(item, ast.Constant)}
    listed = [d for f in closure(rule) if f.name.endswith("_notes") for d in ast.walk(f) if isinstance(d, ast.Dict)]
    return named | {key for node in listed for key in keys(node)}
