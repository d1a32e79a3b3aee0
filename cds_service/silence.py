"""Shadow mode: silent rules are asked like all others, and what they say is reported and not shown.

What is shown is what would be shown if the silent rules did not exist. So the others are asked again without them: a
rule that a silent one would mute, or speak for, is heard.
"""

from collections.abc import Callable
from dataclasses import dataclass

from fhir_mappers.record.patient_record import PatientRecord
from hooks.check import Check
from hooks.evaluate import Broken, Finding, Findings, Guideline, evaluate


@dataclass(frozen=True, slots=True)
class Asked:
    """What a call found.

    Attributes:
        findings: of every rule, in the order of the checks: the silent ones as they would speak among all, the others
            as they are shown.
        aloud: of the rules that are not silent; cards are made of these.
        aside: of the silent rules.
    """

    findings: Findings
    aloud: Findings
    aside: Findings = Findings()  # noqa: RUF009  # immutable


def ask(
    checks: tuple[Check, ...],
    record: PatientRecord,
    guideline: Guideline,
    hushed: frozenset[str],
    on_error: Callable[[str, Exception], None],
) -> Asked:
    """Ask every check, and say apart what the ``hushed`` rules found."""
    everything = evaluate(checks, record, guideline, on_error)
    if not hushed:
        return Asked(everything, everything)
    aloud = evaluate([check for check in checks if check.id not in hushed], record, guideline)
    aside = _only(everything, hushed)
    return Asked(_merged(checks, aloud, aside), aloud, aside)


def _only(findings: Findings, rules: frozenset[str]) -> Findings:
    found = (finding for finding in findings.all if finding.rule.id in rules)
    return Findings(tuple(found), tuple(broken for broken in findings.broken if broken.rule in rules))


def _merged(checks: tuple[Check, ...], aloud: Findings, aside: Findings) -> Findings:
    found: list[Finding] = []
    broken: list[Broken] = []
    for check in checks:
        found += [finding for one in (aloud, aside) for finding in one.all if finding.rule.id == check.id]
        broken += [each for one in (aloud, aside) for each in one.broken if each.rule == check.id]
    return Findings(tuple(found), tuple(broken))
