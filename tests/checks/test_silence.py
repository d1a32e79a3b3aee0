"""Patients to whom the guideline asks nothing: no finding speaks, at any of the six hooks, in any edition.

A cell holds facts, separated by commas: ``ill`` a disease, ``given``, ``ordered``, ``told`` or ``done`` something so
many days ago, ``had`` a result, ``born``, ``sex``, ``clears`` so many mL/min. Drafts are sent where orders are written.
"""

import pytest

from hooks.evaluate import Findings, Guideline, evaluate
from hooks.limits import EDITIONS
from hooks.services import services
from tests.support.bedside import RULES, Bedside
from tests.support.chart import ago
from tests.support.drawn import name, rows
from tests.support.renal import clearing
from tests.support.varied import MOMENTS

WRITING = ("order-select", "order-sign", "medication-refill")

NO_BONE_DISEASE = """
who                        | on file                                                  | draft
---------------------------+----------------------------------------------------------+---------------------------
nobody in particular       |                                                          |
a woman of 80              | born 1946-01-01, sex female                              |
a child                    | born 2016-01-01                                          |
a child with a fracture    | born 2016-01-01, ill severe_hepatic_disease              |
a pregnant woman           | sex female, born 1990-01-01, ill pregnancy               |
renal failure              | clears 12                                                |
dialysis                   | ill dialysis_dependence, done dialysis_session 2         |
an antalgic                |                                                          | paracetamol
a corticosteroid           |                                                          | prednisone
renal failure, antalgic    | clears 12                                                | paracetamol
low vitamin D              | had vitamin_d_25oh_total 20 nmol/L 30                    |
a dental extraction        | done tooth_extraction 5                                  |
a dental treatment to do   | had dental_examination_outcome dental-treatment-needed 5 |
osteoporosis, yearly       |                                                          | aclasta 5
osteoporosis, every year   | given aclasta 370 5, clears 80                           | aclasta 5
osteoporosis, kidney       | clears 25                                                | aclasta 5
osteoporosis, twice a year |                                                          | prolia 60
osteoporosis, on time      | given prolia 182 60, ordered prolia 400                  | prolia 60
osteoporosis, overdue      | given prolia 300 60, ordered prolia 400                  |
osteoporosis, stopped      | given prolia 300 60, stopped prolia 400                  |
osteoporosis, kidney       | clears 25, given prolia 100 60                           | prolia 60
osteoporosis, by mouth     | ordered alendronate 100                                  | alendronate
osteoporosis, by mouth too | told alendronate 100, clears 25                          |
osteoporosis, both         | ordered alendronate 100                                  | prolia 60
osteoporosis, extraction   | ordered prolia 400, done tooth_extraction 5              | prolia 60
"""

OTHER_CANCER = """
who                        | on file                                                  | draft
---------------------------+----------------------------------------------------------+---------------------------
lung                       | ill lung_cancer                                          |
lung, comfort care         | ill lung_cancer, ill comfort_care_only                   |
lung, platinum             | ill lung_cancer, clears 80                               | cisplatin
lung, carboplatin          | ill lung_cancer, clears 30                               | carboplatin
lung, maintenance          | ill lung_cancer, clears 60, given pemetrexed 21          | pemetrexed
lung, doublet              | ill lung_cancer, clears 80                               | carboplatin; pemetrexed
lung, EGFR                 | ill lung_cancer, clears 30                               | osimertinib
lung, EGFR, no laboratory  | ill lung_cancer                                          | osimertinib
lung, ALK                  | ill lung_cancer, clears 80                               | crizotinib
lung, RET                  | ill lung_cancer, clears 80                               | selpercatinib
lung, immunotherapy        | ill lung_cancer                                          | pembrolizumab
lung, immunotherapy goes on | ill lung_cancer, given pembrolizumab 21                 | pembrolizumab
lung, anti-angiogenic      | ill lung_cancer                                          | bevacizumab
lung, failing kidney       | ill lung_cancer, clears 12                               |
lung, gemcitabine          | ill lung_cancer, clears 25                               | gemcitabine
lung, steroid              | ill lung_cancer, clears 25                               | prednisone
lung, osteoporosis         | ill lung_cancer, clears 80                               | aclasta 5
lung, osteoporosis too     | ill lung_cancer                                          | prolia 60
lung, dental extraction    | ill lung_cancer, done tooth_extraction 5                 |
breast or prostate         | ordered prolia 100                                       | prolia 60
kidney cancer              | clears 20                                                | sunitinib
breast, CDK4/6             | clears 20                                                | palbociclib
bowel, platinum            | clears 80                                                | oxaliplatin
bowel, no laboratory       |                                                          | oxaliplatin
elsewhere, platinum        |                                                          | cisplatin
melanoma                   | clears 20                                                | nivolumab
"""

BONE_DISEASE = """
who                        | on file                                                  | draft
---------------------------+----------------------------------------------------------+---------------------------
another tumour             | ill bone_metastasis 30                                   |
another tumour, steroid    | ill bone_metastasis 30                                   | prednisone
another tumour, antalgic   | ill bone_metastasis 30, clears 12                        | paracetamol
myeloma                    | ill multiple_myeloma 30                                  |
myeloma, antalgic          | ill multiple_myeloma 30                                  | paracetamol
comfort care               | ill lung_cancer, ill bone_metastasis 30, ill comfort_care_only |
hospice                    | ill lung_cancer, ill bone_metastasis 30, ill hospice_care |
declined                   | ill lung_cancer, ill bone_metastasis 30, had antiresorptive_declined true 30 |
a child with a tumour      | born 2016-01-01, ill bone_metastasis 30                  |
"""

IN_ORDER = "ill lung_cancer 400, ill bone_metastasis 200, clears 80, had calcium_total 2.40 mmol/L 2, "
IN_ORDER += "had albumin_serum 40 g/L 2, had vitamin_d_25oh_total 100 nmol/L 20, done dental_examination 60, "
IN_ORDER += "done dental_panoramic_xray 60, had dental_examination_outcome dental-cleared 60, "
IN_ORDER += "ordered cholecalciferol 300"
BEGUN = "given {drug} 168, given {drug} 140, given {drug} 112, given {drug} 84, given {drug} 56, given {drug} 28"
BEGUN += ", ordered {drug} 170"

READY = """
who                          | on file                                   | draft
-----------------------------+-------------------------------------------+----------------------------
zoledronate, first dose      | told paracetamol 2                        | zometa 4 28 30
denosumab, first dose        |                                           | xgeva 120 28 sc
denosumab, biosimilar        |                                           | wyost 120 28 sc
denosumab and antalgic       |                                           | xgeva 120 28 sc; paracetamol
"""

WELL_TREATED = """
who                          | on file                                   | draft
-----------------------------+-------------------------------------------+----------------------------
zoledronate, monthly         | begun zometa                              | zometa 4 28 30
zoledronate, twenty minutes  | begun zometa                              | zometa 4 28 20
zoledronate, chart only      | begun zometa                              |
pamidronate, chart only      | begun pamidronate                         |
denosumab, monthly           | begun xgeva                               | xgeva 120 28 sc
denosumab, chart only        | begun xgeva                               |
denosumab, another order     | begun xgeva                               | paracetamol
denosumab and EGFR inhibitor | begun xgeva                               | osimertinib
denosumab and platinum       | begun xgeva                               | cisplatin; pemetrexed
denosumab, immunotherapy     | begun xgeva, given pembrolizumab 21       | pembrolizumab
"""


def chart(facts: str) -> Bedside:
    patient = Bedside()
    for fact in filter(None, (part.strip() for part in facts.split(","))):
        _add(patient, *fact.split(" "))
    return patient


def _add(patient: Bedside, verb: str, what: str, *more: str) -> None:
    drug = what.replace("_", " ")
    match verb:
        case "born" | "sex":
            patient.person(**{verb: what})
        case "clears":
            clearing(what, sex=str((patient.patient or {})["gender"]), bedside=patient)
        case "ill":
            patient.ill(what, ago(more[0]) if more else None)
        case "done":
            patient.done(what, ago(more[0]))
        case "had":
            patient.observed(what, f"{' '.join(more[:-1])} @ {ago(more[-1])}")
        case "given":
            patient.given(drug, ago(more[0]), f"{more[1]} mg" if more[1:] else None)
        case "ordered" | "stopped":
            patient.ordered(drug, ago(more[0]), status="active" if verb == "ordered" else verb)
        case "told":
            patient.stated(drug, ago(more[0]))
        case _:
            raise ValueError(verb)


def write(patient: Bedside, drafts: str) -> None:
    """``zometa 4 28 30``: product, mg, every so many days, over so many minutes or ``sc``."""
    for draft in filter(None, (part.strip() for part in drafts.split(";"))):
        product, dose, days, how = (*draft.split(" "), "", "", "")[:4]
        extra = {"every": f"{days} d"} if days else {}
        extra |= {"route": "route_sc"} if how == "sc" else ({"over": f"{how} min"} if how else {})
        patient.drafts_order(product, f"{dose} mg" if dose else None, **extra)


def asked(facts: str, drafts: str, moment: str, edition: str) -> Findings:
    """What the service of one moment answers."""
    patient = chart(facts)
    patient.moment = moment
    if moment in WRITING:
        write(patient, drafts)
    checks = tuple(check for service in services() if service.hook == moment for check in service.checks)
    found = evaluate(checks, patient.record(), Guideline(RULES, edition))
    assert not found.broken, found.broken
    return found


def in_order(row: dict[str, str]) -> dict[str, str]:
    """The row with everything in order, and its six doses written out."""
    first, _, rest = row["on file"].partition(",")
    doses = BEGUN.format(drug=first.removeprefix("begun ")) if first.startswith("begun ") else first
    return {**row, "on file": f"{IN_ORDER}, {doses},{rest}"}


PREPARED = [in_order(row) for row in rows(READY)]
PATIENTS = [row for table in (NO_BONE_DISEASE, OTHER_CANCER, BONE_DISEASE) for row in rows(table)]
PATIENTS += [in_order(row) for row in rows(WELL_TREATED)]


def test_there_are_enough_of_them() -> None:
    assert len({name(row) for row in PATIENTS}) == len(PATIENTS) >= 60


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", PATIENTS, ids=lambda row: row["who"])
def test_nothing_is_said(row: dict[str, str], edition: str) -> None:
    assert spoken(row, MOMENTS, edition) == {}


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", PREPARED, ids=lambda row: row["who"])
def test_a_well_prepared_first_order_is_signed_without_a_word(row: dict[str, str], edition: str) -> None:
    assert spoken(row, WRITING, edition) == {}


@pytest.mark.parametrize("row", PREPARED, ids=lambda row: row["who"])
def test_the_same_order_speaks_when_nothing_is_prepared(row: dict[str, str]) -> None:
    assert spoken({**row, "on file": "ill lung_cancer, ill bone_metastasis 30"}, WRITING, EDITIONS[0])


def spoken(row: dict[str, str], moments: tuple[str, ...], edition: str) -> dict[str, list[str]]:
    """What speaks at which moment."""
    found = {moment: asked(row["on file"], row["draft"], moment, edition).speaking for moment in moments}
    return {
        moment: [f"{f.rule.id} {f.status} {f.verdict.case}" for f in speaking]
        for moment, speaking in found.items()
        if speaking
    }
