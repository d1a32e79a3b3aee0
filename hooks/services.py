"""The explicit list of CDS services. Their prefetch templates are derived from what their checks read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from fhir_mappers.terminology import LOCAL_SYSTEM, LOINC, Terminology, default_terminology, read_table
from hooks.check import Check
from hooks.limits import Rule, in_use, load_rules
from hooks.preferences import offered
from hooks.registry import CHECKS
from hooks.texts import load_texts

_PATIENT = "{{context.patientId}}"
_ORDER = (
    "patient",
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
_SEARCHES = {
    "patient": f"Patient/{_PATIENT}",
    "conditions": f"Condition?patient={_PATIENT}",
    "medicationRequests": f"MedicationRequest?patient={_PATIENT}",
    "medicationStatements": f"MedicationStatement?patient={_PATIENT}",
    "medicationAdministrations": f"MedicationAdministration?patient={_PATIENT}",
    "procedures": f"Procedure?patient={_PATIENT}",
    "serviceRequests": f"ServiceRequest?patient={_PATIENT}",
    "allergies": f"AllergyIntolerance?patient={_PATIENT}",
    "appointments": f"Appointment?patient={_PATIENT}",
    "carePlans": f"CarePlan?patient={_PATIENT}",
    "questionnaireResponses": f"QuestionnaireResponse?patient={_PATIENT}",
    "diagnosticReports": f"DiagnosticReport?patient={_PATIENT}",
}


@dataclass(frozen=True, slots=True)
class Service:
    """One CDS service: an id of its own, one hook, and the checks whose rules name that hook. ``extension`` tells what
    a caller may ask of it.
    """

    id: str
    hook: str
    title: str
    description: str
    checks: tuple[Check, ...]
    prefetch: Mapping[str, str]
    usage_requirements: str = (
        "FHIR R4. Indication and rhythm for lung cancer with bone metastases; safety for any malignant bone disease. "
        "Data that are not sent are reported as not checked, never as normal."
    )
    extension: Mapping[str, Any] = field(default_factory=dict)


_DECLARED = (
    (
        "bone-order-sign",
        "order-sign",
        "Bone treatment: order check",
        "Checks antiresorptive orders before signature: dose by clearance, contraindications, product, dental and renal"
        " steps, bridge when denosumab stops.",
    ),
    (
        "bone-order-select",
        "order-select",
        "Bone treatment: order selection",
        "Checks the selected antiresorptive orders while they are being written.",
    ),
    (
        "bone-patient-view",
        "patient-view",
        "Bone treatment: patient overview",
        "Tells what is due when a chart opens: bone treatment not started, overdue, unsafe, or stopped without bridge.",
    ),
    (
        "bone-encounter-discharge",
        "encounter-discharge",
        "Bone treatment: discharge",
        "Tells what a discharge must not forget: treatment after a skeletal event, bridge, calcium, instructions.",
    ),
    (
        "bone-appointment-book",
        "appointment-book",
        "Bone treatment: appointments",
        "Checks appointments that concern the bones or the jaw: extraction, sampling of bone markers.",
    ),
    (
        "bone-medication-refill",
        "medication-refill",
        "Bone treatment: renewal",
        "Checks renewals of bone treatment: overdue doses, spacing, vitamin D, dental follow-up, two-year review.",
    ),
)


@cache
def shipped_rules() -> Mapping[str, Rule]:
    """Every rule as delivered, read once: only a release changes them.

    Raises:
        BadTable: a guideline table does not fit.
    """
    return MappingProxyType(load_rules(CHECKS))


@cache
def services() -> tuple[Service, ...]:
    """All services, in the order of discovery."""
    return services_with(default_terminology())


def services_with(terminology: Terminology) -> tuple[Service, ...]:
    """The same services for a site: what is asked of the EHR includes the codes of its own laboratory."""
    rules = shipped_rules()
    return tuple(_service(*declared, rules, terminology) for declared in _DECLARED)


def _service(
    service_id: str, hook: str, title: str, description: str, rules: Mapping[str, Rule], terminology: Terminology
) -> Service:
    checks = tuple(check for check in in_use(CHECKS, rules) if hook in rules[check.id].hooks)
    headings = load_texts()[1]["cards"]
    kinds = {check.card: headings[check.card]["en"] for check in checks}
    return Service(
        service_id,
        hook,
        title,
        description,
        checks,
        prefetch_templates(checks, terminology),
        extension=offered(hook, kinds.items()),
    )


def prefetch_templates(checks: Iterable[Check], terminology: Terminology | None = None) -> dict[str, str]:
    """The templates of exactly what the checks read, within the query subset of the specification.

    Raises:
        ValueError: a check reads a kind of data we do not ask for, or a concept without codes: it would never come.
    """
    return templates_for((name for check in checks for name in check.reads), terminology)


def templates_for(names: Iterable[str], terminology: Terminology | None = None) -> dict[str, str]:
    """The same for names as in `Check.reads`.

    Raises:
        ValueError: as `prefetch_templates`.
    """
    reads = dict.fromkeys(names)
    concepts = [name.removeprefix("observations:") for name in reads if name.startswith("observations:")]
    kinds = {name for name in reads if not name.startswith("observations:")} | {"patient"}
    if concepts:
        kinds.add("observations")
    if unknown := kinds - set(_ORDER):
        raise ValueError(f"no prefetch template for {', '.join(sorted(unknown))}")
    if _answered_by_form() & set(concepts):
        kinds.add("questionnaireResponses")
    known = terminology or default_terminology()
    return {
        kind: _observations(concepts, known) if kind == "observations" else _SEARCHES[kind]
        for kind in _ORDER
        if kind in kinds
    }


@cache
def _answered_by_form() -> frozenset[str]:
    """What a form can answer: its answers stand in for observations, so a service that reads one reads the other."""
    return frozenset(
        concept for concept, _, _, carrier, *_ in read_table("local") if "QuestionnaireResponse" in carrier
    )


def _observations(concepts: Iterable[str], terminology: Terminology) -> str:
    """Observations by code. Codes go without their system, to stay within the length of a URL: the reader checks it."""
    shipped, codes = default_terminology(), list[str]()
    for concept in concepts:
        found = (*shipped.codes((concept,), LOINC), *shipped.codes((concept,), LOCAL_SYSTEM))
        if not found:
            raise ValueError(f"no code to ask for {concept}")
        known = set(shipped.codings(concept))
        own = (coding.code for coding in terminology.codings(concept) if coding not in known)
        codes += (*found, *(quote(code, safe="") for code in own))
    return f"Observation?patient={_PATIENT}&code={','.join(dict.fromkeys(codes))}"
