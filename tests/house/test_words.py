"""Everything that is said has its words in both languages, and no word stands unused.

What is used is read from the source (``words``), from the tables (override reasons, cards, units) and from patients
that are evaluated. The last tests show each of these checks biting.
"""

import copy
import importlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cds_service.sandbox.scenarios import Scenario, hook_request_bytes, scenarios
from fhir_mappers.build import build_record
from fhir_mappers.conventions import default_conventions
from fhir_mappers.formulary import default_formulary
from fhir_mappers.record import concepts as c
from fhir_mappers.record import concepts_intervention as ci
from fhir_mappers.record import concepts_radiotherapy as rt
from fhir_mappers.record import products
from fhir_mappers.record.answer import REASONS
from fhir_mappers.record.patient_record import PatientRecord
from fhir_mappers.record.proposals import Names
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.terminology import default_terminology, read_table
from hooks.checks import kidney
from hooks.evaluate import Finding, Guideline, evaluate
from hooks.registry import CHECKS
from hooks.request import HookRequest
from hooks.texts import load_texts
from tests.hooks.said import SUBJECTS
from tests.house.words import lacking, named_in, one_sided, spoken_in, surplus
from tests.support.bedside import RULES, Bedside
from tests.support.specials import SPECIALS

ROOT = Path(__file__).resolve().parents[2]
SHARED = load_texts()[1]
SPEAKING = [f"hooks/{name}.py" for name in ("figures", "texts", "cards", "layouts", "suggestions", "withholding")]
SPEAKING += ["hooks/app_context.py", "cds_service/explain.py", "fhir_mappers/orders.py"]
SPEAKING += sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "hooks/checks").glob("[a-z]*.py"))
# Keys that are put together of parts, and the note of a piece of evidence.
CONTINUED = {"action-new-dose", "action-new-on", "action-new-dose-on", "label-remove-instead", "label-stop-instead"}
CONTINUED |= {"provisional", "sex-male", "sex-female", "sex-unknown", *(f"missing-{why}" for why in REASONS)}
# Values of evidence that are no concepts: the status of a fact a check accepts, and the two answers to a yes-or-no.
STATUSES = {"active", "recurrence", "relapse", "remission", "inactive", "resolved"}
STATUSES |= {"completed", "in-progress", "stopped", "booked", "true", "false"}
# Units in which a result may be sent or shown and that no table of ours holds.
SENT_UNITS = {"[lb_av]", "mL/min/{1.73_m2}", "kg", "umol/L", "mmol/L", "1", "wk", "{fraction}"}


def used_words() -> set[str]:
    """The sentences used, by their keys; a key that is put together counts as every sentence it can name."""
    spoken = {key for file in SPEAKING for key in spoken_in((ROOT / file).read_text(encoding="utf-8"))}
    built = {key for key in SHARED["words"] for pattern in spoken if pattern != ".+" and re.fullmatch(pattern, key)}
    return built | {pattern.replace("\\", "") for pattern in spoken if ".+" not in pattern} | CONTINUED


@cache
def names() -> set[str]:
    """Every name that can be shown."""
    read = {kind.partition(":")[2] for check in CHECKS for kind in check.reads if kind.startswith("observations:")}
    book = default_formulary()
    ordered = {item.key for items in book.services.values() for item in items} | set(book.medications)
    drugs = {products.ZOLEDRONATE, products.DENOSUMAB_INGREDIENT, *products._OTHERS}
    drugs |= {*kidney.NEPHROTOXIC, *c.KINASE_INHIBITORS, c.ANY_KINASE_INHIBITOR}  # named by the drug that is drafted
    drugs |= {*rt.HELD, *rt.COMPATIBLE, *rt.SYSTEMIC}  # named by the drug that runs or was given
    drugs |= set(SUBJECTS)
    # named by the drug that is taken
    drugs |= {*ci.VITAMIN_K_ANTAGONISTS, *ci.DIRECT_ANTICOAGULANTS, *ci.LOW_WEIGHT_HEPARINS}
    return named() | read | coded_values(read) | ordered | drugs | STATUSES | shown_by_patients()


@cache
def named() -> set[str]:
    """The names in the source of the checks and of the record."""
    found = modules("hooks/checks", "fhir_mappers/record")
    return {name for source, module in found for name in named_in(source, module)}


def modules(*folders: str) -> Iterator[tuple[str, ModuleType]]:
    for path in (path for folder in folders for path in sorted((ROOT / folder).glob("[a-z]*.py"))):
        name = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        yield path.read_text(encoding="utf-8"), importlib.import_module(name)


def coded_values(read: set[str]) -> set[str]:
    """The values a coded answer may have, by the local code system; and those of a pregnancy."""
    listed = [row[5] for row in read_table("local") if row[4] == "CodeableConcept" and row[0] in read]
    values = {value.strip().replace("-", "_") for values in listed for value in values.split("|")}
    return values | {name for name in default_terminology().known if name.startswith("pregnancy_status_")}


def shown_by_patients() -> set[str]:
    """What the findings of real patients name: evidence, coded values, gaps, lists."""
    shown = set()
    for verdict in (finding.verdict for finding in findings()):
        proofs = [*verdict.evidence, *(gap.last for gap in verdict.missing if gap.last)]
        shown |= {proof.what for proof in proofs} | {gap.what for gap in verdict.missing}
        shown |= {
            proof.value for proof in proofs if proof.value and not proof.unit and not re.search(r"\d", proof.value)
        }
        shown |= {key for figure in verdict.figures.values() if isinstance(figure, Names) for key in figure.keys}
    return shown


@cache
def findings() -> tuple[Finding, ...]:
    """Of every shipped patient, of two who have every risk and need every step, and of the special ones."""
    site = {"bodySite": [{"coding": [{"system": "http://snomed.info/sct", "code": "69536005"}]}]}
    at_risk = Bedside().stated("prednisone", "2026-06-01").ordered("bevacizumab", "2026-05-01")
    at_risk.done("radiotherapy", "2026-05-01", **site).drafts_order("zometa", "4 mg")
    hurried = Bedside().done("tooth_extraction", "2026-05-28")
    hurried.drafts_order("zometa", "4 mg", priority="stat", reason="hypercalcaemia")
    records = [*map(record_of, scenarios()), at_risk.record(), hurried.record()]
    records += [bedside().record() for bedside in SPECIALS.values()]
    guideline = Guideline(RULES, "aura-2026")
    return tuple(finding for record in records for finding in evaluate(CHECKS, record, guideline).all)


def record_of(each: Scenario) -> PatientRecord:
    call = HookRequest.parse(hook_request_bytes(each), each.hook)
    patient, drafts = call.context.patient_id, call.context.draft_orders
    return build_record(call.prefetch, drafts, None, patient, each.as_of, conventions=default_conventions())


def units() -> set[str]:
    """The units of the tables."""
    return {q.unit for rule in RULES.values() for numbers in rule.numbers.values() for q in quantities(numbers)}


def quantities(numbers: Any) -> Iterator[Quantity]:
    if isinstance(numbers, Quantity):
        yield numbers
    elif isinstance(numbers, tuple):
        yield from (found for item in numbers for found in quantities(item))
    elif is_dataclass(numbers):
        yield from (found for field in fields(numbers) for found in quantities(getattr(numbers, field.name)))


USED: Mapping[str, Callable[[], set[str]]] = {
    "words": used_words,
    "names": names,
    "cards": lambda: {check.card for check in CHECKS},
    "override": lambda: {code for rule in RULES.values() for code in rule.override},
    "units": lambda: units() | SENT_UNITS,
}
each_section = pytest.mark.parametrize("section", USED)


def test_every_section_is_looked_at() -> None:
    assert USED.keys() == SHARED.keys()


@each_section
def test_everything_that_is_said_has_words(section: str) -> None:
    assert lacking(SHARED, section, USED[section]()) == []


@each_section
def test_no_words_stand_unused(section: str) -> None:
    assert surplus(SHARED, section, USED[section]()) == []


def test_all_words_stand_in_both_languages() -> None:
    assert one_sided(SHARED) == []


def test_an_override_reason_names_its_system() -> None:
    codes = [(row["system"], row.get("code", key)) for key, row in SHARED["override"].items()]
    assert len(set(codes)) == len(codes)
    assert all(system.startswith(("http://", "https://")) for system, _ in codes)


def test_the_source_is_really_read() -> None:
    """A scan that finds nothing would let everything pass."""
    assert {"draft_order", "dose", "creatinine_serum", "bone_metastasis", "route_sc", "lung_cancer"} <= named()
    assert {"corticosteroid", "head_neck_radiotherapy", "dental_clearance_after_extraction"} <= shown_by_patients()
    assert {"and", "rests-on", "broken", "action-remove", "label-for", "label-stop-instead"} <= used_words()
    assert {"mg", "mL/min", "d", "a", "mo", "min"} <= units()


@each_section
def test_a_missing_and_a_surplus_entry_are_named(section: str) -> None:
    used = USED[section]()
    broken = copy.deepcopy(dict(SHARED))
    gone = min(set(broken[section]) & used)
    del broken[section][gone]
    broken[section]["a thing nobody says"] = {"en": "x", "fr": "y"}
    assert lacking(broken, section, used) == [f"{section}.{gone}: no words"]
    assert surplus(broken, section, used) == [f"{section}.a thing nobody says: used nowhere"]


@each_section
def test_a_missing_language_and_another_figure_are_named(section: str) -> None:
    broken = copy.deepcopy(dict(SHARED))
    first, second, third = list(broken[section])[:3]
    del broken[section][first]["fr"]
    broken[section][second] = {"en": " ", "fr": "x"}
    broken[section][third] = {"en": "on {day}", "fr": "le {date}"}
    assert [sentence for sentence in one_sided(broken) if sentence.startswith(f"{section}.")] == [
        f"{section}.{first}: not in both languages",
        f"{section}.{second}: not in both languages",
        f"{section}.{third}: other figures",
    ]


def test_a_new_name_in_a_check_is_seen() -> None:
    source = "Missing('hair', ABSENT)\nd.evidence('nails' if x else 'skin')\nr.any_of((), what=ORDERS)\nNames(unknown)"
    assert set(named_in(source, kidney)) == {"hair", "nails", "skin", "medicationRequests"}
    assert list(named_in("r.has(*c.SEVERAL)\nr.taking(c.SEVERAL[1])", ModuleType("empty"))) == []
    assert list(spoken_in('say("a-b"); x.word(f"c-{d}"); e = "action-f"')) == [r"a\-b", r"c\-.+", r"action\-f"]
