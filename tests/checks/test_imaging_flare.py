"""IMG-FLARE-01, IMG-SCINT-03, IMG-FLARE-02, IMG-TKI-01: flare or progression."""

import pytest

from fhir_mappers.record.proposals import AddRemark, NewService
from hooks.evaluate import Guideline, evaluate
from tests.support.asked import CHECK, ask, finding, patient, said
from tests.support.bedside import RULES
from tests.support.drawn import name, rows

EARLY = """
IMG-FLARE-01 on file                          | order                  | outcome
----------------------------------------------+------------------------+------------------------------------
ill bone_metastasis, line 182                 | fdg_pet                | info due                        # the last day of six months
ill bone_metastasis, line 183                 | fdg_pet                | satisfied
ill bone_metastasis, line 182                 | bone_scan              | info due                        # any tumour
ill bone_metastasis, line 182                 | pet_any                | info due
ill bone_metastasis, line 182                 | bone_scan on -1        | satisfied                       # planned for tomorrow
ill bone_metastasis, line 100                 | bone_scan on -82       | info due
ill bone_metastasis, line 100                 | bone_scan on -83       | satisfied
ill bone_metastasis, line 100                 | visit bone_scan on -82 | info due
ill bone_metastasis, line 100                 | visit bone_scan on -83 | satisfied
ill bone_metastasis, line 0                   | fdg_pet                | info due                        # begins today
ill bone_metastasis, line -1                  | fdg_pet                | satisfied                       # before it begins
ill bone_metastasis, line -10                 | fdg_pet on -10         | info due
ill bone_metastasis, line 2025-12             | fdg_pet                | needs-data systemic_line_start  # 154 to 184 days
ill bone_metastasis, line 2026-01             | fdg_pet                | info due
ill bone_metastasis                           | fdg_pet                | not-applicable                  # start not recorded
ill bone_metastasis, without observations     | fdg_pet                | needs-data systemic_line_start
ill lung_cancer, line 100                     | fdg_pet                | not-applicable
maybe bone_metastasis, line 100               | fdg_pet                | not-applicable
ill bone_metastasis, line 100                 | mri_spine              | not-applicable
"""

CONTROL = """
IMG-SCINT-03 on file              | order                   | outcome
----------------------------------+-------------------------+---------------
ill bone_metastasis, line 100     | visit bone_scan on -82  | info due
ill bone_metastasis, line 100     | visit bone_scan on -83  | satisfied
ill bone_metastasis, line 100     | visit fdg_pet on -10    | not-applicable
ill bone_metastasis, line 100     | bone_scan on -10        | not-applicable   # a request, no booking
ill bone_metastasis               | visit bone_scan on -10  | not-applicable
"""

WHOLE = "says flare_radiograph radiograph_unchanged 5, says flare_markers markers_stable 5"
SIGNS = """
IMG-FLARE-02 course | radiograph     | markers  | marrow | outcome
--------------------+----------------+----------+--------+------------------------------------
improved            | recalcification | alp_rise | false  | info flare
improved            | unchanged      | stable   | false  | info flare
stable              | unchanged      | stable   | false  | info flare         # only the marrow speaks
worse               | lysis          | ctx_rise | true   | info progression
stable              | unchanged      | stable   | true   | info progression
improved            | recalcification | alp_rise | true   | info due           # conflicting
worse               | recalcification | stable   | false  | info due
stable              | unchanged      | ctx_rise | false  | info due
improved            | lysis          | stable   | false  | info due
                    | lysis          | ctx_rise | true   | needs-data flare_clinical_state
worse               |                | ctx_rise | true   | needs-data flare_radiograph
worse               | lysis          |          | true   | needs-data flare_markers
worse               | lysis          | ctx_rise |        | needs-data flare_marrow_infiltration
improved            |                |          |        | needs-data flare_radiograph,flare_markers,flare_marrow_infiltration
                    |                |          |        | not-applicable      # nobody opened the form
"""

STOPPED = """
IMG-TKI-01 on file                                                                                   | order                                | outcome
-----------------------------------------------------------------------------------------------------+--------------------------------------+-----------------------
line 182, says progression_site progression_bone_only 2, says extra_osseous_status extra_osseous_response 2 | stop osimertinib for stop_progression | warning due    # the last day
line 183, says progression_site progression_bone_only 2, says extra_osseous_status extra_osseous_response 2 | stop osimertinib for stop_progression | not-applicable
line 100, says progression_site progression_bone_only 2, says extra_osseous_status extra_osseous_stable 2   | stop osimertinib for stop_progression | warning due
line 100, says progression_site progression_bone_only 2, says extra_osseous_status extra_osseous_progression 2 | stop osimertinib for stop_progression | not-applicable
line 100, says progression_site progression_bone_only 2, says extra_osseous_status extra_osseous_none 2     | stop osimertinib for stop_progression | not-applicable
line 100, says progression_site progression_bone_and_other 2, says extra_osseous_status extra_osseous_stable 2 | stop osimertinib for stop_progression | satisfied
line 100, says progression_site progression_liver 2                                                  | stop osimertinib for stop_progression | satisfied
line 100, says extra_osseous_status extra_osseous_stable 2                                           | stop osimertinib for stop_progression | needs-data progression_site
line 100, says progression_site progression_bone_only 2                                              | stop osimertinib for stop_progression | needs-data extra_osseous_status
line 100                                                                                             | stop osimertinib for stop_progression | needs-data extra_osseous_status,progression_site
line 100, says progression_site progression_bone_only 101, says extra_osseous_status extra_osseous_stable 2 | stop osimertinib for stop_progression | needs-data progression_site   # of the line before
line 100, says progression_site progression_bone_only 100, says extra_osseous_status extra_osseous_stable 2 | stop osimertinib for stop_progression | warning due
line 150, says progression_site progression_bone_only 121, says extra_osseous_status extra_osseous_stable 2 | stop osimertinib for stop_progression | needs-data progression_site   # too old
line 150, says progression_site progression_bone_only 120, says extra_osseous_status extra_osseous_stable 2 | stop osimertinib for stop_progression | warning due
ordered osimertinib 182, says progression_site progression_bone_only 2, says extra_osseous_status extra_osseous_stable 2 | stop osimertinib for stop_progression | warning due   # by its order
ordered osimertinib 183, says progression_site progression_bone_only 2, says extra_osseous_status extra_osseous_stable 2 | stop osimertinib for stop_progression | not-applicable
given osimertinib 20, ordered osimertinib 200                                                        | stop osimertinib for stop_progression | not-applicable       # the first trace counts
told osimertinib 20                                                                                  | stop osimertinib for stop_progression | needs-data extra_osseous_status,progression_site
says progression_site progression_bone_only 2                                                        | stop osimertinib for stop_progression | needs-data systemic_line_start
line 100, says progression_site progression_bone_only 2, says extra_osseous_status extra_osseous_stable 2   | stop osimertinib for stop_toxicity    | not-applicable
line 100, says progression_site progression_bone_only 2, says extra_osseous_status extra_osseous_stable 2   | stop osimertinib                      | not-applicable
line 100, says progression_site progression_bone_only 2, says extra_osseous_status extra_osseous_stable 2   | stop crizotinib for stop_progression  | not-applicable   # no EGFR inhibitor
line 100, says progression_site progression_bone_only 2, says extra_osseous_status extra_osseous_stable 2   | fdg_pet                               | not-applicable
"""


@pytest.mark.parametrize("row", rows(EARLY), ids=name)
def test_early_imaging_is_read_with_a_flare_in_mind(row: dict[str, str]) -> None:
    assert ask("IMG-FLARE-01", row["IMG-FLARE-01 on file"], row["order"]) == row["outcome"]


@pytest.mark.parametrize("row", rows(CONTROL), ids=name)
def test_a_control_scan_is_better_booked_later(row: dict[str, str]) -> None:
    record = patient(row["IMG-SCINT-03 on file"], row["order"], "appointment-book").record()
    beside = tuple(CHECK[rule] for rule in ("IMG-FLARE-01", "IMG-SCINT-03"))
    assert said(evaluate(beside, record, Guideline(RULES, "aura-2026")).all[1]) == row["outcome"]


@pytest.mark.parametrize("row", rows(SIGNS), ids=name)
def test_the_signs_are_weighed_together(row: dict[str, str]) -> None:
    items = {"clinical_state": ("IMG-FLARE-02 course", "course_"), "radiograph": ("radiograph", "radiograph_")}
    items |= {"markers": ("markers", "markers_"), "marrow_infiltration": ("marrow", "")}
    told = [f"says flare_{item} {prefix}{row[cell]} 5" for item, (cell, prefix) in items.items() if row[cell]]
    assert ask("IMG-FLARE-02", ", ".join(told), moment="app") == row["outcome"]


@pytest.mark.parametrize(("day", "outcome"), [(30, "info flare"), (31, "not-applicable")])
def test_answers_are_used_for_thirty_days(day: int, outcome: str) -> None:
    told = f"{WHOLE}, says flare_clinical_state course_improved 5, says flare_marrow_infiltration false 5"
    assert ask("IMG-FLARE-02", told.replace(" 5", f" {day}"), moment="app") == outcome


@pytest.mark.parametrize("row", rows(STOPPED), ids=name)
def test_a_flare_stops_no_egfr_inhibitor(row: dict[str, str]) -> None:
    assert ask("IMG-TKI-01", row["IMG-TKI-01 on file"], row["order"]) == row["outcome"]


@pytest.mark.parametrize("rule", ["IMG-FLARE-01", "IMG-SCINT-03", "IMG-FLARE-02", "IMG-TKI-01"])
def test_the_chapter_stands_in_one_edition_only(rule: str) -> None:
    facts = f"ill bone_metastasis, line 100, {WHOLE}"
    found = finding(rule, facts, "visit bone_scan on -5; stop osimertinib for stop_progression", edition="aura-earlier")
    assert (found.speaks, found.because) == (False, "not-in-edition")


def test_the_booking_of_a_scan_is_one_card_with_two_sentences() -> None:
    record = patient("ill bone_metastasis, line 100", "visit bone_scan on -5", "appointment-book").record()
    both = tuple(CHECK[rule] for rule in ("IMG-FLARE-01", "IMG-SCINT-03"))
    found = evaluate(both, record, Guideline(RULES, "aura-2026")).speaking
    assert [(f.rule.id, f.verdict.said_by) for f in found] == [("IMG-FLARE-01", None), ("IMG-SCINT-03", "IMG-FLARE-01")]


def test_what_is_proposed() -> None:
    pet = finding("IMG-FLARE-01", "ill bone_metastasis, line 100", "fdg_pet")
    assert pet.draft is not None
    begun = pet.verdict.figures["begun"]
    assert pet.verdict.proposals == (AddRemark(pet.draft, "flare", begun),)
    facts = "line 9, says progression_site progression_bone_only 2, says extra_osseous_status extra_osseous_stable 2"
    stop = finding("IMG-TKI-01", facts, "stop osimertinib for stop_progression")
    assert stop.verdict.proposals == (NewService(("bone_tumour_board",)), NewService(("targeted_imaging",)))
