"""Shipped patients asked again, to see that the rules still answer what they must: at `/readyz` and by the doctor.

Always with the newest edition and on the day of the scenario, whatever the installation uses: the answer is known.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cds_service.operations.health import OK, Part, Status
from cds_service.pipeline import Parts, Reply, advise
from cds_service.sandbox.scenarios import hook_request_bytes, scenario
from fhir_mappers.record.quantity import Quantity
from hooks.check import Outcome
from hooks.choices import DEFAULT_EDITION, LANGUAGES
from hooks.request import HookRequest
from hooks.services import services


@dataclass(frozen=True, slots=True)
class Expected:
    """What one scenario must be told: the rules that fire, and the dose that is proposed, if one is."""

    fires: frozenset[str]
    dose: Quantity | None = None


CASES: Mapping[str, Expected] = {
    "lung-zol-clearance-42": Expected(frozenset({"ZOL-DOSE-01", "AR-DENTAL-01"}), Quantity.of("3.3 mg")),
    "lung-zol-clearance-28": Expected(frozenset({"ZOL-CI-01"})),
    "lung-zol-all-clear": Expected(frozenset()),
    "lung-denosumab-stopped-no-bridge": Expected(frozenset({"BRIDGE-02"})),
}
"""A dose that changes, a contraindication, a silence that must stay silent, and another service."""


def differences(parts: Parts) -> Iterator[str]:
    """One sentence for each scenario that is not answered as it must be; nothing of a patient in it."""
    for name, expected in CASES.items():
        found = _ask(name, parts)
        fired = {f.rule.id for f in found.findings.all if f.verdict.outcome is Outcome.DUE}
        if fired != expected.fires:
            yield f"{name}: {_listed(fired)} fired instead of {_listed(expected.fires)}"
        elif found.findings.broken:
            yield f"{name}: {_listed({broken.rule for broken in found.findings.broken})} broke"
        elif expected.dose is not None and expected.dose not in _doses(found):
            yield f"{name}: another dose than {expected.dose}"


def warm_up(parts: Parts) -> None:
    """Fill every cache before the first call: afterwards the workers share them."""
    for language in LANGUAGES:
        for name in CASES:
            _ask(name, parts, language)


def as_part(parts: Parts) -> Part:
    """The verdict for `/readyz`."""
    wrong = list(differences(parts))
    return Part(Status.FAILED, f"Shipped patients are answered wrongly: {'; '.join(wrong)}.") if wrong else OK


def _ask(name: str, parts: Parts, language: str = LANGUAGES[0]) -> Reply:
    case = scenario(name)
    service = next(service for service in services() if service.id == case.service)
    call = HookRequest.parse(hook_request_bytes(case), service.hook)
    return advise(call, service, parts, language, as_of=case.as_of, edition=DEFAULT_EDITION)


def _doses(reply: Reply) -> list[Quantity]:
    figures = [value for finding in reply.findings.speaking for value in finding.verdict.figures.values()]
    return [value for value in figures if isinstance(value, Quantity)]


def _listed(rules: set[str] | frozenset[str]) -> str:
    return ", ".join(sorted(rules)) or "nothing"
