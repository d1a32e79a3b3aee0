"""One patient at the bedside: builds the request an EHR would send from a few words, and asks the rules.

Facts are given as ``"126 umol/L @ 2026-06-01"`` (value, unit, day). Everything goes through the real FHIR readers.
"""

import itertools
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from fhir_mappers.build import build_record
from fhir_mappers.conventions import default_conventions
from fhir_mappers.record.patient_record import PatientRecord
from fhir_mappers.terminology import LOCAL_SYSTEM, default_terminology
from hooks.evaluate import ALONE, Finding, Findings, Guideline, evaluate
from hooks.exact_json import dumps_exact
from hooks.limits import load_rules
from hooks.registry import CHECKS

TODAY = date(2026, 6, 3)
RULES = load_rules(CHECKS)
KINDS = (
    "conditions",
    "observations",
    "medicationRequests",
    "medicationStatements",
    "medicationAdministrations",
    "procedures",
    "serviceRequests",
    "allergies",
    "appointments",
    "carePlans",
    "questionnaireResponses",
    "diagnosticReports",
)
UCUM = "http://unitsofmeasure.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC = "http://www.whocc.no/atc"
PRODUCTS: dict[str, dict[str, Any]] = {
    "zometa": {"text": "Zometa 4 mg/100 mL"},
    "zoledronic acid": {"coding": [{"system": RXNORM, "code": "77655"}]},
    "aclasta": {"text": "Aclasta 5 mg/100 mL"},
    "xgeva": {"text": "Xgeva"},
    "denosumab": {"coding": [{"system": RXNORM, "code": "993449"}]},
    "prolia": {"text": "Prolia"},
    "wyost": {"text": "Wyost 120 mg"},
    "pamidronate": {"coding": [{"system": RXNORM, "code": "11473"}]},
    "alendronate": {"coding": [{"system": RXNORM, "code": "46041"}]},
    "calcium carbonate": {"coding": [{"system": RXNORM, "code": "1897"}]},
    "calcium gluconate": {"coding": [{"system": RXNORM, "code": "1908"}]},
    "calcium and vitamin d": {"coding": [{"system": "http://www.whocc.no/atc", "code": "A12AX"}]},
    "paracetamol": {"coding": [{"system": RXNORM, "code": "161"}]},
    "bevacizumab": {"text": "Bevacizumab"},
    "prednisone": {"text": "Prednisone"},
    "pembrolizumab": {"text": "Pembrolizumab"},
    "cholecalciferol": {"coding": [{"system": RXNORM, "code": "2418"}]},
    "uvedose": {"text": "Uvedose"},
    "ergocalciferol": {"coding": [{"system": RXNORM, "code": "4018"}]},
    "calcifediol": {"text": "Calcifediol"},
    "fosavance": {"text": "Fosavance"},
    "calcium": {"coding": [{"system": RXNORM, "code": "1897"}]},
    "nivolumab": {"coding": [{"system": ATC, "code": "L01FF01"}]},
    "cisplatin": {"text": "Cisplatine"},
    "carboplatin": {"coding": [{"system": RXNORM, "code": "40048"}]},
    "oxaliplatin": {"coding": [{"system": ATC, "code": "L01XA03"}]},
    "pemetrexed": {"text": "Alimta"},
    "gemcitabine": {"text": "Gemcitabine"},
    "osimertinib": {"text": "Tagrisso 80 mg"},
    "crizotinib": {"coding": [{"system": ATC, "code": "L01ED01"}]},
    "egfr inhibitor": {"coding": [{"system": ATC, "code": "L01EB"}]},
    "selpercatinib": {"coding": [{"system": ATC, "code": "L01EX22"}]},
    "palbociclib": {"coding": [{"system": ATC, "code": "L01EF01"}]},
    "doxorubicin": {"coding": [{"system": ATC, "code": "L01DB01"}]},
    "bleomycin": {"text": "Bléomycine"},
    "irinotecan": {"coding": [{"system": ATC, "code": "L01CE02"}]},
    "topotecan": {"text": "Hycamtin"},
    "daunorubicin": {"text": "Cerubidine"},
    "docetaxel": {"text": "Docétaxel"},
    "dexamethasone": {"text": "Dexaméthasone"},
    "sunitinib": {"coding": [{"system": ATC, "code": "L01EX01"}]},
    "apixaban": {"text": "Eliquis 5 mg"},
    "rivaroxaban": {"coding": [{"system": ATC, "code": "B01AF01"}]},
    "edoxaban": {"coding": [{"system": ATC, "code": "B01AF03"}]},
    "dabigatran": {"coding": [{"system": ATC, "code": "B01AE07"}]},
    "bivalirudin": {"coding": [{"system": ATC, "code": "B01AE06"}]},
    "warfarin": {"coding": [{"system": ATC, "code": "B01AA03"}]},
    "fluindione": {"text": "Previscan 20 mg"},
    "enoxaparin": {"text": "Lovenox 4000 UI"},
    "tinzaparin": {"coding": [{"system": ATC, "code": "B01AB10"}]},
    "heparin": {"coding": [{"system": ATC, "code": "B01AB01"}]},
    "clopidogrel": {"coding": [{"system": ATC, "code": "B01AC04"}]},
    "aspirin": {"text": "Kardégic"},
    "cefazolin": {"coding": [{"system": ATC, "code": "J01DB04"}]},
    "clindamycin": {"coding": [{"system": ATC, "code": "J01FF01"}]},
    "vinorelbine": {"text": "Vinorelbine"},
}


def concept(name: str) -> dict[str, Any]:
    """A CodeableConcept for one of the project's concepts: its local code, else the first code of the value sets."""
    terminology = default_terminology()
    local = terminology.codes((name,), LOCAL_SYSTEM)
    if local:
        return {"coding": [{"system": LOCAL_SYSTEM, "code": local[0]}]}
    coding = terminology.codings(name)[0]
    return {"coding": [{"system": coding.system, "code": coding.code, "display": coding.display}]}


@dataclass
class Bedside:
    """A patient being built; every method returns the bedside itself."""

    today: date = TODAY
    patient: dict[str, Any] | None = field(
        default_factory=lambda: {"resourceType": "Patient", "id": "p1", "gender": "male", "birthDate": "1956-01-15"}
    )
    resources: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    drafts: list[dict[str, Any]] = field(default_factory=list)
    not_fetched: set[str] = field(default_factory=set)
    moment: str = "order-sign"
    _ids: Any = field(default_factory=lambda: itertools.count(1))

    def without(self, *kinds: str) -> "Bedside":
        """The EHR did not send these kinds of data."""
        self.not_fetched |= set(kinds)
        return self

    def person(self, *, born: str | None = None, sex: str | None = None) -> "Bedside":
        """Birth date and administrative gender."""
        assert self.patient is not None
        self.patient |= {"birthDate": born} if born else {}
        self.patient |= {"gender": sex} if sex else {}
        return self

    def observed(self, what: str, fact: str, **extra: Any) -> "Bedside":
        """A result: ``"126 umol/L @ 2026-06-01"``; a value that is no number is a concept, ``true`` a flag."""
        said, _, day = (part.strip() for part in fact.partition("@"))
        value, _, unit = said.partition(" ")
        row: dict[str, Any] = {"status": "final", "code": concept(what), **({"effectiveDateTime": day} if day else {})}
        if value in ("true", "false"):
            row["valueBoolean"] = value == "true"
        elif value[:1].isdigit() or value[:1] in "<>":
            comparator = value[0] if value[0] in "<>" else None
            row["valueQuantity"] = {
                "value": Decimal(value.lstrip("<>")),
                **({"unit": unit, "system": UCUM, "code": unit} if unit else {}),
            }
            row["valueQuantity"] |= {"comparator": comparator} if comparator else {}
        else:
            row["valueCodeableConcept"] = concept(value.replace("-", "_"))
        return self.add("observations", "Observation", row | extra)

    def ill(self, what: str, onset: str | None = None, *, status: str = "active", **extra: Any) -> "Bedside":
        """A condition."""
        row = {"code": concept(what), "clinicalStatus": {"coding": [{"code": status}]}, **extra}
        return self.add("conditions", "Condition", row | ({"onsetDateTime": onset} if onset else {}))

    def done(self, what: str, day: str | None, *, status: str = "completed", **extra: Any) -> "Bedside":
        """A procedure."""
        row = {"status": status, "code": concept(what), **extra}
        return self.add("procedures", "Procedure", row | ({"performedDateTime": day} if day else {}))

    def given(
        self, product: str, day: str, dose: str | None = None, *, status: str = "completed", **extra: Any
    ) -> "Bedside":
        """A dose given: product, day, ``"4 mg"``."""
        row: dict[str, Any] = {
            "status": status,
            "medicationCodeableConcept": PRODUCTS[product],
            "effectiveDateTime": day,
        }
        if dose:
            row["dosage"] = {"dose": quantity(dose)}
        return self.add("medicationAdministrations", "MedicationAdministration", row | extra)

    def stated(self, product: str, day: str, *, status: str = "active", **extra: Any) -> "Bedside":
        """A medication statement dated one day."""
        row = {"status": status, "medicationCodeableConcept": PRODUCTS[product], "effectiveDateTime": day}
        return self.add("medicationStatements", "MedicationStatement", row | extra)

    def ordered(
        self, product: str, day: str, dose: str | None = None, *, status: str = "active", **extra: Any
    ) -> "Bedside":
        """An order in the record, not a draft."""
        return self.add(
            "medicationRequests", "MedicationRequest", order(product, dose, status=status, authoredOn=day, **extra)
        )

    def drafts_order(self, product: str, dose: str | None = None, **extra: Any) -> "Bedside":
        """An order being drafted; see :func:`order` for what ``extra`` takes."""
        row = {"resourceType": "MedicationRequest", "id": f"d{next(self._ids)}", "subject": {"reference": "Patient/p1"}}
        self.drafts.append(row | order(product, dose, **{"status": "draft", **extra}))
        return self

    def add(self, kind: str, resource_type: str, row: dict[str, Any]) -> "Bedside":
        """Any resource of the patient."""
        subject = "patient" if resource_type in ("AllergyIntolerance",) else "subject"
        whole = {
            "resourceType": resource_type,
            "id": f"r{next(self._ids)}",
            subject: {"reference": "Patient/p1"},
            **row,
        }
        self.resources[kind].append(whole)
        return self

    def record(self) -> PatientRecord:
        """The record the real readers make of it."""
        prefetch = {k: _bundle(rows) for k, rows in self.resources.items() if k not in self.not_fetched}
        if "patient" not in self.not_fetched and self.patient is not None:
            prefetch["patient"] = _json(self.patient)
        drafts = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": d} for d in self.drafts]}
        return build_record(
            prefetch, drafts, None, "p1", self.today, conventions=default_conventions(), moment=self.moment
        )

    def findings(self, edition: str = "aura-2026") -> Findings:
        """Every rule asked, whatever its hook."""
        found = evaluate(CHECKS, self.record(), Guideline(RULES, edition or "aura-2026"))
        assert not found.broken, found.broken
        return found

    def asks(self, rule: str, edition: str = "aura-2026") -> Finding:
        """The finding of one rule (the first one, when several drafts are asked).

        Others can silence it, or it is said only beside them: where it is silent by itself they need not be asked, which
        spares most rows of a table most of their time.
        """
        check = next(each for each in CHECKS if each.id == rule)
        if not check.sums_up:
            alone = evaluate([check], self.record(), Guideline(RULES, edition or "aura-2026"))
            assert not alone.broken, alone.broken
            if not any(finding.speaks or (finding.because or "").startswith(ALONE) for finding in alone.all):
                return alone.all[0]
        return next(f for f in self.findings(edition).all if f.rule.id == rule)

    def outcome(self, rule: str, edition: str = "aura-2026") -> str:
        """``satisfied``, ``not-applicable``, or for what speaks ``severity case`` (``warning above_table``)."""
        finding = self.asks(rule, edition)
        if not finding.speaks:
            return finding.verdict.outcome.value
        said = "needs-data" if finding.status == "needs-data" else finding.severity.value
        return (
            f"{said} {finding.verdict.case}"
            if finding.status == "fires"
            else f"needs-data {','.join(m.what for m in finding.verdict.missing)}"
        )


def order(
    product: str,
    dose: str | None = None,
    *,
    every: str | None = None,
    count: int | None = None,
    over: str | None = None,
    route: str | None = None,
    reason: str | None = None,
    starts: str | None = None,
    **extra: Any,
) -> dict[str, Any]:
    """The body of a MedicationRequest: ``dose="4 mg"``, ``every="28 d"``, ``count=8``, ``over="15 min"``,
    ``route="route_sc"``, ``reason`` a concept, ``starts`` the planned first day.
    """
    repeat: dict[str, Any] = {}
    if every:
        period, _, unit = every.partition(" ")
        repeat |= {"frequency": 1, "period": Decimal(period), "periodUnit": unit}
    repeat |= {"count": count} if count else {}
    if over:
        duration, _, unit = over.partition(" ")
        repeat |= {"duration": Decimal(duration), "durationUnit": unit}
    dosage: dict[str, Any] = {"timing": {"repeat": repeat}} if repeat else {}
    if dose:
        dosage["doseAndRate"] = [{"doseQuantity": quantity(dose)}]
    if route:
        dosage["route"] = concept(route)
    row: dict[str, Any] = {"intent": "order", "medicationCodeableConcept": PRODUCTS[product]}
    row |= {"dosageInstruction": [dosage]} if dosage else {}
    row |= {"reasonCode": [concept(reason)]} if reason else {}
    row |= {"dispenseRequest": {"validityPeriod": {"start": starts}}} if starts else {}
    return row | extra


def quantity(text: str) -> dict[str, Any]:
    """A UCUM Quantity from ``"4 mg"``."""
    value, _, unit = text.partition(" ")
    return {"value": Decimal(value), "unit": unit, "system": UCUM, "code": unit}


def _bundle(resources: list[dict[str, Any]]) -> bytes:
    return _json({"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": r} for r in resources]})


def _json(value: Any) -> bytes:
    return dumps_exact(value)
