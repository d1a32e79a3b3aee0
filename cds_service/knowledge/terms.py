"""Codes for other programs: our code systems, a value set for each concept, and what the codes of others mean to us."""

from collections.abc import Iterable
from functools import cache

from cds_service.fhir_search import Shelf
from cds_service.knowledge.canonical import Json, resource, slug, url
from cds_service.site.code_maps import CONCEPT_SYSTEM
from fhir_mappers.terminology import BRAND_SYSTEM, LOCAL_SYSTEM, TABLES, Row, default_terminology, read_table

_LOCAL = {"en": "Codes for what no published system has", "fr": "Codes de ce qu'aucun système publié ne contient"}
_CONCEPTS = {"en": "Concepts that rules look at", "fr": "Concepts que regardent les règles"}
_MAP = {"en": "What codes mean: codes of others to concepts", "fr": "Sens des codes : des codes externes aux concepts"}


@cache
def code_systems() -> Shelf:
    """Our two code systems: local codes, and the names of concepts that a site may map its own codes to."""
    local = {row.code: _defined(row.code, row.display) for row in _rows() if row.system == LOCAL_SYSTEM}
    concepts = [_defined(name, name.replace("_", " ")) for name in sorted(default_terminology().known)]
    bone = _code_system("bone", LOCAL_SYSTEM, _LOCAL, list(local.values()))
    return {"bone": bone, "concept": _code_system("concept", CONCEPT_SYSTEM, _CONCEPTS, concepts)}


@cache
def value_sets() -> Shelf:
    """One for each concept that has codes. What is known by its name in a text alone has none."""
    by_concept: dict[str, list[Row]] = {}
    for row in _rows():
        by_concept.setdefault(row.concept, []).append(row)
    made = (_value_set(concept, rows) for concept, rows in sorted(by_concept.items()))
    return {each["id"]: each for each in made}


@cache
def concept_maps() -> Shelf:
    """Single codes to concepts; classes of codes (an ICD or ATC beginning) are in the value sets alone.

    The concept is the same as the code or wider, which is all the tables say: ``wider`` is true of both.
    """
    by_system: dict[str, dict[str, Json]] = {}
    for row in (row for row in _rows() if row.match == "exact"):
        element = by_system.setdefault(row.system, {}).setdefault(row.code, {"code": row.code, "target": []})
        element["target"].append({"code": row.concept, "equivalence": "wider"})
    groups = [
        {"source": system, "target": CONCEPT_SYSTEM, "element": list(elements.values())}
        for system, elements in by_system.items()
    ]
    return {"concepts": resource("ConceptMap", "concepts", _MAP, group=groups)}


def _code_system(system_id: str, address: str, title: dict[str, str], concepts: list[Json]) -> Json:
    return resource(
        "CodeSystem",
        system_id,
        title,
        url=address,
        caseSensitive=True,
        content="complete",
        count=len(concepts),
        concept=concepts,
    )


def _defined(code: str, display: str) -> Json:
    return {"code": code, "display": display or code}


def _value_set(concept: str, rows: list[Row]) -> Json:
    words = concept.replace("_", " ")
    stops = [row for row in rows if row.match == "except"]
    compose = {
        "include": _listed(row for row in rows if row.match == "exact")
        + [_class(row) for row in rows if row.match == "prefix"],
        **({"exclude": [_class(row) for row in stops]} if stops else {}),
    }
    title = {"en": f"Codes that mean {words}"}
    return resource("ValueSet", slug(concept), title, url=url("ValueSet", slug(concept)), compose=compose)


def _listed(rows: Iterable[Row]) -> list[Json]:
    by_system: dict[str, dict[str, Json]] = {}
    for row in rows:
        by_system.setdefault(row.system, {})[row.code] = _defined(row.code, row.display)
    return [{"system": system, "concept": list(codes.values())} for system, codes in by_system.items()]


def _class(row: Row) -> Json:
    """Every code that begins like this one."""
    pattern = row.code.replace(".", r"\.")
    return {"system": row.system, "filter": [{"property": "code", "op": "regex", "value": f"{pattern}.*"}]}


@cache
def _rows() -> tuple[Row, ...]:
    """The rows of every table that are codes; the names of brands are not."""
    standard = (Row(r[0], r[1], r[2], r[3], r[4]) for table in TABLES for r in read_table(table))
    local = (Row(r[0], LOCAL_SYSTEM, r[1], r[2]) for r in read_table("local"))
    return tuple(row for row in (*standard, *local) if row.system != BRAND_SYSTEM)
