"""SPINE-MSCC-01, FRAC-FRANKEL-01, SPINE-NEURO-01, SPINE-MRI-01: the cord, its grades, what a request must say."""

from typing import Any

import pytest

from fhir_mappers.record.proposals import NewService
from hooks.check import Outcome
from tests.hooks.said import cards_of, led_by
from tests.support.assessed import assessed, verdict
from tests.support.bedside import Bedside, concept
from tests.support.booking import requested
from tests.support.chart import ago, booked, care_plan, reported
from tests.support.drawn import name, rows
from tests.support.planned import planned

SPINAL = {"bodySite": [concept("vertebra_t5")]}
SIGNS = """
sign                      | bone    | SPINE-MSCC-01
--------------------------+---------+-----------------------------------------
cord 7                    |         | critical due                 # coded, suspected or not
cord 8                    |         | not-applicable
cord provisional 2        |         | critical due
cord resolved 2           |         | not-applicable
cauda 2                   |         | critical due
cord undated              |         | needs-data spinal_cord_compression
motor 7                   | spine   | critical due
motor 8                   | spine   | not-applicable
motor 2                   | unsited | critical due                 # it may be spinal
motor 2                   | sacrum  | critical due
motor 2                   | femur   | not-applicable
motor 2                   |         | not-applicable               # no metastasis
motor no 2                | spine   | not-applicable
motor old 2               | spine   | not-applicable               # there a month ago already
motor gone 2              | spine   | critical due                 # there, gone, and back
sphincter 2               | spine   | critical due
sensory 2                 | spine   | not-applicable               # a grade is asked for
frankel frankel_d3 2      | spine   | critical due                 # a first grade other than E
frankel frankel_e 2       | spine   | not-applicable
frankel frankel_d3 8      | spine   | not-applicable
frankel frankel_e frankel_d3 2  | spine | critical due             # walks still
frankel frankel_d3 frankel_d2 2 | spine | critical due
frankel frankel_d2 frankel_d1 2 | spine | critical due
frankel frankel_c frankel_d1 2  | spine | not-applicable           # better
frankel frankel_d3 frankel_d3 2 | spine | not-applicable           # the same
frankel frankel_b frankel_a 2   | spine | critical due
                          | spine   | not-applicable
"""


def signs(row: dict[str, str], moment: str = "patient-view") -> Bedside:
    patient = Bedside(moment=moment)
    site = {"spine": "vertebra_t5", "femur": "site_femur", "sacrum": "site_sacrum"}.get(row["bone"])
    if row["bone"]:
        patient.ill("bone_metastasis", ago(200), **({"bodySite": [concept(site)]} if site else {}))
    what, *more = row["sign"].split()
    if what in ("cord", "cauda"):
        _coded(patient, what, more)
    elif what == "frankel":
        *grades, day = more
        for grade, days in zip(reversed(grades), (int(day), int(day) + 20), strict=False):
            patient.observed("frankel_grade", f"{grade.replace('_', '-')} @ {ago(days)}")
    elif what:
        _flagged(patient, f"{what}_deficit", more)
    return patient


def _coded(patient: Bedside, what: str, more: list[str]) -> None:
    extra: dict[str, Any] = {}
    if more[0] == "provisional":
        extra["verificationStatus"] = {"coding": [{"code": "provisional"}]}
    code = "spinal_cord_compression" if what == "cord" else "cauda_equina_syndrome"
    day = None if more == ["undated"] else ago(more[-1])
    patient.ill(code, day, status="resolved" if more[0] == "resolved" else "active", **extra)


def _flagged(patient: Bedside, sign: str, more: list[str]) -> None:
    patient.observed(sign, f"{'false' if more[0] == 'no' else 'true'} @ {ago(more[-1])}")
    if more[0] in ("old", "gone"):
        patient.observed(sign, f"true @ {ago(30)}")
    if more[0] == "gone":
        patient.observed(sign, f"false @ {ago(12)}")


@pytest.mark.parametrize("row", [r for r in rows(SIGNS) if r["sign"]], ids=name)
def test_a_suspected_cord_compression_opens_the_pathway(row: dict[str, str]) -> None:
    assert signs(row).outcome("SPINE-MSCC-01") == row["SPINE-MSCC-01"]


STEPS = """
sign    | taken                                       | SPINE-MSCC-01                   | still
--------+---------------------------------------------+---------------------------------+---------------------------------------------
cord 2  |                                             | critical due                    | whole_spine_mri_now,neurosurgery_now,radiotherapy_now
cord 2  | done mri_whole_spine 7                      | critical due                    | neurosurgery_now,radiotherapy_now
cord 2  | done mri_whole_spine 8                      | critical due                    | whole_spine_mri_now,neurosurgery_now,radiotherapy_now
cord 2  | report mri_whole_spine 1                    | critical due                    | neurosurgery_now,radiotherapy_now
cord 2  | done mri_spine 1                            | critical due                    | whole_spine_mri_now,neurosurgery_now,radiotherapy_now
cord 2  | done mri_spine 1, extent whole              | critical due                    | neurosurgery_now,radiotherapy_now
cord 2  | asked neurosurgery_consultation 0           | critical due                    | whole_spine_mri_now
cord 2  | asked mri_whole_spine 0, asked neurosurgery_consultation 0 | satisfied        |
cord 2  | asked mri_whole_spine 0, asked radiotherapy_consultation 0 | satisfied        |
cord 2  | asked mri_whole_spine 0, closed neurosurgery_consultation 1 | satisfied       |
cord 2  | done mri_whole_spine 1, booked neurosurgery_consultation | satisfied          |
cord 2  | done mri_whole_spine 1, done spine_surgery 1 | satisfied                      |
cord 2  | done mri_whole_spine 1, under way bone_radiotherapy | satisfied               |
cord 2  | done mri_whole_spine 1, decided planned     | satisfied                       |
cord 2  | done mri_whole_spine 1, decided pending     | critical due                    | neurosurgery_now,radiotherapy_now
cord 2  | no mri, asked neurosurgery_consultation 0   | satisfied                       |                                             # contraindicated
motor 2 | done mri_whole_spine 2, done surgical_opinion 2 | satisfied                   |
motor 2 | done mri_whole_spine 3, done surgical_opinion 3 | critical due                | whole_spine_mri_now,neurosurgery_now,radiotherapy_now # before the deficit
motor 2 | done mri_whole_spine 2, done surgical_opinion 3 | critical due                | neurosurgery_now,radiotherapy_now
cord 2  | comfort care                                | not-applicable                  |
"""


def taken(patient: Bedside, steps: str) -> Bedside:
    for step in filter(None, (text.strip() for text in steps.split(","))):
        verb, what, *more = step.split()
        if verb == "done":
            patient.done(what, ago(more[0]))
        elif verb == "report":
            reported(patient, what, ago(more[0]))
        elif verb in ("asked", "closed"):
            status = "active" if verb == "asked" else "completed"
            row = {"status": status, "intent": "order", "code": concept(what), "authoredOn": ago(more[0])}
            patient.add("serviceRequests", "ServiceRequest", row)
        elif verb == "booked":
            booked(patient, what, ago(-1))
        elif verb == "under":
            patient.done(more[0], ago(1), status="in-progress")
        elif verb == "comfort":
            care_plan(patient, "comfort_care_only")
        else:
            _told(patient, verb, what)
    return patient


def _told(patient: Bedside, verb: str, what: str) -> None:
    match verb:
        case "extent":
            patient.observed("mri_extent", f"mri-whole-spine @ {ago(1)}")
        case "decided":
            patient.observed("decompression_decision", f"decompression-{what} @ {ago(1)}")
        case "no":
            patient.observed("mri_contraindicated", f"true @ {ago(40)}")


@pytest.mark.parametrize("row", rows(STEPS), ids=name)
def test_the_steps_taken_close_the_pathway_and_the_others_are_ordered_at_once(row: dict[str, str]) -> None:
    patient = taken(signs({"sign": row["sign"], "bone": "spine"}), row["taken"])
    assert patient.outcome("SPINE-MSCC-01") == row["SPINE-MSCC-01"]
    if row["still"]:
        found = patient.asks("SPINE-MSCC-01").verdict
        assert found.proposals == (NewService(tuple(row["still"].split(","))),)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_card_orders_three_steps_now_tells_since_when_and_no_dose(language: str) -> None:
    patient = signs({"sign": "motor 2", "bone": "spine"})
    told_on = {"status": "final", "effectiveDateTime": ago(2), "valueDateTime": ago(4)}
    patient.add("observations", "Observation", {"code": concept("deficit_onset"), **told_on})
    card = led_by(cards_of(patient, language), "SPINE-MSCC-01")
    assert card.indicator.value == "critical"
    resources = [action.resource or {} for action in (card.suggestions or ())[0].actions or ()]
    assert [resource["priority"] for resource in resources] == ["stat"] * 3
    assert "30 May 2026" in (card.detail or "") or "30 mai 2026" in (card.detail or "")
    assert " mg" not in (card.detail or "")
    assert "cortico" in (card.detail or "").lower()


@pytest.mark.parametrize("kind", ["conditions", "observations", "procedures", "serviceRequests", "carePlans"])
def test_a_suspicion_is_not_silenced_by_data_that_were_not_sent(kind: str) -> None:
    patient = signs({"sign": "motor 2", "bone": "spine"}).without(kind)
    assert patient.asks("SPINE-MSCC-01").verdict.outcome in (Outcome.DUE, Outcome.UNDECIDED)


def test_a_sign_of_an_uncertain_day_leaves_it_open() -> None:
    patient = signs({"sign": "motor 2", "bone": "spine"})
    patient.resources["observations"][0]["effectiveDateTime"] = "2026-05"
    assert patient.asks("SPINE-MSCC-01").verdict.outcome is Outcome.UNDECIDED


GRADES = """
told                                      | FRAC-FRANKEL-01               | said by
------------------------------------------+-------------------------------+--------------
frankel_grade frankel_c                   | warning lost                  | SPINE-MSCC-01
frankel_grade frankel_e                   | satisfied                     |
frankel_grade frankel_c, before frankel_c | info due                      |
frankel_grade frankel_c, before frankel_b | info due                      |
frankel_grade frankel_c, before frankel_d1 | warning lost                 | SPINE-MSCC-01
motor_deficit true                        | needs-data frankel_grade      |
sensory_deficit true                      | needs-data frankel_grade      |
motor_deficit false                       | not-applicable                |
frankel_grade lesion_lytic                | not-applicable                |               # no grade
motor_deficit true, frankel_grade lesion_lytic | needs-data frankel_grade |
"""


@pytest.mark.parametrize("row", rows(GRADES), ids=name)
def test_the_grade_is_told_and_a_loss_is_an_emergency(row: dict[str, str]) -> None:
    told, _, before = row["told"].partition(", before ")
    patient = assessed(Bedside(moment="app"), told)
    if before:
        patient.observed("frankel_grade", f"{before.replace('_', '-')} @ {ago(40)}")
    assert patient.outcome("FRAC-FRANKEL-01") == row["FRAC-FRANKEL-01"]
    assert (patient.asks("FRAC-FRANKEL-01").verdict.said_by or "") == row["said by"]


def test_a_loss_within_the_week_stays_one_when_the_grade_is_found_again() -> None:
    patient = signs({"sign": "frankel frankel_c 1", "bone": "spine"})
    for grade, days in (("e", 6), ("c", 3)):
        patient.observed("frankel_grade", f"frankel-{grade} @ {ago(days)}")
    assert patient.outcome("SPINE-MSCC-01") == "critical due"


WHOLE = "motor_deficit false, sensory_deficit false, sphincter_deficit false, pyramidal_signs false, pain_mechanism pain_mechanical"
REQUESTS = """
draft                                      | bone   | examined | SPINE-NEURO-01
-------------------------------------------+--------+----------+--------------------------------
bone_tumour_board_request vertebra_t5      |        |          | needs-data motor_deficit,sensory_deficit,sphincter_deficit,pyramidal_signs,pain_mechanism
bone_tumour_board_request vertebra_t5      |        | whole    | satisfied
bone_tumour_board_request vertebra_t5      |        | old      | needs-data motor_deficit,sensory_deficit,sphincter_deficit,pyramidal_signs,pain_mechanism
bone_tumour_board_request vertebra_t5      |        | deficit  | info due
bone_tumour_board_request vertebra_t5      |        | graded   | satisfied
bone_tumour_board_request site_femur       | spine  |          | not-applicable
bone_tumour_board_request                  | spine  | whole    | satisfied
bone_tumour_board_request                  | spine  | part     | needs-data pyramidal_signs,pain_mechanism
bone_tumour_board_request                  | femur  |          | not-applicable
bone_tumour_board_request                  | unsited |         | not-applicable               # not told to be spinal
bone_radiotherapy vertebra_t5              | spine  |          | not-applicable
"""
_EXAMINED = {
    "whole": WHOLE,
    "old": WHOLE,
    "deficit": WHOLE.replace("motor_deficit false", "motor_deficit true"),
    "graded": f"{WHOLE.replace('motor_deficit false', 'motor_deficit true')}, frankel_grade frankel_d1",
    "part": "motor_deficit false, sensory_deficit false, sphincter_deficit false",
}


@pytest.mark.parametrize("row", rows(REQUESTS), ids=name)
def test_a_request_about_the_spine_tells_the_neurology(row: dict[str, str]) -> None:
    patient = signs({"sign": "cord resolved 900", "bone": row["bone"]}, "order-select")
    if row["examined"]:
        assessed(patient, _EXAMINED[row["examined"]], 31 if row["examined"] == "old" else 30)
    what, _, site = row["draft"].partition(" ")
    assert planned(patient, what, site=site).outcome("SPINE-NEURO-01") == row["SPINE-NEURO-01"]


def test_the_request_itself_may_tell_it_and_so_may_the_form_alone() -> None:
    patient = planned(Bedside(moment="order-select"), "bone_tumour_board_request", site="site_spine", details=WHOLE)
    assert patient.outcome("SPINE-NEURO-01") == "satisfied"
    assert assessed(Bedside(moment="app"), "motor_deficit true").outcome("SPINE-NEURO-01").startswith("needs-data")
    assert Bedside(moment="app").outcome("SPINE-NEURO-01") == "not-applicable"


IMAGED = """
draft                        | SPINE-MRI-01
-----------------------------+----------------
mri_spine                    | due
mri_whole_spine              | due
mri_bone_region site_spine   | due
mri_bone_region site_femur   | not-applicable
mri_bone_region              | not-applicable   # of an unknown region
"""


@pytest.mark.parametrize("row", rows(IMAGED), ids=name)
def test_the_line_on_the_whole_spine_stands_only_beside_the_imaging_rule(row: dict[str, str]) -> None:
    """SPINE-MRI-01: ``info due`` as a line of IMG-SPINE-01, never by itself."""
    what, _, site = row["draft"].partition(" ")
    patient = planned(Bedside(moment="order-select"), what, site=site)
    if row["SPINE-MRI-01"] == "due":
        found = verdict(patient.record(), "SPINE-MRI-01")
        assert (found.outcome, found.only_beside) == (Outcome.DUE, "IMG-SPINE-01")
    else:
        assert patient.outcome("SPINE-MRI-01") == "not-applicable"


def test_a_request_for_something_else_is_no_matter_of_the_spine() -> None:
    patient = requested(Bedside(moment="order-select"), "tooth_extraction")
    assert patient.outcome("SPINE-NEURO-01") == "not-applicable"
