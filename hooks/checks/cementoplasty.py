"""Before a cementoplasty: haemostasis, contraindications, antibiotics (family CEM)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fhir_mappers.record import concepts_intervention as ci
from fhir_mappers.record.answer import UNAVAILABLE, Answer, Evidence, Known, no, yes
from fhir_mappers.record.facts import ALLERGIES, ORDERS, SERVICES
from fhir_mappers.record.intervention import Act, act_of, counted, of_bone_disease
from fhir_mappers.record.ordered import flag, said
from fhir_mappers.record.proposals import HoldDraft, Names, NewService, Proposal, RemoveDraft
from fhir_mappers.record.quantity import Quantity
from hooks.check import DraftOrder, PatientRecord, Unlimited, Verdict, grade, judge, not_applicable, undecided

BLOOD_TESTS = NewService(("blood_count", "prothrombin_test"))


@dataclass(frozen=True, slots=True)
class Haemostasis:
    """Platelets (G/L) and prothrombin (%) must be above these, measured within ``window`` (d) before the act; an act
    farther away looks at results up to ``look_back`` (d) old.
    """

    platelets: Quantity
    prothrombin: Quantity
    window: Quantity
    look_back: Quantity


def haemostasis(record: PatientRecord, limits: Haemostasis, draft: DraftOrder) -> Verdict:
    """Platelets and prothrombin allow the puncture.

    For whom  a cementoplasty is asked for or booked
    Holds     platelets > ``platelets`` and prothrombin > ``prothrombin`` (equal is not met), within ``window`` before
              the act, and no severe coagulation disorder. Farther away a low value asks for a new one near the day; no
              value is silent
    Unknown   a value is missing, too old or preliminary; an INR is not converted
    Units     G/L, %, days (UCUM d)
    Source    guidelines/cementoplasty.toml [CEM-HEMO-01]
    """
    act = act_of(record, draft)
    far = (act.day - record.as_of).days > limits.window.value
    day, window = (record.as_of, limits.look_back) if far else (act.day, limits.window)
    platelets = counted(record, ci.PLATELETS, limits.platelets, day, window)
    prothrombin = counted(record, ci.PROTHROMBIN, limits.prothrombin, day, window)
    disorder, low = record.has(ci.COAGULATION_DISORDER, certain=True), platelets | prothrombin
    evidence = (*disorder.evidence, *platelets.evidence, *prothrombin.evidence)
    notes = _haemostasis_notes(record, prothrombin, act)
    case = "disorder" if disorder.is_yes else ("repeat" if far else "due") if low.is_yes else None
    gaps = (*disorder.missing, *low.missing)
    gaps = tuple(gap for gap in gaps if gap.why in UNAVAILABLE) if far else gaps
    figures = {"act": act.day, "lowest": limits.platelets, "least": limits.prothrombin, "window": limits.window}
    shown: dict[str, Any] = {**figures, "platelets": _only(platelets), "prothrombin": _only(prothrombin)}
    if case is None and gaps:
        return undecided(gaps, evidence=evidence, notes=notes, proposals=(BLOOD_TESTS,), **shown)
    return grade(yes(), case, evidence, notes=notes, proposals=(BLOOD_TESTS,), **shown)


def _only(answer: Answer) -> Evidence | None:
    return answer.evidence[0] if answer.evidence else None


def _haemostasis_notes(record: PatientRecord, prothrombin: Answer, act: Act) -> tuple[str, ...]:
    only_inr = prothrombin.is_unknown and isinstance(record.latest(ci.INR), Known)
    found = {"inr": only_inr, "undated": not act.stated}
    return tuple(name for name, holds in found.items() if holds)


def contraindicated(record: PatientRecord, limits: Unlimited, draft: DraftOrder) -> Verdict:
    """None of the absolute contraindications stands against a cementoplasty.

    For whom  a cementoplasty is asked for or booked
    Holds     no stable fracture without symptoms, no diffuse pain, no active infection (coded, or confirmed in the
              form), no allergy to cement. Fever and CRP are not asked; coagulation is CEM-HEMO-01's
    Unknown   an item of the order or the form is not answered; asked of a metastasis only, not of osteoporosis
    Source    guidelines/cementoplasty.toml [CEM-CI-01]
    """
    refused = (a for a in record.allergies if a.is_any(ci.CEMENT_ALLERGY) and a.status not in _OVER)
    items = {
        "asymptomatic_stable_fracture": flag(record, draft, "asymptomatic_stable_fracture", required=True),
        "pain_diffuse": said(record, draft, ci.PAIN_MECHANISM, "pain_diffuse", required=True),
    }
    items |= {one: record.has(one, certain=True) | flag(record, draft, one) for one in ci.INFECTIONS}
    items |= {ci.CEMENT_ALLERGY: record.any_of(refused, ALLERGIES, what=ci.CEMENT_ALLERGY)}
    infected = any(items[one].is_yes for one in ci.INFECTIONS)
    notes = ("infection",) if infected else ()
    return _any(items, of_bone_disease(record, draft), _called_off(draft, infected), notes)


def _called_off(draft: DraftOrder, infected: bool) -> tuple[Proposal, ...]:
    """Put on hold while an infection is treated (a booking cannot be), or removed."""
    hold = (HoldDraft(draft),) if infected and draft.kind != "Appointment" else ()
    return (*hold, RemoveDraft(draft))


def discussed(record: PatientRecord, limits: Unlimited, draft: DraftOrder) -> Verdict:
    """A relative contraindication sends the cementoplasty back to the team.

    For whom  a cementoplasty is asked for
    Holds     no extensive involvement of the posterior wall, radiculopathy, extension into the canal, opened joint
    Unknown   an item is not answered; asked of a metastasis only
    Source    guidelines/cementoplasty.toml [CEM-RELCI-01]
    """
    items = {one: flag(record, draft, one, required=True) for one in ci.RELATIVE_CONTRAINDICATIONS}
    return _any(items, of_bone_disease(record, draft))


def epiduritis(record: PatientRecord, limits: Unlimited, draft: DraftOrder) -> Verdict:
    """An epiduritis is decided case by case, rather by surgery or with radiotherapy.

    For whom  a cementoplasty is asked for and the lesion extends into the canal
    Holds     never; CEM-RELCI-01 carries it and asks for the item when it is not answered
    Source    guidelines/cementoplasty.toml [CEM-EPID-01]
    """
    inside = flag(record, draft, "canal_extension")
    return judge(inside if inside.is_yes else no(), no(), said_by="CEM-RELCI-01")


def _any(
    items: dict[str, Answer], asked: Answer, proposals: tuple[Proposal, ...] = (), notes: tuple[str, ...] = ()
) -> Verdict:
    """Due when one of the items is there, naming those; else undecided while one is open, for whom it is ``asked``."""
    found = [name for name, answer in items.items() if answer.is_yes]
    evidence = tuple(proof for name in found for proof in items[name].evidence)
    gaps = tuple(dict.fromkeys(gap for answer in items.values() for gap in answer.missing))
    if not found and gaps:
        return not_applicable(*asked.evidence) if asked.is_no else undecided(gaps)
    return grade(yes(), "due" if found else None, evidence, found=Names(tuple(found)), proposals=proposals, notes=notes)


def prophylaxis(record: PatientRecord, limits: Unlimited, draft: DraftOrder) -> Verdict:
    """Antibiotic prophylaxis is thought of before a cementoplasty.

    For whom  a cementoplasty of a metastasis is asked for
    Holds     a prophylaxis, cefazolin or clindamycin is drafted, ordered or asked for
    Unknown   orders were not available; without the list of allergies the line for allergic patients is given as well
    Source    guidelines/cementoplasty.toml [CEM-ABX-01]
    """
    active = [o for o in (*record.courses, *record.requests) if o.status in ("active", "draft")]
    given = (o for o in active if o.is_any(ci.PROPHYLAXIS))
    ordered = record.drafted_any(*ci.PROPHYLAXIS) | record.any_of(given, ORDERS, SERVICES, what=ci.PROPHYLAXIS[0])
    beta_lactam = _allergic(record, ci.BETA_LACTAM_ALLERGY)
    both = beta_lactam.is_yes and _allergic(record, (ci.CLINDAMYCIN,)).is_yes
    case = "both_allergies" if both else ("allergy" if beta_lactam.is_yes else "due")
    return judge(of_bone_disease(record, draft), ordered, case=case).resting_on(*beta_lactam.evidence)


def _allergic(record: PatientRecord, wanted: Iterable[str]) -> Answer:
    names = tuple(wanted)
    found = (a for a in record.allergies if a.is_any(names) and a.status not in _OVER)
    return record.any_of(found, ALLERGIES, what=names[0])


_OVER = frozenset({"inactive", "resolved"})
