"""What pydantic finds wrong with a policy file, in sentences for a hospital engineer. No value is repeated."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel, ValidationError

_REMEDIES = {
    "missing": "is missing.",
    "date_type": "must be a date without quotes, for example 2026-12-01.",
    "date_from_datetime_inexact": "must be a date without a time, for example 2026-12-01.",
    "date_from_datetime_parsing": "must be a date without quotes, for example 2026-12-01.",
    "date_parsing": "must be a date without quotes, for example 2026-12-01.",
    "string_type": "must be text in quotes.",
    "string_too_short": "must not be empty.",
    "string_too_long": "is too long.",
    "string_pattern_mismatch": "must be one line of text; names have only letters, digits, points, - and _.",
    "bool_type": "must be true or false.",
    "tuple_type": "must be a list.",
    "model_type": "must be a table.",
    "too_short": "must hold at least one.",
}
_VALUE = 'must be text in quotes with its unit, for example "120 d"; only counts are bare whole numbers.'


def explained(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """One sentence per mistake, each beginning with its place: ``version 1, limit 2 (AR-DENTAL-01.freshness): ...``."""
    found = error.errors(include_url=False)
    told = [
        one for one in found if one["type"] != "too_short"
    ] or found  # a list of faulty entries also counts as empty
    said = (_sentence(one["type"], one["loc"], model) for one in told)
    return list(dict.fromkeys(said))


def _sentence(kind: str, loc: tuple[int | str, ...], model: type[BaseModel]) -> str:
    steps, known = _walk(loc, model)
    *above, last = steps
    place = f"{', '.join(above)}: " if above else ""
    if kind == "extra_forbidden":
        near = get_close_matches(last, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}."
        return f"{place}{last} is not known here; {hint}"
    if last == "value":
        return f"{place}{last} {_VALUE if kind != 'missing' else _REMEDIES[kind]}"
    return f"{place}{last} {_REMEDIES.get(kind, 'is not as it must be.')}"


def _walk(loc: tuple[int | str, ...], model: type[BaseModel]) -> tuple[list[str], list[str]]:
    """The place in words, and the names that are known where it ends. Positions are counted from 1."""
    steps: list[str] = []
    here: Any = model
    known = list(_names(model))
    for step in loc:
        if isinstance(step, int):
            steps[-1] = f"{steps[-1]} {step + 1}"
        elif step in known or here is not None:
            steps.append(step)
            known = list(_names(here)) if here is not None else known
            here = _below(here, step)
    return steps or ["the file"], known


def _names(model: type[BaseModel]) -> Iterator[str]:
    yield from (field.alias or name for name, field in model.model_fields.items())


def _below(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    """The kind of table that stands under a name; None where it is no table."""
    hints = get_type_hints(model)
    for field, info in model.model_fields.items():
        if name == (info.alias or field):
            return next((kind for kind in _kinds(hints[field]) if isinstance(kind, type)), None)
    return None


def _kinds(hint: Any) -> Iterator[Any]:
    """Every table type somewhere in an annotation."""
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        yield hint
    for inner in get_args(hint):
        yield from _kinds(inner)
