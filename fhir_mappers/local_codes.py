"""A site's own codes: (system, code, concept) rows beside the shipped value sets.

They add to what the value sets know and never change what a code means already.
"""

from collections.abc import Iterable
from difflib import get_close_matches

from fhir_mappers.terminology import LONGEST_CODE, Row, Terminology, canonical_system

_LONGEST_SYSTEM = 200


class BadCodeMap(ValueError):
    """A local code map that must not be used; ``problems`` holds one sentence per row."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("local code map, " + "; ".join(problems))
        self.problems = problems


def with_local_codes(shipped: Terminology, rows: Iterable[tuple[str, str, str]]) -> Terminology:
    """A copy that knows a site's codes too. What a code already means stays; the same row twice does no harm.

    Raises:
        BadCodeMap: naming every row that must not be added, and why.
    """
    added: dict[tuple[str, str], list[Row]] = {}
    problems: list[str] = []
    for number, (system, code, concept) in enumerate(rows, 1):
        key = (canonical_system(system), code.strip())
        meant = (*shipped.concepts(*key), *(row.concept for row in added.get(key, ())))
        if wrong := _refusal(shipped, key, concept, meant):
            problems.append(f"row {number}: {wrong}")
        elif concept not in meant:
            added.setdefault(key, []).append(Row(concept, *key, ""))
    if problems:
        raise BadCodeMap(tuple(problems))
    return shipped.extended(row for found in added.values() for row in found) if added else shipped


def _refusal(shipped: Terminology, key: tuple[str, str], concept: str, meant: tuple[str, ...]) -> str | None:
    """Why a code may not be given this meaning beside those it has."""
    system, code = key
    if concept not in shipped.known:
        near = get_close_matches(concept, shipped.known, n=1)
        return f"{concept!r} is no known concept ({system}|{code}).{f' Did you mean {near[0]}?' if near else ''}"
    if not system or not code:
        return f"system and code are both needed ({concept})."
    if len(code) > LONGEST_CODE or len(system) > _LONGEST_SYSTEM:
        return f"{code[:20]}... is longer than a code or its system can be."
    if meant and concept not in meant and not any(frozenset((concept, one)) in shipped.companions for one in meant):
        return f"{system}|{code} already means {', '.join(meant)}; it cannot mean {concept} too."
    return None
