"""Local code maps: a hospital's own codes and the concepts they mean, from a CSV file or a FHIR ConceptMap.

CSV: a heading with ``system``, ``code`` and ``concept`` (other columns are ignored), commas or semicolons, UTF-8.
ConceptMap (R4 or R5): the target is a concept of ours (system `CONCEPT_SYSTEM`) or a code that the shipped value sets
know. Only a target that is equal to the source or wider counts: a narrower one would say more than the code does.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from fhir_mappers.local_codes import BadCodeMap, with_local_codes
from fhir_mappers.terminology import default_terminology

Rows = tuple[tuple[str, str, str], ...]
CONCEPT_SYSTEM = "https://osteohooks.github.io/fhir/CodeSystem/concept"
_COLUMNS = ("system", "code", "concept")
_MOST_BYTES = 20 * 1024 * 1024
# R4 says how the target relates to the source, R5 how the source relates to the target.
_USABLE = frozenset({"equal", "equivalent", "wider", "subsumes", "source-is-narrower-than-target"})
_NO_MEANING = frozenset({"unmatched", "disjoint", "not-related-to"})


def read_code_map(path: Path) -> Rows:
    """The rows of one file: (system, code, concept), checked against the shipped value sets.

    Raises:
        BadCodeMap: what is wrong, one sentence each, without the path.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadCodeMap((f"it cannot be read: {error.strerror}.",)) from None
    if len(content) > _MOST_BYTES:
        raise BadCodeMap((f"it is larger than {_MOST_BYTES // 1024 // 1024} MB.",))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadCodeMap(("it is not UTF-8 text; a spreadsheet offers this as 'CSV UTF-8'.",)) from None
    rows = _concept_map(text) if text.lstrip().startswith("{") else _table(text)
    with_local_codes(default_terminology(), rows)
    return rows


def _table(text: str) -> Rows:
    heading = text.partition("\n")[0]
    reader = csv.DictReader(StringIO(text), delimiter=";" if heading.count(";") > heading.count(",") else ",")
    names = {name.strip().casefold(): name for name in reader.fieldnames or () if name}
    if lacking := [name for name in _COLUMNS if name not in names]:
        raise BadCodeMap((f"its heading lacks {', '.join(lacking)}; the first line must be: system,code,concept.",))
    lines = [tuple((line[names[name]] or "").strip() for name in _COLUMNS) for line in reader]
    return tuple((system, code, concept) for system, code, concept in lines if system or code or concept)


def _concept_map(text: str) -> Rows:
    try:
        sent = json.loads(text)
    except (ValueError, RecursionError):
        raise BadCodeMap(("it is no readable JSON.",)) from None
    if sent.get("resourceType") != "ConceptMap":
        raise BadCodeMap(("it is JSON but no FHIR ConceptMap.",))
    if sent.get("status") == "retired":
        raise BadCodeMap(("its status is retired.",))
    found = [
        _meaning(group, element, target)
        for group in _objects(sent, "group")
        for element in _objects(group, "element")
        for target in _objects(element, "target")
    ]
    problems = tuple(one for one in found if isinstance(one, str))
    rows = tuple(row for one in found if not isinstance(one, str) for row in one)
    if problems or not rows:
        raise BadCodeMap(problems or ("it maps nothing.",))
    return rows


def _meaning(group: Mapping[str, Any], element: Mapping[str, Any], target: Mapping[str, Any]) -> str | Rows:
    """The rows of one mapping; a sentence where it cannot be used."""
    relation = str(target.get("relationship") or target.get("equivalence") or "")
    if relation in _NO_MEANING:
        return ()
    source, code = _uri(group, "source"), str(element.get("code") or "")
    into, meant = _uri(group, "target"), str(target.get("code") or "")
    where = f"{source}|{code} -> {into}|{meant}"
    if relation not in _USABLE:
        return (
            f"{where}: '{relation}' is not enough. The target must be the same (equivalent) or wider: otherwise a "
            "result or drug would be taken for something it may not be."
        )
    concepts = (meant,) if into == CONCEPT_SYSTEM else default_terminology().concepts(into, meant)
    if not concepts:
        return f"{where}: the shipped value sets do not know the target."
    return tuple((source, code, concept) for concept in concepts)


def _uri(group: Mapping[str, Any], name: str) -> str:
    """A code system without the version that R5 may add."""
    return str(group.get(name) or "").partition("|")[0]


def _objects(holder: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    found = holder.get(name)
    yield from (one for one in (found if isinstance(found, list) else ()) if isinstance(one, dict))
