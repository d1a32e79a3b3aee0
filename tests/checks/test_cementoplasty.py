"""CEM-HEMO-01, CEM-CI-01, CEM-RELCI-01, CEM-EPID-01, CEM-ABX-01: before a cementoplasty."""

from typing import Any

import pytest

from fhir_mappers.orders import OrderContext
from fhir_mappers.record.proposals import HoldDraft, Names, NewService, RemoveDraft
from hooks.cards import show
from hooks.limits import EDITIONS, load_editions
from hooks.texts import Speaker
from tests.support.acts import CLEAN, act, ahead, details
from tests.support.bedside import RULES, TODAY, Bedside, concept
from tests.support.booking import proposed
from tests.support.chart import ago, asked_for
from tests.support.drawn import name, rows

BLOOD = """
act | platelets            | prothrombin      | also                       | outcome
----+----------------------+------------------+----------------------------+--------------------------------------
3   | 51 10*9/L @ -1       | 51 % @ -1        |                            | satisfied
3   | 50 10*9/L @ -1       | 90 % @ -1        |                            | critical due          # equal is not met
3   | 50.1 10*9/L @ -1     | 90 % @ -1        |                            | satisfied
3   | 50000 /mm3 @ -1      | 90 % @ -1        |                            | critical due
3   | 50001 /mm3 @ -1      | 90 % @ -1        |                            | satisfied
3   | 50 G/L @ -1          | 90 % @ -1        |                            | critical due
3   | 200 10*9/L @ -1      | 50 % @ -1        |                            | critical due
3   | 200 10*9/L @ -1      | 50.5 % @ -1      |                            | satisfied
3   | 40 10*9/L @ -1       |                  |                            | critical due          # the other is missing
3   |                      | 30 % @ -1        |                            | critical due
3   | 200 10*9/L @ -1      |                  |                            | needs-data prothrombin_percent
3   |                      |                  |                            | needs-data platelets,prothrombin_percent
3   | 200 10*9/L @ -1      |                  | inr 1.1 {INR} @ -1         | needs-data prothrombin_percent   # not converted
3   | 200 10*9/L @ -4      | 90 % @ -4        |                            | satisfied             # seven days before the act
3   | 200 10*9/L @ -5      | 90 % @ -4        |                            | needs-data platelets  # eight
3   | 40 10*9/L @ -5       | 90 % @ -4        |                            | needs-data platelets  # too old to tell
7   | 40 10*9/L @ 0        | 90 % @ 0         |                            | critical due          # day 7 is near
8   | 40 10*9/L @ 0        | 90 % @ 0         |                            | warning repeat        # day 8 is far
8   | 200 10*9/L @ 0       | 40 % @ 0         |                            | warning repeat
8   | 200 10*9/L @ 0       | 90 % @ 0         |                            | satisfied
8   |                      |                  |                            | satisfied             # no value is silent
8   | 40 10*9/L @ -30      |                  |                            | warning repeat
8   | 40 10*9/L @ -31      |                  |                            | satisfied
    | 200 10*9/L @ -7      | 90 % @ -7        |                            | satisfied             # no date: today
    | 200 10*9/L @ -8      | 90 % @ -7        |                            | needs-data platelets
3   | <30 10*9/L @ -1      | 90 % @ -1        |                            | critical due
3   | <60 10*9/L @ -1      | 90 % @ -1        |                            | needs-data platelets
3   | >40 10*9/L @ -1      | 90 % @ -1        |                            | needs-data platelets
3   | >50 10*9/L @ -1      | >100 % @ -1      |                            | satisfied
3   | 200 furlong @ -1     | 90 % @ -1        |                            | needs-data platelets
3   | 200 10*9/L @ -1      | 0.9 % @ -1       |                            | needs-data prothrombin_percent   # a ratio
3   | 200 10*9/L @ -2      | 90 % @ -1        | platelets 40 10*9/L @ -1   | critical due          # the newer one
3   | 40 10*9/L @ -2       | 90 % @ -1        | platelets 80 10*9/L @ -1   | satisfied
3   | 200 10*9/L @ -1      | 90 % @ -1        | platelets 40 10*9/L @ -1   | critical due          # two of one day: the lowest
3   | 200 10*9/L @ -1      | 90 % @ -1        | severe_coagulation_disorder | critical disorder
9   |                      |                  | severe_coagulation_disorder | critical disorder
"""


def bleeding(row: dict[str, str]) -> Bedside:
    patient = Bedside()
    facts = [("platelets", row["platelets"]), ("prothrombin_percent", row["prothrombin"])]
    if "@" in row["also"]:
        what, _, fact = row["also"].partition(" ")
        facts.append((what, fact))
    elif row["also"]:
        patient.ill(row["also"])
    for what, fact in facts:
        value, _, day = fact.partition(" @ ")
        patient.observed(what, f"{value} @ {ahead(day)}") if fact else None
    return patient


@pytest.mark.parametrize("row", rows(BLOOD), ids=name)
def test_platelets_and_prothrombin_allow_the_puncture(row: dict[str, str]) -> None:
    assert act(bleeding(row), "cementoplasty", row["act"]).outcome("CEM-HEMO-01") == row["outcome"]


@pytest.mark.parametrize("what", ["vertebroplasty", "kyphoplasty", "cementoplasty_extraspinal",
                                  "vertebral_implant_augmentation"])  # fmt: skip
@pytest.mark.parametrize("moment", ["order-sign", "appointment-book"])
def test_every_cementoplasty_is_looked_at_also_when_it_is_booked(what: str, moment: str) -> None:
    patient = Bedside(moment=moment).observed("platelets", f"40 10*9/L @ {ago(1)}")
    drafted = proposed(patient, what, ahead(3)) if moment == "appointment-book" else act(patient, what, "3")
    assert drafted.outcome("CEM-HEMO-01") == "critical due"
    assert set(RULES["CEM-HEMO-01"].hooks) == {"order-sign", "appointment-book"}


def test_a_preliminary_count_may_stop_but_never_reassures() -> None:
    low = Bedside().observed("platelets", f"200 10*9/L @ {ago(2)}").observed("prothrombin_percent", f"90 % @ {ago(2)}")
    assert act(low, "cementoplasty", "3").outcome("CEM-HEMO-01") == "satisfied"
    low.observed("platelets", f"30 10*9/L @ {ago(1)}", status="preliminary")
    assert low.outcome("CEM-HEMO-01") == "critical due"
    high = Bedside().observed("platelets", f"200 10*9/L @ {ago(1)}", status="preliminary")
    high.observed("prothrombin_percent", f"90 % @ {ago(2)}")
    assert act(high, "cementoplasty", "3").outcome("CEM-HEMO-01") == "needs-data platelets"
    wrong = Bedside().observed("platelets", f"30 10*9/L @ {ago(1)}", status="entered-in-error")
    assert act(wrong, "cementoplasty", "9").outcome("CEM-HEMO-01") == "satisfied"


def test_what_was_not_sent_is_not_known_even_far_away() -> None:
    patient = act(Bedside().without("observations"), "cementoplasty", "20").asks("CEM-HEMO-01")
    assert {gap.why for gap in patient.verdict.missing} == {"not-fetched"}


def test_the_card_shows_both_values_the_limits_and_orders_the_tests() -> None:
    patient = Bedside().observed("platelets", f"38 G/L @ {ago(1)}").observed("prothrombin_percent", f"72 % @ {ago(1)}")
    finding = act(patient, "cementoplasty", "3", **CLEAN).asks("CEM-HEMO-01")
    assert finding.verdict.proposals == (NewService(("blood_count", "prothrombin_test")),)
    context = OrderContext("p1", None, None, TODAY, "en", patient.record().drafts)
    cards = show(patient.findings(), context, Speaker("en", RULES, load_editions()["aura-2026"]))
    card = next(card for card in cards if card.indicator.value == "critical")
    assert "above 50 G/L and prothrombin above 50 %" in card.summary
    assert "38 G/L" in card.detail
    assert "72 %" in card.detail
    made = [a.resource["code"]["coding"][0]["code"] for s in card.suggestions for a in s.actions or () if a.resource]
    assert made == ["26515-7", "5894-1"]


def test_only_an_inr_is_said_to_be_one() -> None:
    patient = Bedside().observed("inr", f"1.1 {{INR}} @ {ago(1)}").observed("platelets", f"200 10*9/L @ {ago(1)}")
    assert act(patient, "cementoplasty", "").asks("CEM-HEMO-01").verdict.notes == ("inr", "undated")


ABSOLUTE = """
told                                                              | chart                            | outcome
------------------------------------------------------------------+----------------------------------+---------------------------
asymptomatic_stable_fracture=no pain_mechanism=pain_mechanical    |                                  | satisfied
asymptomatic_stable_fracture=yes pain_mechanism=pain_mechanical   |                                  | critical due
asymptomatic_stable_fracture=no pain_mechanism=pain_diffuse       |                                  | critical due
asymptomatic_stable_fracture=no pain_mechanism=pain_nocturnal,pain_diffuse |                         | critical due
asymptomatic_stable_fracture=yes                                  |                                  | critical due
pain_mechanism=pain_mechanical                                    |                                  | needs-data asymptomatic_stable_fracture
asymptomatic_stable_fracture=no                                   |                                  | needs-data pain_mechanism
asymptomatic_stable_fracture=no pain_mechanism=pain_mechanical    | systemic_infection active        | critical due
asymptomatic_stable_fracture=no pain_mechanism=pain_mechanical    | systemic_infection resolved      | satisfied
asymptomatic_stable_fracture=no pain_mechanism=pain_mechanical    | systemic_infection suspected     | satisfied
asymptomatic_stable_fracture=no pain_mechanism=pain_mechanical    | puncture_site_infection active   | critical due
asymptomatic_stable_fracture=no pain_mechanism=pain_mechanical systemic_infection=yes |              | critical due
asymptomatic_stable_fracture=no pain_mechanism=pain_mechanical    | cement_allergy active            | critical due
asymptomatic_stable_fracture=no pain_mechanism=pain_mechanical    | cement_allergy resolved          | satisfied
asymptomatic_stable_fracture=no pain_mechanism=pain_mechanical    | crp high                         | satisfied
asymptomatic_stable_fracture=no pain_mechanism=pain_mechanical    | severe_coagulation_disorder active | satisfied
"""


def told(cell: str) -> dict[str, Any]:
    pairs = (word.split("=") for word in cell.split())
    flags = {"yes": True, "no": False}
    return {k: flags[v] if v in flags else (tuple(v.split(",")) if "," in v else v) for k, v in pairs}


def allergic(patient: Bedside, what: str, status: str = "active") -> Bedside:
    row = {"code": concept(what), "clinicalStatus": {"coding": [{"code": status}]}}
    return patient.add("allergies", "AllergyIntolerance", row)


def charted(cell: str) -> Bedside:
    patient, (what, _, how) = Bedside(), cell.partition(" ")
    if what == "crp":
        patient.observed("crp", f"210 mg/L @ {ago(1)}")
    elif what == "cement_allergy":
        allergic(patient, what, how)
    elif what:
        doubt = {"verificationStatus": {"coding": [{"code": "provisional"}]}} if how == "suspected" else {}
        patient.ill(what, status="active" if how == "suspected" else how, **doubt)
    return patient


@pytest.mark.parametrize("row", rows(ABSOLUTE), ids=name)
def test_absolute_contraindications(row: dict[str, str]) -> None:
    patient = act(charted(row["chart"]), "cementoplasty", "3", **details(**told(row["told"])))
    assert patient.outcome("CEM-CI-01") == row["outcome"]


def test_the_same_answers_come_from_a_form_for_thirty_days() -> None:
    def answered(days: int) -> Bedside:
        patient = Bedside().observed("asymptomatic_stable_fracture", f"false @ {ago(days)}")
        return act(patient.observed("pain_mechanism", f"pain-diffuse @ {ago(days)}"), "cementoplasty", "3")

    assert answered(30).outcome("CEM-CI-01") == "critical due"
    assert answered(31).outcome("CEM-CI-01") == "needs-data asymptomatic_stable_fracture,pain_mechanism"


def test_what_stands_against_it_is_named_and_the_order_can_be_taken_back() -> None:
    patient = charted("systemic_infection active")
    allergic(patient, "cement_allergy")
    finding = act(patient, "cementoplasty", "3", **CLEAN).asks("CEM-CI-01")
    (draft,) = patient.record().drafts
    assert finding.verdict.figures["found"] == Names(("systemic_infection", "cement_allergy"))
    assert finding.verdict.proposals == (HoldDraft(draft), RemoveDraft(draft))
    assert finding.verdict.notes == ("infection",)
    assert "systemic infection and allergy to bone cement" in Speaker(
        "en", RULES, load_editions()["aura-2026"]
    ).summary(finding)
    booked = proposed(charted("systemic_infection active"), "cementoplasty").asks("CEM-CI-01")
    assert [type(one) for one in booked.verdict.proposals] == [RemoveDraft]
    fracture = act(Bedside(), "cementoplasty", "3", **details(asymptomatic_stable_fracture=True)).asks("CEM-CI-01")
    assert [type(one) for one in fracture.verdict.proposals] == [RemoveDraft]


RELATIVE = """
wall | root | canal | joint | outcome          | epiduritis
-----+------+-------+-------+------------------+-----------------
no   | no   | no    | no    | satisfied        | not-applicable
yes  | no   | no    | no    | warning due      | not-applicable
no   | yes  | no    | no    | warning due      | not-applicable
no   | no   | yes   | no    | warning due      | warning due
no   | no   | no    | yes   | warning due      | not-applicable
     | no   | no    | no    | needs-data posterior_wall_involvement | not-applicable
no   | no   |       | no    | needs-data canal_extension | not-applicable
yes  |      |       |       | warning due      | not-applicable
"""


@pytest.mark.parametrize("row", rows(RELATIVE), ids=name)
def test_relative_contraindications_are_for_the_team(row: dict[str, str]) -> None:
    items = {"wall": "posterior_wall_involvement", "root": "radiculopathy", "canal": "canal_extension",
             "joint": "joint_opening"}  # fmt: skip
    answers = {concept: row[key] == "yes" for key, concept in items.items() if row[key]}
    patient = act(Bedside(), "cementoplasty", "3", **details(**answers))
    assert patient.outcome("CEM-RELCI-01") == row["outcome"]
    assert patient.outcome("CEM-EPID-01") == row["epiduritis"]
    assert patient.asks("CEM-EPID-01").verdict.said_by in (None, "CEM-RELCI-01")


PROPHYLAXIS = """
ordered               | allergy             | outcome
----------------------+---------------------+----------------------
                      |                     | info due
                      | beta_lactam_allergy | info allergy
                      | cefazolin           | info allergy
                      | clindamycin         | info due
                      | both                | info both_allergies
draft cefazolin       |                     | satisfied
draft clindamycin     |                     | satisfied
draft antibiotic_prophylaxis |              | satisfied
order cefazolin       |                     | satisfied
asked antibiotic_prophylaxis |              | satisfied
order stopped         |                     | info due
                      | old                 | info due
"""


@pytest.mark.parametrize("row", rows(PROPHYLAXIS), ids=name)
def test_prophylaxis_is_thought_of_while_the_order_is_written(row: dict[str, str]) -> None:
    patient = Bedside(moment="order-select")
    for what in {"both": ("beta_lactam_allergy", "clindamycin"), "old": ("beta_lactam_allergy",), "": ()}.get(
        row["allergy"], (row["allergy"],)
    ):
        allergic(patient, what, "resolved" if row["allergy"] == "old" else "active")
    how, _, what = row["ordered"].partition(" ")
    if how == "draft" and what == "antibiotic_prophylaxis":
        act(patient, what, "3")
    elif how == "draft":
        patient.drafts_order(what)
    elif how == "asked":
        asked_for(patient, what, ago(1))
    elif how:
        patient.ordered("cefazolin", ago(1), status="stopped" if what == "stopped" else "active")
    assert act(patient, "cementoplasty", "3").outcome("CEM-ABX-01") == row["outcome"]
    assert RULES["CEM-ABX-01"].hooks == ("order-select",)
    assert patient.asks("CEM-ABX-01").verdict.proposals == ()


def test_allergies_that_were_not_sent_leave_both_lines() -> None:
    finding = act(Bedside(moment="order-select").without("allergies"), "cementoplasty", "3").asks("CEM-ABX-01")
    assert finding.verdict.case == "due"
    words = " ".join(Speaker("en", RULES, load_editions()["aura-2026"]).paragraphs(finding))
    assert "ask the patient" in words
    assert "clindamycin" in words


@pytest.mark.parametrize("edition", EDITIONS[1:])
def test_the_chapter_stands_in_the_latest_edition_only(edition: str) -> None:
    patient = act(Bedside().observed("platelets", f"10 10*9/L @ {ago(1)}"), "cementoplasty", "3")
    found = [f for f in patient.findings(edition).all if f.rule.id.startswith(("CEM-", "SURG-"))]
    assert found
    assert not [f for f in found if f.speaks]


@pytest.mark.parametrize("rule", [r for r in RULES if r.startswith("CEM-") and RULES[r].severity])
def test_without_a_cementoplasty_nothing_is_said(rule: str) -> None:
    patient = Bedside().ill("bone_metastasis").ill("systemic_infection").observed("platelets", f"9 10*9/L @ {ago(1)}")
    allergic(patient, "beta_lactam_allergy").drafts_order("zometa", "4 mg")
    assert act(patient, "bone_radiotherapy", "3").outcome(rule) == "not-applicable"


OSTEOPOROSIS = """
disease         | told | contra                                                   | relative        | antibiotics
----------------+------+----------------------------------------------------------+-----------------+----------------
bone_metastasis |      | needs-data asymptomatic_stable_fracture,pain_mechanism   | needs-data      | info due
osteoporosis    |      | not-applicable                                           | not-applicable  | not-applicable
                |      | not-applicable                                           | not-applicable  | not-applicable
osteoporosis    | yes  | critical due                                             | warning due     | not-applicable
?               |      | needs-data asymptomatic_stable_fracture,pain_mechanism,systemic_infection,puncture_site_infection | needs-data | needs-data bone_metastasis
"""


@pytest.mark.parametrize("row", rows(OSTEOPOROSIS), ids=name)
def test_a_vertebroplasty_for_osteoporosis_is_not_asked_the_questions_of_a_metastasis(row: dict[str, str]) -> None:
    patient = Bedside().without("conditions") if row["disease"] == "?" else Bedside()
    if row["disease"] not in ("", "?"):
        patient.ill(row["disease"])
    said = details(asymptomatic_stable_fracture=True, radiculopathy=True) if row["told"] else {}
    patient.observed("pain_score", f"1 {{score}} @ {ago(1)}")
    asked = act(patient, "vertebroplasty", "3", **said)
    assert asked.outcome("CEM-CI-01") == row["contra"]
    assert asked.outcome("CEM-RELCI-01").startswith(row["relative"])
    assert asked.outcome("CEM-ABX-01") == row["antibiotics"]
    assert (asked.outcome("CEM-NON-01") == "not-applicable") == (row["disease"] in ("", "osteoporosis"))
    assert asked.outcome("CEM-HEMO-01").startswith("needs-data")  # the puncture is the same
