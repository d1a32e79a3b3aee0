"""The results for people, for programs (JSON), and for continuous integration (JUnit)."""

from collections import Counter
from collections.abc import Iterable
from typing import Any
from xml.etree import ElementTree

from cds_service.conformance.results import Result, Status


def as_text(url: str, results: Iterable[Result]) -> str:
    """One line per row: id, level, verdict, what is asked, why."""
    found = tuple(results)
    lines = [f"CDS Hooks conformance of {url}", ""]
    for one in found:
        lines.append(f"{one.row.id:8} {one.row.level:9} {one.status.value:4}  {one.row.says}")
        if one.status is not Status.PASS:
            lines.append(f"{'':24}{printable(one.why)}")
    return "\n".join([*lines, "", summary(found)])


def summary(results: Iterable[Result]) -> str:
    """How many rows came out how."""
    counts = Counter(one.status for one in results)
    return ", ".join(f"{counts[status]} {status.value}" for status in Status)


def as_json(url: str, results: Iterable[Result]) -> dict[str, Any]:
    """The same as data."""
    found = tuple(results)
    counts = Counter(one.status for one in found)
    return {
        "url": url,
        "counts": {status.value: counts[status] for status in Status},
        "rows": [
            {"id": r.row.id, "level": r.row.level, "status": r.status.value, "says": r.row.says, "why": r.why}
            for r in found
        ],
    }


def as_junit(url: str, results: Iterable[Result]) -> bytes:
    """The same as a JUnit test suite; a warning is a passed test with its words in system-out."""
    found = tuple(results)
    counts = Counter(one.status for one in found)
    suite = ElementTree.Element(
        "testsuite",
        name=f"CDS Hooks conformance of {url}",
        tests=str(len(found)),
        failures=str(counts[Status.FAIL]),
        skipped=str(counts[Status.SKIP]),
    )
    for one in found:
        case = ElementTree.SubElement(suite, "testcase", classname=one.row.id.split("-")[0], name=_name(one))
        if one.status in (Status.FAIL, Status.SKIP):
            kind = {Status.FAIL: "failure", Status.SKIP: "skipped"}[one.status]
            ElementTree.SubElement(case, kind, message=printable(one.why))
        elif one.status is Status.WARN:
            ElementTree.SubElement(case, "system-out").text = printable(one.why)
    return bytes(ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True))


def printable(text: str) -> str:
    """Text of a foreign service, so that it cannot steer a terminal or break XML."""
    return "".join(character if character.isprintable() else "?" for character in text)[:500]


def _name(result: Result) -> str:
    return f"{result.row.id} {result.row.level}: {result.row.says}"
