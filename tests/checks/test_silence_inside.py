"""Patients who stand just inside a boundary: silence at every hook, in every edition, and one step further a word.

``{inside|beyond}`` is the step. The words of the cells are those of ``tests/support/charted.py`` and ``quiet.py``: where a
row does not begin with ``alone``, everything else is in order.
"""

import re

import pytest

from hooks.limits import EDITIONS
from tests.support.drawn import name, rows
from tests.support.quiet import WRITING, alarms, in_order, spoken

INSIDE = """
near           | on file                                                                                     | draft
---------------+---------------------------------------------------------------------------------------------+------------------------------------------------------------------------
VITD-REPL-01   | begun zometa, instead vitamin_d had vitamin_d_25oh_total {75|74.9} nmol/L 60                | zometa 4 28 30
VITD-REPL-01   | begun zometa, instead vitamin_d had vitamin_d_25oh_total {30|29.9} ng/mL 60                 |
VITD-REPL-01   | begun zometa, instead vitamin_d had vitamin_d_25oh_total 15 ng/mL 100, took {8|7} 90        | zometa 4 28 30
VITD-REPL-01   | begun xgeva, instead vitamin_d had vitamin_d_25oh_total 15 ng/mL {181|180}                  | xgeva 120 28 sc
VITD-MAINT-01  | begun zometa, instead cholecalciferol given cholecalciferol {100|101} 50000                 | zometa 4 28 30
VITD-TOX-01    | begun zometa, instead vitamin_d had vitamin_d_25oh_total {150|150.1} ng/mL 60               | zometa 4 28 30
VITD-TOX-01    | begun zometa, instead vitamin_d had vitamin_d_25oh_total {375|375.1} nmol/L 60              |
VITD-SAFE-01   | begun zometa, instead calcium_total had calcium_total {2.60|2.61} mmol/L 5                  | cholecalciferol 50000 30
VITD-SAFE-01   | begun zometa, instead calcium_total had calcium_total {2.60|2.61} mmol/L 5                  | calcium_carbonate 1250 1
VITD-D3-01     | begun zometa                                                                                | ergocalciferol {49999|50000} 7
CA-HYPO-01     | begun xgeva, instead calcium_total had calcium_total {2.20|2.19} mmol/L 2                   | xgeva 120 28 sc
CA-HYPO-01     | begun xgeva, instead albumin had albumin_serum 30 g/L 2, instead calcium_total had calcium_total {2.00|1.99} mmol/L 2 | xgeva 120 28 sc
CA-HYPO-01     | begun xgeva, instead calcium_total had calcium_total 1.80 mmol/L 2, had calcium_ionised {1.15|1.14} mmol/L 2 | xgeva 120 28 sc
CA-HYPO-01     | begun zometa, instead calcium_total had calcium_total 1.90 mmol/L {31|30}                   | zometa 4 28 30
CA-OVER-01     | begun xgeva, had dietary_calcium_intake {1000|1001} mg/d 40                                 | calcium_carbonate 1250 1
HCAL-WARN-01   | begun zometa, instead calcium_total had calcium_total {2.60|2.61} mmol/L 2                  |
HCAL-WARN-01   | begun zometa, instead albumin had albumin_serum 32 g/L 2, instead calcium_total had calcium_total {2.40|2.41} mmol/L 2 |
HCAL-WARN-01   | begun zometa, instead calcium_total had calcium_total 2.80 mmol/L {91|90}                   |
HCAL-WARN-01   | begun zometa, had calcium_total 2.90 mmol/L {3|1}                                           |
HCAL-CRISIS-01 | begun zometa, had calcium_total 3.80 mmol/L {3|1}                                           |
HCAL-CRISIS-01 | alone, ill breast_cancer 400, had calcium_total {3.50|3.51} mmol/L 2, had albumin_serum 40 g/L 2 |
ONJ-FU-01      | begun xgeva, instead dental_examination done dental_examination {183|184}                   | xgeva 120 28 sc
ONJ-FU-01      | begun zometa, instead dental_examination done dental_examination 250, booked dental_visit {-60|-61} |
ONJ-EXTRACT-01 | alone, ill bone_metastasis 900, given xgeva {366|365}, ordered cholecalciferol 300          | visit tooth_extraction
ONJ-EXTRACT-01 | alone, ill bone_metastasis 900, given zometa {366|365}, ordered cholecalciferol 300         | service dental_implant
ONJ-REF-01     | begun xgeva, ill onj_drug_induced 40, asked oral_surgery_referral {40|41}                   |
ONJ-DEF-01     | begun xgeva, had exposed_jaw_bone {false|true} 20                                           |
DUR-24M-01     | begun xgeva, given xgeva {2024-06-04|2024-06-03}                                            | xgeva 120 28 sc
DUR-24M-01     | begun xgeva, given xgeva 900, done bone_reevaluation {365|366}                              | xgeva 120 28 sc
DUR-STOP-01    | begun zometa, given zometa {2024-06-03|2024-06-04}, done bone_reevaluation 30               | stop zometa
DUR-CTX-01     | begun zometa                                                                                | visit ctx_serum {08:59|09:00}
BRIDGE-01      | begun xgeva, told paracetamol 2                                                             | stop xgeva; {zometa 4 28 30 for denosumab_zoledronate_bridge|paracetamol}
BRIDGE-02      | alone, ill bone_metastasis 900, clears 80, stopped xgeva 700, given xgeva {59|60}, done dental_examination 60, ordered cholecalciferol 300 |
BRIDGE-02      | alone, ill bone_metastasis 900, clears 80, stopped xgeva 700, given xgeva {549|548}         |
NEPH-STOP-01   | begun zometa, instead clears clears {30.0|29.9}                                             |
NEPH-CUM-01    | begun zometa, given cisplatin {43|42}                                                       | zometa 4 28 30
NEPH-CHEMO-01  | begun xgeva, instead clears clears {30.0|29.9}                                              | carboplatin
NEPH-TKI-01    | begun xgeva, instead clears clears {30.0|29.9}                                              | osimertinib
IMM-SEQ-01     | given xgeva {180|181}, ordered pembrolizumab 5                                              | xgeva 120 28 sc
DMAB-ADH-01    | given xgeva 63, given xgeva {35|36}, ordered xgeva 170                                      |
DMAB-ADH-01    | given xgeva 50, ordered xgeva 170, booked denosumab_injection_visit {-7|-8}                 |
DMAB-DOSE-01   | given xgeva {21|20}, ordered xgeva 170                                                      | xgeva 120 28 sc
DMAB-DOSE-01   | begun xgeva                                                                                 | xgeva {119.5|119.4} 28 sc
DMAB-DOSE-01   | begun xgeva                                                                                 | xgeva 120 {21|20} sc
DMAB-SPACE-01  | begun xgeva                                                                                 | xgeva 120 {35|36} sc
DMAB-ADYN-01   | begun xgeva, instead clears clears {30.0|29.9}                                              | xgeva 120 28 sc
ZOL-DOSE-01    | begun zometa, instead clears clears {60.1|60.0}                                             | zometa 4 28 30
ZOL-DOSE-01    | begun zometa, instead clears clears {50.0|49.9}                                             | zometa 3.5 28 30
ZOL-DOSE-01    | begun zometa, instead clears clears 80 10 {90|91}                                           | zometa 4 28 30
ZOL-CI-01      | begun zometa, instead clears clears {30.0|29.9}                                             | zometa 3 28 30
ZOL-CI-01      | begun zometa, done dialysis_session {91|90}                                                 | zometa 4 28 30
ZOL-INFUS-01   | begun zometa                                                                                | zometa 4 28 {20|19.9}
ZOL-FREQ-01    | given zometa {21|20}, ordered zometa 170                                                    | zometa 4 28 30
ZOL-SPACE-01   | begun zometa, had disease_extent oligometastatic 20                                         | zometa 4 {36|35} 30
ZOL-SPACE-01   | begun zometa, had disease_extent multimetastatic 20, had oncological_response {complete_response|stable_disease} 20 | zometa 4 90 30
AR-RENAL-01    | begun zometa, instead clears clears 80 {30|31} 60                                           | zometa 4 28 30
AR-DUP-01      | begun zometa, ordered prolia 500, given prolia {214|213} 60                                 | zometa 4 28 30
AR-START-01    | alone, ill lung_cancer 400, ill bone_metastasis 30, had life_expectancy {2.9|3} mo 5        |
SPINE-MSCC-01  | begun zometa, ill spinal_cord_compression {8|7}                                             |
SPINE-MSCC-01  | begun zometa, had motor_deficit true {8|7}                                                  |
SPINE-MSCC-01  | begun zometa, had frankel_grade frankel-e 40, had frankel_grade frankel-d3 {8|7}            |
AR-START-02    | alone, ill lung_cancer 400, ill bone_metastasis 200, done bone_radiotherapy 30, given prolia {180|181} 60 |
"""

# The first dose, all prepared: the chart still says that nothing was started, so these are asked where orders are written.
PREPARED = """
near           | on file                                                                            | draft
---------------+------------------------------------------------------------------------------------+------------------------------------------------------------
AR-SCOPE-01    | born {2008-06-03|2008-06-04}                                                       | xgeva 120 28 sc
AR-DENTAL-01   | instead dental_examination done dental_examination {183|184}                       | xgeva 120 28 sc
AR-OPG-01      | instead panoramic done dental_panoramic_xray {365|366}                             | xgeva 120 28 sc
AR-RENAL-01    | instead clears clears 80 {90|91} 60                                                | xgeva 120 28 sc
AR-RENAL-01    | instead clears clears 80 {30|31} 60, told paracetamol 2                            | zometa 4 28 30
AR-EXTRACT-01  | done tooth_extraction {91|90}                                                      | xgeva 120 28 sc
AR-EXTRACT-01  | done tooth_extraction {21|20}, had dental_clearance_after_extraction true 2        | xgeva 120 28 sc
AR-CONC-01     | given bevacizumab {91|90}                                                          | xgeva 120 28 sc
AR-CONC-01     | irradiated site_head_neck {366|365}                                                | xgeva 120 28 sc
AR-EMERG-01    | instead dental_examination done dental_examination {183|184}, told paracetamol 2   | zometa 4 28 30 as stat for emergency_hypercalcaemia
VITD-CHECK-01  | instead vitamin_d had vitamin_d_25oh_total 90 nmol/L {180|181}                     | xgeva 120 28 sc
VITD-CHECK-01  | instead vitamin_d told paracetamol 2                                               | xgeva 120 28 sc; service {vitamin_d_25oh_total|calcium_total}
ZOL-PARA-01    | told {paracetamol|prednisone} 2                                                    | zometa 4 28 30
IMM-SEQ-01     | ordered pembrolizumab 5, given {pembrolizumab|pemetrexed} 1                        | xgeva 120 28 sc
IMM-SEQ-01     | ordered pembrolizumab 5, done bone_radiotherapy {90|91}                            | xgeva 120 28 sc
DMAB-OLIGO-01  | had disease_extent oligometastatic {121|120}                                       | xgeva 120 28 sc
"""
STEP = re.compile(r"\{([^|}]*)\|([^}]*)\}")
FAMILIES = ("VITD", "CA", "AR", "ZOL", "DMAB", "ONJ", "DUR", "BRIDGE", "NEPH", "IMM", "HCAL", "SPINE")


def table(drawn: str) -> list[dict[str, str]]:
    """The rows; the bar of a step is no wall of a cell."""
    kept = STEP.sub(r"{\1/\2}", drawn)
    return [{key: re.sub(r"\{([^/}]*)/([^}]*)\}", r"{\1|\2}", cell) for key, cell in row.items()} for row in rows(kept)]


def taken(row: dict[str, str], step: int) -> dict[str, str]:
    """The row inside (1) or beyond (2) the boundary, with everything else in order."""
    return in_order({key: STEP.sub(lambda found: found[step], cell) for key, cell in row.items()})


ALL = [(row, None) for row in table(INSIDE)] + [(row, WRITING) for row in table(PREPARED)]
EACH = [pytest.param(row, *([moments] if moments else [()]), id=name(row)) for row, moments in ALL]


def test_every_family_stands_at_an_edge() -> None:
    assert {row["near"].split("-")[0] for row, _ in ALL} == set(FAMILIES)
    assert all(sum(len(STEP.findall(cell)) for cell in row.values()) == 1 for row, _ in ALL)


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize(("row", "moments"), EACH)
def test_just_inside_nothing_is_said(row: dict[str, str], moments: tuple[str, ...], edition: str) -> None:
    assert alarms(spoken(taken(row, 1), edition, *([moments] if moments else []))) == {}


@pytest.mark.parametrize(("row", "moments"), EACH)
def test_one_step_further_the_rule_speaks(row: dict[str, str], moments: tuple[str, ...]) -> None:
    said = spoken(taken(row, 2), EDITIONS[0], *([moments] if moments else []))
    assert row["near"] in {line.split()[0] for lines in said.values() for line in lines}
