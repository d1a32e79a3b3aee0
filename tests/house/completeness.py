"""One recommendation, one id, four rooms: what is forgotten is named. One sentence per breach, none when complete."""

import ast
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fhir_mappers.record.patient_record import PatientRecord
from fhir_mappers.terminology import LOCAL_SYSTEM, LOINC, default_terminology
from hooks.check import UNDECIDED_CASE, Check
from hooks.evaluate import Findings
from hooks.limits import EDITIONS, Rule, is_asked
from hooks.services import Service
from tests.support.watched import restricted, watched

Table = Mapping[str, Any]


def unlisted_checks(folder: Path, checks: Iterable[Check]) -> list[str]:
    """Public functions of ``hooks/checks`` that return a Verdict and stand in no list."""
    listed = {(check.judge.__module__.rpartition(".")[2], check.judge.__name__) for check in checks}
    return [
        f"hooks/checks/{path.name}:{node.lineno}: {node.name} returns a Verdict and is in no list"
        for path in sorted(folder.glob("*.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and _returns_verdict(node)
        if (path.stem, node.name) not in listed
    ]


def listed_twice(checks: Iterable[Check]) -> list[str]:
    """Rule ids that stand in the list more than once."""
    ids = [check.id for check in checks]
    return [f"{rule}: listed twice" for rule in sorted({rule for rule in ids if ids.count(rule) > 1})]


def rooms_without_the_rule(root: Path, checks: Iterable[Check]) -> list[str]:
    """Rooms of its stem a rule is missing from: table, text, test and the docstring that points at the table."""
    breaches = []
    for check in checks:
        stem = _stem(check)
        tests = _tests(root, stem)
        rooms = {
            f"hooks/guidelines/{stem}.toml": f"[{check.id}]" in _text(root / f"hooks/guidelines/{stem}.toml"),
            f"hooks/texts/{stem}.toml": f"[{check.id}]" in _text(root / f"hooks/texts/{stem}.toml"),
            f"tests/checks/test_{stem}*.py": check.id in tests,
            "docstring": f"guidelines/{stem}.toml [{check.id}]" in (check.judge.__doc__ or ""),
        }
        breaches += [f"{check.id}: not in {room}" for room, there in rooms.items() if not there]
    return breaches


def cases_without_a_row(root: Path, tables: Mapping[str, Table], checks: Iterable[Check]) -> list[str]:
    """Severities no test of the topic draws: ``warning too_old`` in a table, or the case by its quoted name."""
    breaches = []
    for check in checks:
        tests = _tests(root, _stem(check))
        for case, severity in tables.get(check.id, {}).get("severity", {}).items():
            drawn = f"{severity} {case}" in tests or f'"{case}"' in tests
            breaches += [f"{check.id}: no test draws {severity} {case}"] if case != UNDECIDED_CASE and not drawn else []
    return breaches


def rules_without_a_check(tables: Mapping[str, Table], checks: Iterable[Check]) -> list[str]:
    """Computable and questionnaire rules without a check; informational ones with one."""
    listed = {check.id for check in checks}
    breaches = [
        f"{r}: class {t.get('class')} and no check" for r, t in tables.items() if _judged(t) and r not in listed
    ]
    breaches += [f"{r}: informational, and a check" for r, t in tables.items() if not _judged(t) and r in listed]
    return breaches + [f"{rule}: a check and no table" for rule in sorted(listed - set(tables))]


def rules_without_a_citation(tables: Mapping[str, Table]) -> list[str]:
    """What a card needs to cite a rule: title, source and strength in both languages, editions in their order."""
    breaches = []
    for rule, table in tables.items():
        editions = [row.get("id") for row in table.get("edition", ())]
        said = [("title", table.get("title")), ("strength", table.get("strength"))]
        said += [(f"source in {row.get('id')}", row.get("source")) for row in table.get("edition", ())]
        breaches += [
            f"{rule}: no {what} in {lang}" for what, text in said for lang in ("en", "fr") if not _in(text, lang)
        ]
        if not editions or editions != [e for e in EDITIONS if e in editions]:
            breaches.append(f"{rule}: editions {editions}")
        if not table.get("hooks"):
            breaches.append(f"{rule}: no hook")
        if _judged(table) and not (table.get("severity") and table.get("override")):
            breaches.append(f"{rule}: no severity or no reason to override")
        if not _judged(table) and not table.get("said_in"):
            breaches.append(f"{rule}: informational, and said nowhere")
    return breaches


def tables_of(folder: Path) -> dict[str, Table]:
    """Every rule of every guideline table, as it was written."""
    files = (path for path in sorted(folder.glob("*.toml")) if path.name != "editions.toml")
    return {rule: table for path in files for rule, table in tomllib.loads(path.read_text("utf-8")).items()}


def undeclared_reads(checks: Iterable[Check], seen: Mapping[str, set[str]]) -> list[str]:
    """What a check looked at (`touched`) without saying so in ``reads``."""
    return [
        f"{check.id}: reads {name} undeclared" for check in checks for name in sorted(seen[check.id] - _allowed(check))
    ]


def hidden_reads(checks: Iterable[Check], records: Mapping[str, PatientRecord], rules: Mapping[str, Rule]) -> list[str]:
    """Verdicts that change when only what the check declares is there."""
    breaches = []
    for check in checks:
        for name, record in records.items():
            if not _is_asked(check, record):
                continue
            whole, part = (_verdicts(check, r, rules) for r in (record, restricted(record, check.reads)))
            breaches += [f"{check.id}: judges {name} by data it does not declare"] if whole != part else []
    return breaches


def idle_reads(checks: Iterable[Check], seen: Mapping[str, set[str]]) -> list[str]:
    """What a check declares and never looked at (`touched`); what its proposals must not repeat (orders on file) is
    excused.
    """
    return [
        f"{check.id}: declares {name} and never looks at it"
        for check in checks
        for name in sorted(set(check.reads) - seen[check.id] - {"serviceRequests"})
    ]


def surplus_prefetch(service: Service) -> list[str]:
    """What a service asks the EHR for although none of its checks declares it."""
    reads = {name for check in service.checks for name in check.reads}
    concepts = tuple(name.removeprefix("observations:") for name in reads if name.startswith("observations:"))
    terminology = default_terminology()
    known = {*terminology.codes(concepts, LOINC), *terminology.codes(concepts, LOCAL_SYSTEM)}
    asked = re.findall(r"[?&]code=([^&]*)", service.prefetch.get("observations", ""))
    surplus = [kind for kind in service.prefetch if not _is_wanted(kind, reads, known)]
    return [f"{service.id}: prefetches {kind} for no check" for kind in surplus] + [
        f"{service.id}: prefetches observations of code {code} for no check"
        for code in ",".join(asked).split(",")
        if code and code not in known
    ]


def touched(
    checks: Iterable[Check], records: Mapping[str, PatientRecord], rules: Mapping[str, Rule]
) -> dict[str, set[str]]:
    """Everything each check looks at while it judges the patients, in any edition, by rule id."""
    seen: dict[str, set[str]] = {check.id: set() for check in checks}
    for check in checks:
        for record in records.values():
            if _is_asked(check, record):
                _verdicts(check, watched(record, seen[check.id].add), rules)
    return seen


def _is_asked(check: Check, record: PatientRecord) -> bool:
    return check.about is None or any(map(check.about, record.drafts))


def _verdicts(check: Check, record: PatientRecord, rules: Mapping[str, Rule]) -> list[tuple[Any, ...]]:
    drafts = [()] if check.about is None else [(d,) for d in record.drafts if check.about(d)]
    about = [(Findings(),)] if check.sums_up else drafts
    limits = rules[check.id].numbers.values()
    found = [check.judge(record, numbers, *more) for numbers in limits for more in about]
    return [(v.outcome, v.case, frozenset((m.what, m.why) for m in v.missing), v.notes) for v in found]


def _allowed(check: Check) -> set[str]:
    """The reads, and the search for observations as such where any are read."""
    return {*check.reads, *(name.partition(":")[0] for name in check.reads)}


def _is_wanted(kind: str, reads: set[str], codes: set[str]) -> bool:
    """The patient always comes; forms come where their answers stand in for observations."""
    if kind in ("patient", "observations"):
        return kind == "patient" or bool(codes)
    return kind in reads or (kind == "questionnaireResponses" and bool(codes))


def _stem(check: Check) -> str:
    return check.judge.__module__.rpartition(".")[2]


def _tests(root: Path, stem: str) -> str:
    """The tests of a topic: every file under its first word."""
    files = sorted((root / "tests/checks").glob(f"test_{stem.split('_')[0]}*.py"))
    return "".join(path.read_text(encoding="utf-8") for path in files)


def _returns_verdict(node: ast.FunctionDef) -> bool:
    return isinstance(node.returns, ast.Name) and node.returns.id == "Verdict"


def _judged(table: Table) -> bool:
    return "class" in table and is_asked(table)


def _in(text: Any, language: str) -> bool:
    return isinstance(text, Mapping) and bool(str(text.get(language, "")).strip())


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
