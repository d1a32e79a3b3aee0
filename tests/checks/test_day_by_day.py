"""Moving the day by one across a boundary changes what the rules of that boundary say, and nothing else.

A boundary is a number of days, months or years in a guideline table or in the shared conventions. Exactly: from one day
to the next a rule may say something else only when

- its own table (references followed) or a convention it reads has a number that a dated fact crosses that night, or
- a rule of the first kind silences it (``mutes``) or carries it (``only_beside``) on one of the two days.
"""

import re
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hooks.limits import EDITIONS
from tests.support.bedside import RULES, TODAY, Bedside
from tests.support.charted import chart, write
from tests.support.days import (
    Said,
    before,
    boundaries,
    calm_ahead,
    calm_days,
    conventions_read,
    number,
    told_on,
    written,
)
from tests.support.drawn import name, rows
from tests.support.varied import patients

# {N} is the day at the boundary: ``after`` N days ago today and one more tomorrow, ``at`` exactly N tomorrow, ``ahead``
# only N days ahead tomorrow, ``closer`` N days ahead today. The other days are at no boundary. Of the mouth, the kidney
# and vitamin D often nothing is on file: what is said of that is the same on both days.
NIGHTS = """
boundary                                    | crossed | moment              | on file                                                                                                               | drafts                                          | changes
--------------------------------------------+---------+---------------------+-----------------------------------------------------------------------------------------------------------------------+-------------------------------------------------+-----------------------------------------
AR-SCOPE-01.adult                           | at      | order-sign          | born {N}                                                                                                              | zometa 4                                        | AR-SCOPE-01
age.adult                                   | at      | patient-view        | born {N}, given xgeva 45, DIET, had 25OHD 40 nmol/L 45                                                                |                                                 | VITD-REPL-01
age.adult                                   | at      | encounter-discharge | born {N}, given xgeva 45, DIET                                                                                        |                                                 | CA-TIMING-01, DMAB-BOOK-01, VITD-MAINT-01
AR-START-01.adult                           | at      | patient-view        | born {N}, LUNG                                                                                                        |                                                 | AR-START-01
AR-START-02.adult                           | at      | patient-view        | born {N}, LUNG, done bone_radiotherapy 45                                                                             |                                                 | AR-START-02
CA-INTAKE-01.adult                          | at      | app                 | born {N}, given xgeva 45, ordered cholecalciferol 45, had dietary_calcium_intake 600 mg/d 45                          |                                                 | CA-INTAKE-01
clearance.creatinine_zoledronate            | after   | order-sign          | clears 42 {N} 45                                                                                                      | zometa 4                                        | AR-RENAL-01, ZOL-CI-01, ZOL-DOSE-01
clearance.creatinine_denosumab              | after   | order-sign          | clears 25 {N} 45                                                                                                      | xgeva 120                                       | AR-RENAL-01, DMAB-ADYN-01
clearance.creatinine_history                | after   | order-sign          | clears 25 {N} 45                                                                                                      | xgeva 120                                       | AR-RENAL-01
clearance.weight                            | after   | order-sign          | clears 42 10 {N}                                                                                                      | zometa 4                                        | ZOL-CI-01, ZOL-DOSE-01
clearance.dialysis                          | after   | order-sign          | clears 80 10 45, done dialysis_session {N}                                                                            | zometa 4                                        | ZOL-CI-01
calcium.window                              | after   | order-sign          | had calcium_total 3.60 mmol/L {N}                                                                                     | zometa 4                                        | AR-DENTAL-01, AR-EMERG-01, VITD-CHECK-01
calcium.recent                              | after   | order-sign          | had calcium_total 2.80 mmol/L {N}                                                                                     | calcium_carbonate 500                           | VITD-SAFE-01
calcium.recent                              | after   | order-sign          | given xgeva 45, had calcium_total 2.80 mmol/L {N}                                                                     | xgeva 120                                       | VITD-MAINT-01
calcium.recent                              | after   | encounter-discharge | given xgeva 45, had calcium_total 2.80 mmol/L {N}, DIET                                                               |                                                 | CA-TIMING-01, VITD-MAINT-01
treatment.recent                            | after   | order-sign          | given zometa {N}                                                                                                      | zometa 4                                        | AR-DENTAL-01, ONJ-FU-01, VITD-CHECK-01
treatment.recent                            | after   | encounter-discharge | given xgeva {N}, DIET                                                                                                 |                                                 | CA-TIMING-01, DMAB-BOOK-01, ONJ-FU-01, VITD-MAINT-01
treatment.presumed_from                     | at      | order-sign          | ordered xgeva {N}                                                                                                     | xgeva 120                                       | AR-DENTAL-01, ONJ-FU-01, VITD-CHECK-01
treatment.presumed_to                       | after   | order-sign          | ordered xgeva {N}                                                                                                     | xgeva 120                                       | AR-DENTAL-01, ONJ-FU-01, VITD-CHECK-01
treatment.presumed_end                      | after   | order-sign          | ended xgeva {N}                                                                                                       | xgeva 120                                       | AR-DENTAL-01, ONJ-FU-01, VITD-CHECK-01
treatment.presumed_to                       | after   | order-sign          | ordered alendronate {N}                                                                                               | zometa 4                                        | AR-DUP-01
answers.extent                              | after   | order-sign          | ill lung_cancer 400, had disease_extent oligometastatic {N}                                                           | xgeva 120                                       | DMAB-OLIGO-01, OLIGO-BONE-01
answers.extent                              | after   | order-sign          | ill lung_cancer 400, had disease_extent oligometastatic {N}                                                           | zometa 4 28                                     | ZOL-SPACE-01, OLIGO-BONE-01
AR-CONC-01.anti_angiogenic                  | after   | order-sign          | given bevacizumab {N}                                                                                                 | xgeva 120                                       | AR-CONC-01
AR-CONC-01.radiotherapy                     | after   | order-sign          | irradiated site_head_neck {N}                                                                                         | xgeva 120                                       | AR-CONC-01
AR-DENTAL-01.freshness                      | after   | order-sign          | done exam {N}                                                                                                         | xgeva 120                                       | AR-DENTAL-01, AR-OPG-01
AR-DENTAL-01.freshness                      | after   | order-sign          | done exam {N}, done dental_panoramic_xray 45, had 25OHD 90 nmol/L 45                                                  | zometa 4 as stat for emergency_hypercalcaemia   | AR-EMERG-01
AR-OPG-01.freshness                         | after   | order-sign          | done exam 45, done dental_panoramic_xray {N}                                                                          | xgeva 120                                       | AR-OPG-01
AR-EXTRACT-01.look_back                     | after   | order-sign          | done tooth_extraction {N}                                                                                             | xgeva 120                                       | AR-EXTRACT-01
AR-EXTRACT-01.minimum                       | at      | order-sign          | done tooth_extraction {N}                                                                                             | xgeva 120                                       | AR-EXTRACT-01
AR-EXTRACT-01.month                         | at      | order-sign          | done tooth_extraction {N}                                                                                             | xgeva 120                                       | AR-EXTRACT-01
AR-DUP-01.oncology + margin                 | after   | order-sign          | ordered xgeva 500, given xgeva {N}                                                                                    | zometa 4                                        | AR-DUP-01
AR-DUP-01.denosumab_osteoporosis + margin   | after   | order-sign          | ordered prolia 500, given prolia {N} 60                                                                               | zometa 4                                        | AR-DUP-01
AR-DUP-01.zoledronate_osteoporosis + margin | after   | order-sign          | ordered aclasta 500, given aclasta {N} 5                                                                              | xgeva 120                                       | AR-DUP-01
AR-DUP-01.other + margin                    | after   | order-sign          | ordered alendronate 500, given alendronate {N}                                                                        | zometa 4                                        | AR-DUP-01
ZOL-FREQ-01.shortest                        | closer  | order-sign          |                                                                                                                       | zometa 4; zometa 4 on {N}                       | AR-DUP-01
ZOL-FREQ-01.shortest                        | at      | order-sign          | given zometa {N}                                                                                                      | zometa 4                                        | ZOL-FREQ-01
ZOL-HYDR-01.around                          | after   | encounter-discharge | ordered zometa 3, given zometa {N}, ordered cholecalciferol 45, DIET                                                  |                                                 | ZOL-HYDR-01
DMAB-DOSE-01.shortest                       | at      | order-sign          | given xgeva {N}                                                                                                       | xgeva 120                                       | DMAB-DOSE-01
DMAB-ADH-01.overdue                         | after   | patient-view        | ordered xgeva 500, given xgeva {N}                                                                                    |                                                 | DMAB-ADH-01
DMAB-ADH-01.overdue                         | after   | patient-view        | ordered xgeva {N}                                                                                                     |                                                 | DMAB-ADH-01
DMAB-ADH-01.lapsed                          | after   | patient-view        | ordered xgeva 500, given xgeva {N}                                                                                    |                                                 | DMAB-ADH-01
DMAB-ADH-01.appointment                     | ahead   | patient-view        | ordered xgeva 500, given xgeva 45, booked denosumab_injection_visit {N}                                               |                                                 | DMAB-ADH-01
BRIDGE-02.earliest                          | at      | patient-view        | stopped xgeva 700, given xgeva {N}                                                                                    |                                                 | BRIDGE-02
BRIDGE-02.latest                            | after   | patient-view        | stopped xgeva 700, given xgeva {N}                                                                                    |                                                 | BRIDGE-02
AR-START-01.event                           | after   | patient-view        | LUNG, done bone_radiotherapy {N}                                                                                      |                                                 | AR-START-01, AR-START-02
AR-START-02.event                           | after   | patient-view        | LUNG, ill spinal_cord_compression {N}                                                                                 |                                                 | AR-START-01, AR-START-02
AR-START-01.recent                          | after   | patient-view        | LUNG, given prolia {N} 60                                                                                             |                                                 | AR-START-01
AR-START-02.recent                          | after   | patient-view        | LUNG, done bone_radiotherapy 45, given prolia {N} 60                                                                  |                                                 | AR-START-02
IMM-SEQ-01.event                            | after   | order-sign          | ill lung_cancer 400, ordered pembrolizumab 45, done bone_radiotherapy {N}                                             | xgeva 120                                       | IMM-SEQ-01
VITD-CHECK-01.freshness                     | after   | order-sign          | had 25OHD 90 nmol/L {N}                                                                                               | xgeva 120                                       | VITD-CHECK-01
VITD-CHECK-01.freshness                     | after   | patient-view        | given xgeva 45, had 25OHD 40 nmol/L {N}                                                                               |                                                 | VITD-REPL-01
VITD-TOX-01.freshness                       | after   | patient-view        | had 25OHD 400 nmol/L {N}                                                                                              |                                                 | VITD-TOX-01
VITD-MAINT-01.recent                        | after   | encounter-discharge | given xgeva 45, given cholecalciferol {N} 50000                                                                       |                                                 | VITD-MAINT-01
CA-HYPO-01.window                           | after   | order-sign          | had calcium_total 2.10 mmol/L {N}                                                                                     | xgeva 120                                       | CA-HYPO-01
CA-HYPO-01.emergency                        | after   | order-sign          | had calcium_total 2.10 mmol/L {N}                                                                                     | zometa 4 as urgent for emergency_hypercalcaemia | CA-HYPO-01
CA-INTAKE-01.diet                           | after   | app                 | given xgeva 45, had dietary_calcium_intake 600 mg/d {N}                                                               |                                                 | CA-INTAKE-01
CA-INTAKE-01.diet                           | after   | order-select        | given xgeva 45, had dietary_calcium_intake 600 mg/d {N}                                                               | calcium_carbonate 1250 0.5                      | CA-OVER-01
CA-INTAKE-01.supplement                     | after   | app                 | given xgeva 45, had dietary_calcium_intake 600 mg/d 45, had supplement_elemental_calcium 100 mg/d {N}                 |                                                 | CA-INTAKE-01
HCAL-CRISIS-01.window                       | after   | patient-view        | ill bone_metastasis 200, ill breast_cancer 400, had calcium_total 3.60 mmol/L {N}                                     |                                                 | HCAL-CRISIS-01, HCAL-WARN-01
HCAL-CRISIS-01.window                       | after   | patient-view        | ill bone_metastasis 200, had calcium_total 2.80 mmol/L {N}                                                            |                                                 | HCAL-WARN-01
HCAL-WARN-01.look_back                      | after   | patient-view        | ill bone_metastasis 200, had calcium_total 2.80 mmol/L {N}                                                            |                                                 | HCAL-WARN-01
DUR-MIN-01.minimum                          | at      | patient-view        | ill lung_cancer 900, given xgeva {N}, given xgeva 45                                                                  |                                                 | DUR-24M-01
DUR-MIN-01.minimum                          | at      | patient-view        | ill lung_cancer 900, given zometa {N}, given zometa 45, had disease_extent oligometastatic 45                         |                                                 | DUR-24M-01, DUR-OLIGO-01
DUR-MIN-01.minimum                          | at      | order-sign          | ill lung_cancer 900, given zometa {N}, given zometa 45                                                                | stop zometa                                     | DUR-MIN-01, DUR-STOP-01
DUR-24M-01.fresh                            | after   | patient-view        | ill lung_cancer 900, given xgeva 800, given xgeva 45, done bone_reevaluation {N}                                      |                                                 | DUR-24M-01
DUR-CTX-01.told                             | after   | order-sign          | had fasting_sample false {N}                                                                                          | service ctx_serum                               | DUR-CTX-01
DUR-BR-01.reuse                             | after   | app                 | ill lung_cancer 900, given xgeva 45, had new_skeletal_event true {N}                                                  |                                                 | DUR-BR-01
ONJ-FU-01.interval                          | after   | patient-view        | given xgeva 45, done exam {N}                                                                                         |                                                 | ONJ-FU-01
ONJ-FU-01.long                              | after   | patient-view        | given xgeva 45, done exam {N}                                                                                         |                                                 | ONJ-FU-01
ONJ-FU-01.appointment                       | ahead   | patient-view        | given xgeva 45, booked dental_visit {N}                                                                               |                                                 | ONJ-FU-01
ONJ-EXTRACT-01.window                       | after   | order-sign          | given xgeva {N}                                                                                                       | service tooth_extraction                        | ONJ-EXTRACT-01
ONJ-DEF-01.beyond                           | after   | patient-view        | given zometa 800, ill exposed_jaw_bone 110, had craniofacial_radiotherapy false 45, cared exposed_bone_care_start {N} |                                                 | ONJ-DEF-01, ONJ-REF-01
ONJ-DEF-01.reuse                            | after   | patient-view        | given zometa 800, ill exposed_jaw_bone 110, had craniofacial_radiotherapy false 45, had exposed_bone_days 70 d {N}    |                                                 | ONJ-DEF-01, ONJ-REF-01
NEPH-STOP-01.old                            | after   | patient-view        | ordered zometa 500, clears 25 {N} 45                                                                                  |                                                 | NEPH-STOP-01
NEPH-CUM-01.window                          | after   | order-sign          | given cisplatin {N}                                                                                                   | zometa 4                                        | NEPH-CUM-01
NEPH-TKI-01.old                             | after   | order-sign          | clears 25 {N} 45                                                                                                      | osimertinib                                     | NEPH-TKI-01
"""
SHORT = {
    "LUNG": "ill lung_cancer 400, ill bone_metastasis 200",
    "DIET": "had dietary_calcium_intake 1200 mg/d 45",
    "25OHD": "vitamin_d_25oh_total",
    "done exam": "done dental_examination",
}
NO_BOUNDARY = {
    "AR-EMERG-01.after_acute_phase": "the day for which the deferred steps are proposed",
    "AR-START-01.course": "from the first to the last dose, whatever the day",
    "AR-START-01.survival": "an estimate, not an age",
    "BRIDGE-01.after_last": "the day for which the bridge is proposed",
    "DMAB-DOSE-01.usual": "proposed interval",
    "DMAB-OLIGO-01.quarterly": "proposed interval",
    "DMAB-SPACE-01.monthly": "an interval that is ordered",
    "DMAB-SPACE-01.usual": "proposed interval",
    "IMM-SEQ-01.after": "the day for which denosumab is proposed",
    "VITD-D3-01.interval": "an interval that is ordered",
    "VITD-MAINT-01.interval": "proposed interval",
    "VITD-REPL-01.interval": "intervals of a course that is ordered or proposed",
    "ZOL-FLU-01.onset": "from the first dose to the reaction",
    "ZOL-FREQ-01.usual": "proposed interval",
    "ZOL-SPACE-01.monthly": "an interval that is ordered",
    "ZOL-SPACE-01.quarterly": "proposed interval",
    "ZOL-SPACE-01.usual": "proposed interval",
    "answers.form": "of the answers that local treatments rest on, in their own tables",
    "answers.terminal_survival": "an estimate, not an age",
    "calcium.apart": "from the calcium to its albumin",
    "calcium.history": "the look-back of HCAL-WARN-01, which a test keeps equal to it",
    "clearance.age_high": "the oldest age considered where the birth date is unknown",
    "products.zoledronate_yearly": "an interval that is ordered",
}
CASES = rows(NIGHTS)
CALM, CALM_AHEAD = calm_days(), calm_ahead()
TOMORROW = TODAY + timedelta(days=1)
NIGHT = (TODAY, TOMORROW)


def test_every_number_of_time_in_the_tables_is_crossed_here_or_is_no_boundary() -> None:
    crossed = {part for row in CASES for part in _parts(row["boundary"])}
    assert crossed.isdisjoint(NO_BOUNDARY)
    assert crossed | set(NO_BOUNDARY) == set(written())


def _parts(boundary: str) -> list[str]:
    """``RULE.key + margin`` names two numbers of one rule."""
    rule, _, keys = boundary.partition(".")
    return [f"{rule}.{key}" for key in keys.split(" + ")]


def at_the_boundary(row: dict[str, str], edition: str, patient: Bedside | None = None) -> Bedside | None:
    """The patient of the row, a fact at the boundary; None when the edition has no such boundary."""
    boundary = number(row["boundary"], edition)
    if boundary is None or (row["crossed"] == "at" and not boundary.value):
        return None
    patient, day = patient or Bedside(), before(boundary, row["crossed"])
    patient.moment = row["moment"]
    facts, drafts = (row[column].replace("{N}", day) for column in ("on file", "drafts"))
    return write(chart(spelled(facts), patient), drafts)


def spelled(facts: str) -> str:
    """The facts without abbreviations."""
    for short, whole in SHORT.items():
        facts = facts.replace(short, whole)
    return facts


def rules_that_change(one: Said, other: Said) -> tuple[set[str], set[str]]:
    """Those that change by themselves, and those that were silenced or carried by one of them."""
    keys = {key for key in one if one[key] != other[key]}
    named = {key: {rule for said in (one, other) for rule in RULE.findall(str(said[key][1]))} for key in keys}
    changed = {rule for rule, _ in keys}
    carried = {rule for rule, draft in keys if named[rule, draft] & (changed - {rule})}
    return changed - carried, carried


RULE = re.compile(r"[A-Z]{2,6}(?:-[A-Z0-9]+)?-\d{2}")


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", CASES, ids=name)
def test_the_night_changes_exactly_the_rules_of_the_boundary(row: dict[str, str], edition: str) -> None:
    patient = at_the_boundary(row, edition)
    if patient is None:
        return
    today, tomorrow = (told_on(patient, day, edition) for day in NIGHT)
    expected = {rule for rule in row["changes"].split(", ") if edition in RULES[rule].sources}
    assert rules_that_change(today, tomorrow)[0] == expected


# Whom a boundary meets: those about whom many rules have something to say.
MET = (
    "",
    "LUNG, clears 80 10 45",
    "ill lung_cancer 900, ill bone_metastasis 900, given xgeva 800, given xgeva 45, ordered xgeva 800",
    "LUNG, clears 42 10 45, given zometa 110, given zometa 45, ordered zometa 110, ill smoking_current 400",
    "ill multiple_myeloma 400, clears 25 10 45, given zometa 45, ordered cholecalciferol 45, ill onj_drug_induced 110",
    "ill lung_cancer 400, ordered xgeva 110, ill exposed_jaw_bone 110, had 25OHD 40 nmol/L 110",
)


def strangers(row: dict[str, str], edition: str, met: str, drawn: Bedside | None = None) -> set[str]:
    """The rules that change in the night of the row without having its boundary."""
    patient = at_the_boundary({**row, "on file": f"{met}, {row['on file']}"}, edition, drawn)
    boundary = number(row["boundary"], edition)
    if patient is None or boundary is None:
        return set()
    changed, _ = rules_that_change(*(told_on(patient, day, edition) for day in NIGHT))
    read = conventions_read(patient, NIGHT, edition, changed)
    return {rule for rule in changed if boundary not in boundaries(rule, edition, read)}


@pytest.mark.parametrize("row", CASES, ids=name)
def test_among_many_findings_only_rules_with_that_boundary_change(row: dict[str, str]) -> None:
    assert [strangers(row, EDITIONS[0], met) for met in MET] == [set()] * len(MET)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(row=st.sampled_from(CASES), edition=st.sampled_from(EDITIONS), met=st.sampled_from(MET), data=st.data())
def test_whoever_the_patient_is_only_rules_with_that_boundary_change(
    row: dict[str, str], edition: str, met: str, data: st.DataObject
) -> None:
    assert strangers(row, edition, met, data.draw(patients(days=CALM, ahead=CALM_AHEAD))) == set()


@settings(max_examples=120, deadline=None, derandomize=True)
@given(patient=patients(days=CALM, ahead=CALM_AHEAD), edition=st.sampled_from(EDITIONS), met=st.sampled_from(MET))
def test_between_the_boundaries_nothing_changes(patient: Bedside, edition: str, met: str) -> None:
    chart(spelled(met), patient)
    assert told_on(patient, TODAY, edition) == told_on(patient, TOMORROW, edition)
