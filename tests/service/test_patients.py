"""The synthetic patients: valid, coherent, complete, and the same after they are moved in time."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any
from uuid import UUID

import pytest
from fhir.resources.R4B.bundle import Bundle

from cds_service.sandbox import scenarios as sandbox
from fhir_mappers.terminology import default_terminology
from hooks.exact_json import dumps_exact
from hooks.request import HookRequest

PATIENTS = files("cds_service.sandbox") / "patients"
FILES = sorted(path.name for path in PATIENTS.iterdir() if path.name.endswith(".json"))
RECORDS = [name.removesuffix(".json") for name in FILES if ".drafts." not in name]
SCENARIOS = [pytest.param(known, id=known.id) for known in sandbox.scenarios()]

PROMISED = [
    "lung-zol-clearance-42",
    "lung-zol-clearance-28",
    "lung-zol-all-clear",
    "lung-zol-renewal-monthly",
    "lung-hypercalcaemia-emergency",
    "lung-zol-8mg",
    "lung-zol-infusion-10-min",
    "breast-zol-product-unknown",
    "breast-aclasta-in-bone-metastases",
    "osteoporosis-aclasta-no-cancer",
    "osteoporosis-prolia-no-cancer",
    "prostate-prolia-in-bone-metastases",
    "lung-xgeva-start",
    "lung-xgeva-stop",
    "lung-xgeva-stop-clearance-25",
    "lung-bone-metastases-untreated",
    "lung-fracture-untreated",
    "prostate-xgeva-overdue",
    "lung-zol-kidney-failing",
    "myeloma-us-zol-mgdl",
    "lung-extraction-3-weeks-ago",
    "lung-zol-infusion-15-min",
    "breast-long-history",
    "lung-preliminary-creatinine",
    "lung-vitamin-d-15",
    "lung-vitamin-d-course-running",
    "lung-vitamin-d-course-complete",
    "lung-vitamin-d-awaited",
    "breast-hypocalcaemia-severe",
    "myeloma-us-hypocalcaemia-mild",
    "breast-onj-exposed-bone",
    "prostate-tooth-extraction-booked",
    "lung-ctx-booked-after-nine",
    "lung-xgeva-two-years",
    "lung-zol-cisplatin-pemetrexed",
    "lung-xgeva-before-pembrolizumab",
    "lung-hypercalcaemia-untreated",
    "lung-xgeva-refill",
    "lung-fracture-discharge",
    "lung-cord-compression",
    "lung-cord-compression-under-way",
    "lung-femur-mirels-10",
]
OUTSIDE = {sandbox.PRACTITIONER, "Organization/syn-hospital"}  # named by the records, not part of them
LABORATORY_OF_ITS_OWN = ("https://hopital-fictif.example.org/", "https://fictional-hospital.example.org/")
STRUCTURE = ("http://terminology.hl7.org/CodeSystem/", "urn:ietf:bcp:47", "http://unitsofmeasure.org")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}([+-]\d{2}:\d{2}|Z))?")
WEIGHT, CREATININE = {"29463-7"}, {"14682-9", "2160-0"}


@cache
def bundle(name: str) -> Any:
    return json.loads((PATIENTS / name).read_text(encoding="utf-8"), parse_float=Decimal)


def resources(name: str) -> list[Any]:
    return [entry["resource"] for entry in bundle(name)["entry"]]


def drafts_of(record: str) -> list[Any]:
    return resources(f"{record}.drafts.json") if f"{record}.drafts.json" in FILES else []


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every primitive with its path; indexes are left out of the path."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from leaves(member, f"{path}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, path)
    else:
        yield path, value


def codings(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        if "code" in value and "system" in value and "value" not in value:
            yield value
        for member in value.values():
            yield from codings(member)
    elif isinstance(value, list):
        for item in value:
            yield from codings(item)


# ---- the files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_is_a_valid_r4_collection(name: str) -> None:
    text = (PATIENTS / name).read_text(encoding="utf-8")
    assert Bundle.model_validate_json(text).type == "collection"
    assert bundle(name)["meta"]["tag"][0]["code"] == "HTEST"


def test_enough_patients_and_enough_variety() -> None:
    everyone = [resources(f"{record}.json") for record in RECORDS]
    assert len(everyone) >= 18
    assert {patient[0]["gender"] for patient in everyone} == {"male", "female"}
    beginnings = Counter(record.split("-")[0] for record in RECORDS)
    assert set(beginnings) == {"lung", "breast", "prostate", "myeloma", "osteoporosis"}
    assert beginnings["lung"] > len(RECORDS) / 2
    assert {known.habits for known in sandbox.scenarios()} == {"fr", "us"}


def test_one_record_has_years_of_history_and_stays_small() -> None:
    record = resources("breast-long-history.json")
    assert len(record) > 2000
    assert len((PATIENTS / "breast-long-history.json").read_bytes()) < 1_300_000
    observed = sorted(r["effectiveDateTime"][:10] for r in record if r["resourceType"] == "Observation")
    assert date.fromisoformat(observed[-1]) - date.fromisoformat(observed[0]) > timedelta(days=6 * 365)


def test_no_id_is_used_twice_anywhere() -> None:
    used = Counter(resource["id"] for name in FILES for resource in resources(name))
    assert [identifier for identifier, times in used.items() if times > 1] == []
    assert all(identifier.startswith("syn-") for identifier in used)


@pytest.mark.parametrize("record", RECORDS)
def test_everyone_is_visibly_invented(record: str) -> None:
    patient = resources(f"{record}.json")[0]
    assert patient["resourceType"] == "Patient"
    assert patient["id"] == f"syn-{record}"
    assert [name["family"] for name in patient["name"]] == ["Testpatient"]


@pytest.mark.parametrize("record", RECORDS)
def test_references_resolve_and_mean_this_patient(record: str) -> None:
    own, ordered = resources(f"{record}.json"), drafts_of(record)
    known = {f"{r['resourceType']}/{r['id']}" for r in own + ordered} | OUTSIDE
    for resource in own + ordered:
        contained = {f"#{inner['id']}" for inner in resource.get("contained", [])}
        named = {value for path, value in leaves(resource) if path.endswith(".reference")}
        assert named <= known | contained, resource["id"]
        patients = {value for value in named if value.startswith("Patient/")}
        about_someone = resource["resourceType"] not in ("Patient", "Medication")
        assert patients == ({f"Patient/syn-{record}"} if about_someone else set()), resource["id"]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_nothing_recorded_lies_after_the_day_of_the_scenario(scenario: sandbox.Scenario) -> None:
    last = scenario.as_of.isoformat()
    record = [r for r in sandbox.record(scenario) if r["resourceType"] != "Appointment"]
    dated = [
        value for value in (v for r in record for _, v in leaves(r)) if isinstance(value, str) and DAY.fullmatch(value)
    ]
    assert dated
    assert max(dated)[:10] <= last
    booked = [r for r in sandbox.record(scenario) if r["resourceType"] == "Appointment"]
    assert all(r["created"][:10] <= last < r["start"][:10] for r in booked)
    assert all((r.get("authoredOn") or r["created"])[:10] == last for r in sandbox.drafts(scenario))


@pytest.mark.parametrize("record", RECORDS)
def test_no_dose_comes_before_its_order_and_no_fact_before_birth(record: str) -> None:
    own = resources(f"{record}.json")
    authored = {f"MedicationRequest/{r['id']}": r["authoredOn"][:10] for r in own if "authoredOn" in r}
    doses = [r for r in own if r["resourceType"] == "MedicationAdministration"]
    assert all(authored[r["request"]["reference"]] <= r["effectiveDateTime"][:10] for r in doses)
    assert min(v for r in own for _, v in leaves(r) if isinstance(v, str) and DAY.fullmatch(v)) == own[0]["birthDate"]


@pytest.mark.parametrize("name", FILES)
def test_every_code_is_in_the_value_sets(name: str) -> None:
    concepts = default_terminology().concepts
    unknown = set()
    for coding in codings(resources(name)):
        own = coding["system"].startswith(LABORATORY_OF_ITS_OWN)
        if coding["system"].startswith(STRUCTURE):
            continue
        if own == bool(concepts(coding["system"], coding["code"])):  # a hospital's own codes mean nothing to us
            unknown.add((coding["system"], coding["code"]))
    assert unknown == set()


@pytest.mark.parametrize("name", FILES)
def test_the_words_of_a_drug_agree_with_its_code(name: str) -> None:
    terminology = default_terminology()
    for resource in resources(name):
        drug = resource.get("medicationCodeableConcept", {})
        coded = {c for coding in drug.get("coding", []) for c in terminology.concepts(coding["system"], coding["code"])}
        if coded and (said := {word.split("_")[0] for word in terminology.in_text(drug["text"])}):
            assert said & {concept.split("_")[0] for concept in coded}, resource["id"]


@pytest.mark.parametrize("record", RECORDS)
def test_coding_habits_are_kept_apart(record: str) -> None:
    systems = {coding["system"] for coding in codings(resources(f"{record}.json"))}
    french = {
        "http://hl7.org/fhir/sid/icd-10",
        "http://www.whocc.no/atc",
        "https://smt.esante.gouv.fr/terminologie-ccam",
    }
    american = {
        "http://hl7.org/fhir/sid/icd-10-cm",
        "http://www.nlm.nih.gov/research/umls/rxnorm",
        "http://www.ada.org/cdt",
    }
    habits = {known.habits for known in sandbox.scenarios() if known.patient == record}
    assert habits == {"fr"} if systems & french else habits == {"us"}
    assert not (systems & french and systems & american)


# ---- the scenarios ---------------------------------------------------------------------------------------------------


def test_every_promised_scenario_is_there_and_every_file_is_used() -> None:
    ids = [known.id for known in sandbox.scenarios()]
    assert set(PROMISED) <= set(ids)
    assert len(ids) == len(set(ids))
    assert {known.patient for known in sandbox.scenarios()} == set(RECORDS)


def test_an_unknown_scenario_is_refused_with_the_known_ones() -> None:
    assert sandbox.scenario("lung-zol-clearance-42").patient == "lung-zol-clearance-42"
    with pytest.raises(KeyError, match=r"no scenario 'lung'.*lung-zol-clearance-42"):
        sandbox.scenario("lung")


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_is_told_in_both_languages_with_the_same_figures(scenario: sandbox.Scenario) -> None:
    for told in (scenario.title, scenario.shows):
        assert set(told) == {"en", "fr"}
        figures = [re.findall(r"\d+", re.sub(r"[.,  ](?=\d)", "", told[language])) for language in ("en", "fr")]
        assert sorted(figures[0]) == sorted(figures[1])
    assert scenario.service == f"bone-{scenario.hook}"


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_stated_clearance_follows_from_the_record(scenario: sandbox.Scenario) -> None:
    record = sandbox.record(scenario)
    creatinine = latest(record, CREATININE)
    if scenario.clearance is None:
        day = datetime.fromisoformat(creatinine["effectiveDateTime"]).date()
        assert scenario.as_of - day > timedelta(days=90)
        return
    both = cockcroft_gault(record[0], scenario.as_of, latest(record, WEIGHT), creatinine)
    smaller = min(both)
    exact = Decimal(smaller.numerator) / Decimal(smaller.denominator)
    assert exact.quantize(Decimal("0.1"), ROUND_HALF_UP) == scenario.clearance


def latest(record: list[Any], codes: set[str]) -> Any:
    found = [
        r
        for r in record
        if r["resourceType"] == "Observation"
        and r["status"] in ("final", "preliminary")
        and r["code"].get("coding", [{}])[0].get("code") in codes
    ]
    return max(found, key=lambda r: r["effectiveDateTime"])


def cockcroft_gault(patient: Any, day: date, weight: Any, creatinine: Any) -> tuple[Fraction, Fraction]:
    """Both published forms in mL/min, by hand and with fractions: nothing here is shared with the product."""
    born, man = date.fromisoformat(patient["birthDate"]), patient["gender"] == "male"
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    kilograms = Fraction(weight["valueQuantity"]["value"])
    kilograms *= Fraction({"kg": "1", "lb": "0.45359237"}[weight["valueQuantity"]["unit"]])
    milligrams = Fraction(creatinine["valueQuantity"]["value"])
    milligrams /= Fraction({"mg/dL": "1", "µmol/L": "88.4"}[creatinine["valueQuantity"]["unit"]])
    first = (140 - age) * kilograms / (72 * milligrams) * (1 if man else Fraction("0.85"))
    second = (140 - age) * kilograms * Fraction("1.23" if man else "1.04") / (milligrams * Fraction("88.4"))
    return first, second


# ---- the request -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_request_is_complete(scenario: sandbox.Scenario) -> None:
    body = sandbox.hook_request(scenario)
    assert set(body) == {"hook", "hookInstance", "context", "prefetch"}
    assert UUID(body["hookInstance"]).version == 5
    assert body["hookInstance"] == sandbox.hook_request(scenario)["hookInstance"]
    assert body["context"]["patientId"] == body["prefetch"]["patient"]["id"] == f"syn-{scenario.patient}"
    assert set(body["prefetch"]) == {"patient", *sandbox.PREFETCH_TYPES}
    for key, kind in sandbox.PREFETCH_TYPES.items():
        searchset = body["prefetch"][key]
        matches = [e for e in searchset.get("entry", []) if e["search"]["mode"] == "match"]
        assert searchset["total"] == len(matches) == len(of_type(sandbox.record(scenario), kind))
        assert "entry" not in searchset or searchset["entry"]


def of_type(record: list[Any], kind: str) -> list[Any]:
    return [r for r in record if r["resourceType"] == kind]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_context_is_what_the_hook_defines(scenario: sandbox.Scenario) -> None:
    context = sandbox.hook_request(scenario)["context"]
    assert set(context) == {"userId", "patientId", *MOMENTS[scenario.hook]}
    for field in MOMENTS[scenario.hook] & {"draftOrders", "medications", "appointments"}:
        drafted = [entry["resource"]["id"] for entry in context[field]["entry"]]
        assert set(scenario.drafts) <= set(drafted)
        assert scenario.drafts
    if scenario.hook == "order-select":
        assert context["selections"] == selected(scenario)


def selected(scenario: sandbox.Scenario) -> list[str]:
    """The drafts that are orders: an appointment is not signed."""
    kinds = {draft["id"]: draft["resourceType"] for draft in sandbox.drafts(scenario)}
    return [f"{kinds[draft]}/{draft}" for draft in scenario.drafts if kinds[draft] != "Appointment"]


MOMENTS = {
    "patient-view": set(),
    "order-sign": {"draftOrders"},
    "order-select": {"draftOrders", "selections"},
    "encounter-discharge": {"encounterId"},
    "appointment-book": {"appointments"},
    "medication-refill": {"medications"},
}


@pytest.mark.parametrize("hook", MOMENTS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_patient_can_be_asked_at_every_hook(scenario: sandbox.Scenario, hook: str) -> None:
    body = sandbox.hook_request(scenario, hook=hook)
    assert body["hook"] == hook
    assert set(body["context"]) == {"userId", "patientId", *MOMENTS[hook]}
    for name in MOMENTS[hook] & {"draftOrders", "appointments", "medications"}:
        bundle = body["context"][name]
        Bundle.model_validate_json(dumps_exact(bundle))
        assert "entry" not in bundle or bundle["entry"]
    if hook == "order-select":
        assert body["context"]["selections"] == selected(scenario)
    read = HookRequest.parse(sandbox.hook_request_bytes(scenario, hook=hook), hook)
    assert read.context.patient_id == f"syn-{scenario.patient}"
    if hook == scenario.hook:
        assert body == sandbox.hook_request(scenario)


@pytest.mark.parametrize(
    ("name", "renewed"),
    [
        ("lung-zol-renewal-monthly", ["syn-lrm-draft-zometa-1"]),  # what is being written
        ("prostate-xgeva-overdue", ["syn-pov-xgeva-1-renewal"]),  # nothing written: the running one again
        ("lung-xgeva-stop", ["syn-lst-xgeva-1-renewal"]),  # a stop renews nothing: what it would have been
        ("lung-xgeva-refill", ["syn-rfl-draft-xgeva-1"]),
        ("lung-xgeva-vitamin-d-test-drafted", ["syn-vdt-draft-xgeva-1"]),  # a blood test is not renewed
        ("breast-onj-exposed-bone", []),  # on hold is not running
        ("lung-bone-metastases-untreated", []),
        ("lung-denosumab-stopped-no-bridge", []),  # stopped is not running
    ],
)
def test_a_renewal_writes_the_running_antiresorptive_again(name: str, renewed: list[str]) -> None:
    on = date(2027, 1, 4)
    body = sandbox.hook_request(sandbox.scenario(name), on, "medication-refill")
    orders = [entry["resource"] for entry in body["context"]["medications"].get("entry", [])]
    orders = [order for order in orders if order["resourceType"] == "MedicationRequest"]
    assert [order["id"] for order in orders] == renewed
    for order in orders:
        assert (order["status"], order["intent"]) == ("draft", "order")
        assert order["dosageInstruction"]
        if order["id"].endswith("-renewal"):
            assert order["authoredOn"] == "2027-01-04"
            assert (
                order["priorPrescription"]["reference"] == f"MedicationRequest/{order['id'].removesuffix('-renewal')}"
            )


@pytest.mark.parametrize(
    "scenario",
    [pytest.param(s, id=s.id) for s in sandbox.scenarios() if s.hook in ("patient-view", "encounter-discharge")],
)
def test_a_view_of_the_patient_has_no_drafts(scenario: sandbox.Scenario) -> None:
    assert sandbox.drafts(scenario) == []


@pytest.mark.parametrize("hook", MOMENTS)
def test_an_appointment_is_booked_and_never_signed(hook: str) -> None:
    known = sandbox.scenario("lung-ctx-booked-after-nine")
    context = sandbox.hook_request(known, hook=hook)["context"]
    kinds = {field: {e["resource"]["resourceType"] for e in context[field].get("entry", ())} for field in
             MOMENTS[hook] & {"draftOrders", "appointments", "medications"}}  # fmt: skip
    assert all("Appointment" not in found for field, found in kinds.items() if field != "appointments")
    if hook == "appointment-book":
        assert [e["resource"]["id"] for e in context["appointments"]["entry"]] == list(known.drafts)


def test_orders_and_doses_bring_the_medication_they_name() -> None:
    prefetch = sandbox.hook_request(sandbox.scenario("lung-zol-renewal-monthly"))["prefetch"]
    for key in ("medicationRequests", "medicationAdministrations"):
        included = [e["resource"]["resourceType"] for e in prefetch[key]["entry"] if e["search"]["mode"] == "include"]
        assert included == ["Medication"]


@pytest.mark.parametrize(
    "on", [date(2026, 3, 16), date(2026, 7, 1), date(2028, 2, 29), date(2031, 1, 1), date(2024, 2, 28)]
)
def test_moving_in_time_keeps_every_interval_and_the_age(on: date) -> None:
    for known in sandbox.scenarios():
        if known.patient == "breast-long-history":
            continue
        then, now = list(leaves(sandbox.hook_request(known))), list(leaves(sandbox.hook_request(known, on)))
        moved = 0
        for (path, before), (same_path, after) in zip(then, now, strict=True):
            assert path == same_path
            if isinstance(before, str) and DAY.fullmatch(before):
                moved += 1
                assert date.fromisoformat(after[:10]) - date.fromisoformat(before[:10]) == on - known.as_of
                assert after[10:] == before[10:]
            else:
                assert after == before
        assert moved >= 10
        assert age(sandbox.record(known, on)[0], on) == age(sandbox.record(known)[0], known.as_of)


def age(patient: Any, day: date) -> int:
    born = date.fromisoformat(patient["birthDate"])
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def test_a_moved_request_is_a_copy() -> None:
    known = sandbox.scenario("lung-zol-clearance-42")
    sandbox.hook_request(known)["prefetch"]["patient"]["birthDate"] = "1900-01-01"
    assert sandbox.hook_request(known)["prefetch"]["patient"]["birthDate"] == "1957-09-04"


@pytest.mark.parametrize("on", [None, date(2027, 5, 4)])
def test_decimal_digits_survive_the_way_out(on: date | None) -> None:
    known = sandbox.scenario("lung-zol-clearance-42")
    posted = sandbox.hook_request_bytes(known, on)
    assert b'"doseQuantity":{"value":4.0,' in posted
    assert b'"valueQuantity":{"value":63.0,' in posted
    assert json.loads(posted, parse_float=Decimal) == sandbox.hook_request(known, on)
