"""Around the first infusion: paracetamol (ZOL-PARA-01), and the flu-like syndrome taken for an allergy (ZOL-FLU-01)."""

from typing import Any

import pytest

from hooks.limits import EDITIONS
from tests.support.bedside import PRODUCTS, Bedside, concept
from tests.support.drawn import name, rows
from tests.support.renal import said

PARACETAMOL = """
before                     | paracetamol     | against          | outcome
---------------------------+-----------------+------------------+-----------------------
                           |                 |                  | info due
given zometa completed     |                 |                  | not-applicable          # not the first
given aclasta completed    |                 |                  | not-applicable          # any zoledronic acid
given zoledronic completed |                 |                  | not-applicable
given zometa not-done      |                 |                  | info due
given xgeva completed      |                 |                  | info due                # another drug
stated zometa completed    |                 |                  | not-applicable
ordered zometa 2026-04-29  |                 |                  | not-applicable          # 35 d: presumed started
ordered zometa 2026-04-30  |                 |                  | info due                # 34 d
ordered zometa 2024-06-03  |                 |                  | not-applicable          # 730 d
ordered zometa 2024-06-02  |                 |                  | info due                # 731 d: a restart
                           | ordered active  |                  | satisfied
                           | ordered stopped |                  | info due
                           | drafted         |                  | satisfied
                           | stated active   |                  | satisfied
                           |                 | allergy          | satisfied
                           |                 | refuted allergy  | info due
                           |                 | hepatic          | satisfied
                           |                 | hepatic resolved | info due
?                          |                 |                  | info due                # treated as the first
                           |                 | ?                | needs-data intolerance
                           | ordered active  | ?                | satisfied
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(PARACETAMOL), ids=name)
def test_paracetamol_is_thought_of_at_the_first_infusion(row: dict[str, str], edition: str) -> None:
    patient = Bedside().drafts_order("zometa", "4 mg")
    _history(patient, row["before"])
    _paracetamol(patient, row["paracetamol"])
    _against(patient, row["against"])
    assert said(patient, "ZOL-PARA-01", edition).replace("paracetamol_", "") == row["outcome"]


def _history(patient: Bedside, said_before: str) -> None:
    if said_before == "?":
        patient.without("medicationAdministrations")
    elif said_before:
        how, drug, more = said_before.split()
        product = {"zoledronic": "zoledronic acid"}.get(drug, drug)
        if how == "given":
            patient.given(product, "2024-01-10", status=more)
        elif how == "stated":
            patient.stated(product, "2024-01-10", status=more)
        else:
            patient.ordered(product, more, "4 mg")


def _paracetamol(patient: Bedside, cell: str) -> None:
    how, _, status = cell.partition(" ")
    if how == "ordered":
        patient.ordered("paracetamol", "2026-06-01", status=status)
    elif how == "drafted":
        patient.drafts_order("paracetamol")
    elif how == "stated":
        patient.stated("paracetamol", "2026-06-01", status=status)


def _against(patient: Bedside, cell: str) -> None:
    if cell == "?":
        patient.without("allergies")
    elif cell.endswith("allergy"):
        verified = {"coding": [{"code": "refuted" if cell.startswith("refuted") else "confirmed"}]}
        allergy = {"code": PRODUCTS["paracetamol"], "verificationStatus": verified}
        patient.add("allergies", "AllergyIntolerance", allergy)
    elif cell:
        patient.ill("severe_hepatic_disease", status="resolved" if cell.endswith("resolved") else "active")


# The first dose was given on 2026-03-10.
FLU = """
signs                                    | onset      | type        | clinical | outcome
-----------------------------------------+------------+-------------+----------+----------
fever                                    | 2026-03-10 |             |          | info due
fever                                    | 2026-03-13 | allergy     | active   | info due   # 3 d
fever                                    | 2026-03-14 | allergy     | active   | satisfied  # 4 d
fever                                    | 2026-03-09 | allergy     | active   | satisfied  # before the first dose
fever,myalgia                            | 2026-03-11 | allergy     | active   | info due
flu_like,chills                          | 2026-03-11 | allergy     | active   | info due
arthralgia                               | 2026-03-11 | allergy     | active   | info due
fever,chills,myalgia,arthralgia,flu_like | 2026-03-11 | allergy     | active   | info due
fever,urticaria                          | 2026-03-11 | allergy     | active   | satisfied  # one true sign is enough
anaphylaxis                              | 2026-03-11 | allergy     | active   | satisfied
fever,bronchospasm                       | 2026-03-11 | allergy     | active   | satisfied
fever,angioedema                         | 2026-03-11 | allergy     | active   | satisfied
fever,rash in words                      | 2026-03-11 | allergy     | active   | satisfied  # not understood
                                         | 2026-03-11 | allergy     | active   | satisfied  # no sign recorded
fever                                    |            | allergy     | active   | satisfied  # onset unknown
fever                                    | 2026-03    | allergy     | active   | satisfied  # may be late
fever                                    | 2026-03-11 | intolerance | active   | satisfied  # already called so
fever                                    | 2026-03-11 | allergy     | resolved | satisfied  # blocks nothing any more
fever                                    | 2026-03-11 | allergy     | inactive | satisfied
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(FLU), ids=name)
def test_a_flu_like_syndrome_is_not_an_allergy(row: dict[str, str], edition: str) -> None:
    patient = Bedside().given("zometa", "2026-03-10", "4 mg").given("zometa", "2026-05-05", "4 mg")
    patient.drafts_order("zometa", "4 mg").add("allergies", "AllergyIntolerance", allergy(row))
    assert said(patient, "ZOL-FLU-01", edition) == row["outcome"]


def allergy(row: dict[str, str], to: str = "zoledronic acid") -> dict[str, Any]:
    signs = [{"text": s} if " " in s else concept(f"reaction_{s}") for s in row["signs"].split(",") if s]
    reaction = {"manifestation": signs, **({"onset": row["onset"]} if row["onset"] else {})}
    told = {"type": row["type"]} if row["type"] else {}
    clinical = {"clinicalStatus": {"coding": [{"code": row["clinical"]}]}} if row["clinical"] else {}
    return {"code": PRODUCTS[to], "reaction": [reaction], **told, **clinical}


NOT_ASKED = """
allergy to      | first dose | sent | outcome
----------------+------------+------+-------------------
zoledronic acid |            | yes  | satisfied           # first dose unknown
paracetamol     | 2026-03-10 | yes  | satisfied           # another drug
none            | 2026-03-10 | yes  | satisfied
none            | 2026-03-10 | no   | needs-data allergy
"""


@pytest.mark.parametrize("row", rows(NOT_ASKED), ids=name)
def test_without_allergy_or_first_dose_nothing_is_said(row: dict[str, str]) -> None:
    patient = Bedside().drafts_order("zometa", "4 mg")
    if row["allergy to"] != "none":
        told = {"signs": "fever", "onset": "2026-03-11", "type": "allergy", "clinical": "active"}
        patient.add("allergies", "AllergyIntolerance", allergy(told, row["allergy to"]))
    if row["first dose"]:
        patient.given("zometa", row["first dose"], "4 mg")
    if row["sent"] == "no":
        patient.without("allergies")
    assert said(patient, "ZOL-FLU-01") == row["outcome"]
