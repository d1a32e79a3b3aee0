"""ONJ-EXTRACT-01: under treatment teeth are kept."""

import pytest

from fhir_mappers.orders import OrderContext
from fhir_mappers.record.proposals import NewService, RemoveDraft
from hooks.limits import EDITIONS, load_editions
from hooks.suggestions import suggestions
from hooks.texts import Speaker
from tests.support.bedside import RULES, TODAY, Bedside
from tests.support.booking import proposed, requested
from tests.support.chart import ago, dispensed
from tests.support.drawn import name, rows

EXPOSURES = """
draft                  | treatment             | outcome
-----------------------+-----------------------+---------------------------------
tooth_extraction       | xgeva 28              | warning due
tooth_extraction       | zometa 28             | warning due
dental_implant         | xgeva 28              | warning implant
tooth_extraction       | xgeva 365             | warning due                      # a year after the last dose
tooth_extraction       | xgeva 366             | satisfied
dental_implant         | zometa 365            | warning implant
dental_implant         | zometa 366            | satisfied
tooth_extraction       | dispense xgeva 365    | warning due
tooth_extraction       | stated xgeva 365      | warning due
tooth_extraction       | order xgeva 35        | warning due                      # presumed treated
tooth_extraction       | order xgeva 34        | satisfied
tooth_extraction       | prolia 28             | satisfied                        # osteoporosis product
tooth_extraction       | denosumab 28          | needs-data product               # cannot be told
tooth_extraction       | xgeva 2025            | needs-data antiresorptive_doses  # 154 to 518 days
tooth_extraction       |                       | satisfied
tooth_extraction       | ?                     | needs-data antiresorptive_doses
dental_examination     | xgeva 28              | not-applicable
conservative_dental_care | xgeva 28            | not-applicable
"""


def exposed(treatment: str, moment: str) -> Bedside:
    patient = Bedside(moment=moment).ill("bone_metastasis")
    *how, product, day = treatment.split() if " " in treatment else ("", "", "")
    if treatment == "?":
        patient.without("medicationAdministrations")
    elif how == ["dispense"]:
        dispensed(patient, product, ago(day))
    elif how == ["stated"]:
        patient.stated(product, ago(day))
    elif how == ["order"]:
        patient.ordered(product, ago(day))
    elif treatment:
        patient.given(product, ago(day))
    return patient


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("moment", ["order-select", "order-sign", "appointment-book"])
@pytest.mark.parametrize("row", rows(EXPOSURES), ids=name)
def test_no_tooth_is_taken_out_under_treatment(row: dict[str, str], moment: str, edition: str) -> None:
    draft = proposed if moment == "appointment-book" else requested
    assert draft(exposed(row["treatment"], moment), row["draft"]).outcome("ONJ-EXTRACT-01", edition) == row["outcome"]


@pytest.mark.parametrize("status", ["cancelled", "noshow", "entered-in-error"])
def test_an_extraction_called_off_is_silent(status: str) -> None:
    patient = Bedside(moment="appointment-book").given("xgeva", ago(28))
    assert proposed(patient, "tooth_extraction", status=status).outcome("ONJ-EXTRACT-01") == "not-applicable"
    assert proposed(patient, "tooth_extraction").outcome("ONJ-EXTRACT-01") == "warning due"


def test_an_extraction_is_replaced_by_conservative_care_and_a_specialised_centre() -> None:
    patient = requested(Bedside().given("xgeva", ago(28)), "tooth_extraction")
    finding = patient.asks("ONJ-EXTRACT-01")
    (draft,) = patient.record().drafts
    instead = NewService(("conservative_dental_care", "oral_surgery_referral"))
    assert finding.verdict.proposals == (RemoveDraft(draft, instead), NewService(("oral_surgery_referral",)))
    assert finding.verdict.notes == ()
    assert set(RULES["ONJ-EXTRACT-01"].hooks) == {"order-select", "order-sign", "appointment-book"}


def test_the_suggestion_deletes_the_extraction_and_orders_the_care() -> None:
    patient = requested(Bedside().given("xgeva", ago(28)), "tooth_extraction")
    finding = patient.asks("ONJ-EXTRACT-01")
    context = OrderContext("p1", None, None, TODAY, "en", patient.record().drafts)
    first, second = suggestions([finding], context, Speaker("en", RULES, load_editions()["aura-2026"]))
    assert first.label == (
        "Replace this order by conservative dental care and specialised oral and maxillofacial centre"
    )
    told = [(a.type.value, a.resource_id or (a.resource or {})["code"]["coding"][0]["code"]) for a in first.actions]
    assert told == [("delete", "ServiceRequest/s0"), ("create", "conservative-dental-care"),
                    ("create", "oral-surgery-referral")]  # fmt: skip
    assert [a.type.value for a in second.actions] == ["create"]


@pytest.mark.parametrize(("language", "begins"), [("en", "Replace this appointment by"),
                                                  ("fr", "Remplacer ce rendez-vous par :")])  # fmt: skip
def test_an_appointment_is_called_one(language: str, begins: str) -> None:
    patient = proposed(Bedside(moment="appointment-book").given("xgeva", ago(28)), "tooth_extraction")
    context = OrderContext("p1", None, None, TODAY, language, patient.record().drafts)
    speaker = Speaker(language, RULES, load_editions()["aura-2026"])
    first, *_ = suggestions([patient.asks("ONJ-EXTRACT-01")], context, speaker)
    assert first.label.startswith(begins)


@pytest.mark.parametrize(("language", "label"), [("en", "Put this order on hold"),
                                                 ("fr", "Mettre cette prescription en attente")])  # fmt: skip
def test_an_order_past_an_osteonecrosis_is_put_on_hold_and_nothing_else_is_touched(language: str, label: str) -> None:
    patient = Bedside().ill("onj_drug_induced").drafts_order("xgeva", "120 mg")
    context = OrderContext("p1", None, None, TODAY, language, patient.record().drafts)
    speaker = Speaker(language, RULES, load_editions()["aura-2026"])
    first, *_ = suggestions([patient.asks("ONJ-REF-01")], context, speaker)
    (action,) = first.actions
    assert (first.label, action.type.value) == (label, "update")
    assert action.resource == {**patient.drafts[0], "status": "on-hold"}
