"""Every kind of local order, from outside: an HTTP request goes in, and the card of the right rule comes out.

``record`` and the drugs are in the words of ``tests/support/charted.py``, ``told`` in those of ``tests/support/planned.py``.
"""

import json
from functools import cache
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.settings import Settings
from hooks.exact_json import dumps_exact
from tests.support.bedside import TODAY, Bedside
from tests.support.booking import proposed
from tests.support.chart import ago
from tests.support.charted import chart, write
from tests.support.drawn import name, rows
from tests.support.planned import planned

EXTENSION = "io.github.osteohooks.findings"
LUNG = "ill lung_cancer 400, ill bone_metastasis 200"

ORDERS = """
order                          | site        | told                                 | record                       | hook         | rule           | indicator
-------------------------------+-------------+--------------------------------------+------------------------------+--------------+----------------+----------
bone_radiotherapy              | site_pelvis | rt_total_dose 30 Gy, rt_fractions 10 | ordered gemcitabine 20       | order-sign   | RT-CONC-01     | critical
bone_radiotherapy              | site_pelvis |                                      | given irinotecan 1           | order-sign   | RT-WASH-01     | warning
bone_radiotherapy              | site_femur  |                                      |                              | order-select | RT-FXEXCL-01   | info
bone_stereotactic_radiotherapy | vertebra_t6 | bilsky_grade bilsky_3                |                              | order-sign   | SBRT-CI-01     | critical
bone_stereotactic_radiotherapy | vertebra_t6 | cord_dmax 17.1 Gy, rt_fractions 2    |                              | order-sign   | SBRT-CORD-01   | critical
bone_scan                      |             |                                      | done fdg_pet 20              | order-sign   | IMG-SCINT-01   | info
fdg_pet                        |             | pet_field pet_femurs_excluded        |                              | order-select | IMG-FIELD-01   | info
mri_spine                      |             | mri_extent mri_one_segment, imaging_reason reason_spinal_metastasis | | order-select | IMG-SPINE-01 | info
bone_biopsy                    | site_pelvis |                                      |                              | order-select | BIOP-DECAL-01  | info
bone_biopsy_pathology          |             | decalcifier decalcifier_nitric_acid  |                              | order-sign   | BIOP-DECAL-01  | warning
cementoplasty                  | vertebra_l2 |                                      | ordered apixaban 20          | order-sign   | CEM-AC-02      | critical
cementoplasty                  | vertebra_l2 |                                      | had platelets 50 10*9/L 1    | order-sign   | CEM-HEMO-01    | critical
prophylactic_fixation          | site_femur  |                                      |                              | order-select | IMG-LIMB-01    | info
bone_metastasis_surgery        | site_femur  | known_cancer_histology false         |                              | order-select | BIOP-PREOP-01  | warning
spine_surgery                  | vertebra_t6 | survival_estimate 2 mo               | had survival_estimate 2 mo 5 | order-select | SPINE-CI-01    | warning
tooth_extraction               |             |                                      | given zometa 20 4            | order-sign   | ONJ-EXTRACT-01 | warning
bone_tumour_board_request      |             |                                      |                              | order-sign   | MDT-OOS-02     | info
"""

VISITS = """
visit                          | record                                 | rule           | indicator
-------------------------------+----------------------------------------+----------------+----------
bone_radiotherapy              | ordered doxorubicin 20                 | RT-CONC-01     | critical
bone_radiotherapy              | done bone_metastasis_surgery 2         | SURG-HEAL-01   | warning
cementoplasty                  | ordered clopidogrel 20                 | CEM-AP-01      | warning
bone_metastasis_surgery        | ordered bevacizumab 20                 | SURG-NADIR-01  | warning
tooth_extraction               | given zometa 20 4                      | ONJ-EXTRACT-01 | warning
"""

DRUGS = """
drug        | record                         | rule         | indicator
------------+--------------------------------+--------------+----------
gemcitabine | asked bone_radiotherapy 3      | RT-CONC-01   | critical
doxorubicin | booked bone_radiotherapy -5    | RT-CONC-01   | critical
topotecan   | asked bone_radiotherapy 3      | RT-WASH-01   | warning
gemcitabine | irradiated site_pelvis 30      | RT-CONC-01   | warning
vinorelbine | done bone_metastasis_surgery 14 | SURG-HEAL-01 | warning
apixaban    | booked cementoplasty -1        | CEM-AC-02    | critical
"""


@cache
def client() -> FlaskClient:
    return create_app(Settings(sandbox=False), lambda: TODAY).test_client()


def cards(patient: Bedside, hook: str) -> list[Any]:
    """What the service of the hook answers over HTTP."""
    bundled = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": d} for d in patient.drafts]}
    context: dict[str, Any] = {"patientId": "p1", "userId": "Practitioner/x"}
    context |= {"appointments": bundled} if hook == "appointment-book" else {"draftOrders": bundled}
    if hook == "order-select":
        context["selections"] = [f"{draft['resourceType']}/{draft['id']}" for draft in patient.drafts]
    prefetch = {key: {**bundled, "type": "searchset", "entry": [{"resource": r} for r in found]}
                for key, found in patient.resources.items()}  # fmt: skip
    body = {"hook": hook, "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", "context": context,
            "prefetch": prefetch | {"patient": patient.patient}}  # fmt: skip
    answer = client().post(f"/cds-services/bone-{hook}", data=dumps_exact(body), content_type="application/json")
    assert answer.status_code == 200, answer.data
    found: list[Any] = json.loads(answer.data)["cards"]
    return found


def speaks(patient: Bedside, row: dict[str, str], hook: str) -> None:
    """The rule stands on a card of this indicator."""
    said = {line["rule"]: line["severity"] for card in cards(patient, hook) for line in card["extension"][EXTENSION]}
    assert said.get(row["rule"]) == row["indicator"], said


def lung(record: str) -> Bedside:
    return chart(f"{LUNG}, {record}" if record else LUNG)


@pytest.mark.parametrize("row", rows(ORDERS), ids=name)
def test_an_order_is_understood(row: dict[str, str]) -> None:
    speaks(
        planned(lung(row["record"]), row["order"], site=row["site"], on=ago(0), details=row["told"]), row, row["hook"]
    )


@pytest.mark.parametrize("row", rows(VISITS), ids=name)
def test_an_appointment_is_understood(row: dict[str, str]) -> None:
    speaks(proposed(lung(row["record"]), row["visit"], f"{ago(-1)}T09:00:00+02:00"), row, "appointment-book")


@pytest.mark.parametrize("row", rows(DRUGS), ids=name)
def test_a_drug_is_held_against_what_is_planned(row: dict[str, str]) -> None:
    speaks(write(lung(row["record"]), row["drug"]), row, "order-sign")
