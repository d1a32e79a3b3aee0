"""What the services answer at each moment, for patients to whom nothing should be said.

A chart may begin with ``begun zometa`` (six monthly doses and a running order); ``instead x had y ...`` takes every fact
about x out of what is in order and puts another one in.
"""

from hooks.evaluate import Findings, Guideline, evaluate
from hooks.services import services
from tests.support.bedside import RULES
from tests.support.charted import chart, write
from tests.support.varied import MOMENTS

WRITING = ("order-select", "order-sign", "medication-refill")
IN_ORDER = (
    "ill lung_cancer 400",
    "ill bone_metastasis 200",
    "clears 80",
    "had calcium_total 2.40 mmol/L 2",
    "had albumin_serum 40 g/L 2",
    "had vitamin_d_25oh_total 100 nmol/L 20",
    "done dental_examination 60",
    "done dental_panoramic_xray 60",
    "had dental_examination_outcome dental-cleared 60",
    "ordered cholecalciferol 300",
)
MONTHLY = (168, 140, 112, 84, 56, 28)


def in_order(row: dict[str, str]) -> dict[str, str]:
    """The row with everything in order; ``alone`` at its beginning leaves it as it stands."""
    told = [fact.strip() for fact in row["on file"].split(",") if fact.strip()]
    if told[:1] == ["alone"]:
        return {**row, "on file": ", ".join(told[1:])}
    facts = list(IN_ORDER)
    for fact in told:
        first, _, rest = fact.partition(" ")
        if first == "begun":
            facts += [f"given {rest} {days}" for days in MONTHLY] + [f"ordered {rest} 170"]
        elif first == "instead":
            what, _, fact = rest.partition(" ")
            facts = [*(known for known in facts if what not in known), fact]
        else:
            facts.append(fact)
    return {**row, "on file": ", ".join(facts)}


def asked(facts: str, drafts: str, moment: str, edition: str) -> Findings:
    """What the service of one moment answers: orders are seen where orders are written, visits where they are booked."""
    patient, parts = chart(facts), [part.strip() for part in drafts.split(";")]
    patient.moment = moment
    if moment in WRITING:
        write(patient, ";".join(part for part in parts if not part.startswith("visit")))
    if moment == "appointment-book":
        write(patient, ";".join(part for part in parts if part.startswith("visit")))
    checks = tuple(check for service in services() if service.hook == moment for check in service.checks)
    found = evaluate(checks, patient.record(), Guideline(RULES, edition))
    assert not found.broken, found.broken
    return found


def spoken(row: dict[str, str], edition: str, moments: tuple[str, ...] = MOMENTS) -> dict[str, list[str]]:
    """What speaks at which moment."""
    found = {moment: asked(row["on file"], row["draft"], moment, edition).speaking for moment in moments}
    return {
        moment: [f"{f.rule.id} {f.status} {f.verdict.case}" for f in speaking]
        for moment, speaking in found.items()
        if speaking
    }
