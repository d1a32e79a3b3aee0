"""What is looked for in a bone sample: antibodies, biomarkers, resistance mutations (family BIOP)."""

from dataclasses import dataclass

from fhir_mappers.record import concepts_imaging as i
from fhir_mappers.record.answer import Answer, Known, Missing, no, yes
from fhir_mappers.record.events import Procedure
from fhir_mappers.record.facts import OBSERVATIONS, REPORTS, SERVICES
from fhir_mappers.record.imaging import is_led_by, reasons
from fhir_mappers.record.ordered import detail, every, requested
from fhir_mappers.record.proposals import Names, NewService
from fhir_mappers.record.quantity import Quantity
from hooks.check import DraftOrder, PatientRecord, Unlimited, Verdict, judge, not_applicable, undecided

PANEL, RESISTANCE = NewService(("molecular_tests",)), NewService(("resistance_mutations",))
_LUNG = ("antibody_ck7", "antibody_ttf1")
_BY_MORPHOLOGY = {
    "morphology_adenocarcinoma": _LUNG,
    "morphology_undifferentiated": (*_LUNG, "antibody_p40", "stain_alcian_blue"),
}
_BY_PRIOR_CANCER = {
    "prior_prostate": ("antibody_psa",),
    "prior_breast": ("antibody_er", "antibody_pr"),
    "prior_digestive": ("antibody_ck20",),
}


def antibodies(record: PatientRecord, limits: Unlimited) -> Verdict:
    """The antibodies that fit the look of the tumour and the cancers the patient had.

    For whom  the form tells the morphology or an earlier cancer
    Holds     never: the panel is listed; where the guideline names none for this morphology, the card says so
    Unknown   one of the two is not told
    Source    guidelines/biopsy_molecular.toml [BIOP-IHC-01]
    """
    look, before = detail(record, None, i.MORPHOLOGY), every(record, None, i.PRIOR_CANCER)
    if isinstance(look, Missing) and isinstance(before, Missing):
        return not_applicable()
    if isinstance(look, Missing) or isinstance(before, Missing):
        missing = tuple(told for told in (look, before) if isinstance(told, Missing))
        return undecided(missing, evidence=look.evidence if isinstance(look, Known) else ())
    had = [name for told in before.value for name in told.concepts]
    by_look = [stain for name in look.value.concepts for stain in _BY_MORPHOLOGY.get(name, ())]
    panel = (*by_look, *(stain for name in had for stain in _BY_PRIOR_CANCER.get(name, ())))
    proof = (*look.evidence, *before.evidence)
    case = "due" if by_look else ("prior_only" if panel else "no_panel")
    return judge(yes(*proof), no(*proof), case=case, panel=Names(panel))


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """For how long (d) after the diagnosis its biomarkers are asked about."""

    window: Quantity


def biomarkers(record: PatientRecord, limits: Diagnosed) -> Verdict:
    """An adenocarcinoma of the lung diagnosed on a bone gets all its biomarkers, EGFR and ALK first.

    For whom  a report within ``window`` concludes on a lung adenocarcinoma in a bone sample; other histology, or none
              coded, is silent
    Holds     EGFR and ALK were each asked for or have a result, on any specimen
    Units     days (UCUM d)
    Source    guidelines/biopsy_molecular.toml [BIOP-MOL-01]
    """
    diagnosed = [p.evidence(i.ADENOCARCINOMA_ON_BONE) for p in record.procedures if _concludes(record, p, limits)]
    if not diagnosed:
        return not_applicable()
    lacking = tuple(test for test in (i.EGFR_TEST, i.ALK_TEST) if _looked_for(record, test).is_no)
    tested = _looked_for(record, i.EGFR_TEST) & _looked_for(record, i.ALK_TEST)
    return judge(yes(*diagnosed), tested, proposals=(PANEL,), tests=Names(lacking)).resting_on(*diagnosed)


def _concludes(record: PatientRecord, report: Procedure, limits: Diagnosed) -> bool:
    final = report.status == "completed" and i.ADENOCARCINOMA_ON_BONE in report.outcome
    return final and record.within(report.when, limits.window) is True


def _looked_for(record: PatientRecord, test: str) -> Answer:
    """Drafted, asked for, resulted or reported, alone or in a panel."""
    names = (test, i.MOLECULAR_PANEL)
    asked = [d for d in (*record.live_drafts(), *record.requests) if d.is_any(names)]
    reported = [p for p in record.procedures if p.is_any(names) and p.status == "completed"]
    results = yes(*(m.evidence() for m in record.results(*names))) if record.results(*names) else no()
    return results | record.any_of([*asked, *reported], OBSERVATIONS, REPORTS, SERVICES, what=test)


@dataclass(frozen=True, slots=True)
class Asked:
    """For how long (d) an open request for resistance mutations counts."""

    recent: Quantity


def resistance(record: PatientRecord, limits: Asked, draft: DraftOrder) -> Verdict:
    """A biopsy for progression under a kinase inhibitor looks for resistance mutations.

    For whom  a bone biopsy or its pathology is asked for (of the two the pathology speaks), for progression under a
              kinase inhibitor
    Holds     the search is drafted too, or was asked for within ``recent``
    Units     days (UCUM d)
    Source    guidelines/biopsy_molecular.toml [BIOP-MOL-02]
    """
    if is_led_by(record, draft):
        return not_applicable(draft.evidence("draft_order"))
    both = {reason for d in record.live_drafts() if d.is_any(i.BONE_SAMPLE) for reason in reasons(d)}
    for_whom = Answer(i.PROGRESSION_UNDER_TKI in both, (draft.evidence("draft_order"),))
    return judge(for_whom, requested(record, (i.RESISTANCE_PANEL,), limits.recent), proposals=(RESISTANCE,))
