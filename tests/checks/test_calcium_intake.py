"""CA-INTAKE-01, CA-OVER-01: too little and too much calcium taken."""

import pytest

from fhir_mappers.record.proposals import NewMedication, RemoveDraft
from hooks.limits import EDITIONS
from tests.checks.test_hypercalcaemia import said
from tests.support.bedside import Bedside
from tests.support.chart import ago, order_id
from tests.support.drawn import name, rows


def eats(patient: Bedside, diet: str, supplement: str = "") -> Bedside:
    """Diet and reported supplement as "value days", mg a day."""
    for what, cell in (("dietary_calcium_intake", diet), ("supplement_elemental_calcium", supplement)):
        if cell:
            value, day = cell.split()
            patient.observed(what, f"{value} mg/d @ {ago(day)}")
    return patient


def takes(patient: Bedside, orders: str) -> Bedside:
    """Running supplements as "product: dose x times a day"."""
    for told in filter(None, orders.split(", ")):
        product, _, how = told.partition(": ")
        dose, _, times = how.partition(" x ")
        every = {"": None, "1": "1 d", "2": "0.5 d", "4": "0.25 d"}[times]
        patient.ordered(product, ago(30), dose or None, every=every)
    return patient


def treated(moment: str = "app") -> Bedside:
    """A patient who had denosumab a month ago."""
    patient = Bedside(moment=moment).ill("bone_metastasis", "2025-01-10")
    return patient.given("xgeva", ago(28), "120 mg")


INTAKE = """
diet      | reported | orders                                   | outcome
----------+----------+------------------------------------------+---------------------------------
          |          |                                          | needs-data dietary_calcium_intake
999 10    |          |                                          | info due
1000 10   |          |                                          | silent        # 1000 exactly will do
600 10    | 399 10   |                                          | info due
600 10    | 400 10   |                                          | silent
1400 10   | 500 10   |                                          | silent        # too much is CA-OVER-01's
999 365   |          |                                          | info due
999 366   |          |                                          | needs-data dietary_calcium_intake
600 10    | 100 30   |                                          | info due
600 10    | 100 31   |                                          | silent        # an old report tells neither way
500 10    |          | calcium carbonate: 500 mg x 1            | silent        # calcium or carbonate: may be 1000
499 10    |          | calcium carbonate: 500 mg x 1            | info due      # 999 at most
500 10    |          | calcium carbonate: 250 mg x 2            | silent
499 10    |          | calcium carbonate: 0.25 g x 2            | info due
499 10    |          | calcium and vitamin d: 500 mg x 1        | info due
499 10    |          | calcium gluconate: 500 mg x 1            | silent        # another salt cannot be told
499 10    |          | calcium carbonate: 500 mg                | silent        # how often?
499 10    |          | calcium carbonate                        | silent
"""


@pytest.mark.parametrize("row", rows(INTAKE), ids=name)
@pytest.mark.parametrize("edition", EDITIONS)
def test_diet_and_supplement_in_the_app(row: dict[str, str], edition: str) -> None:
    patient = takes(eats(treated(), row["diet"], row["reported"]), row["orders"])
    assert said(patient, "CA-INTAKE-01", edition) == row["outcome"]


def test_what_was_not_fetched_leaves_it_open() -> None:
    assert said(treated().without("observations"), "CA-INTAKE-01").startswith("needs-data")
    assert said(eats(treated(), "600 10").without("conditions"), "CA-INTAKE-01") == "needs-data osteomalacia"
    open_now = "needs-data supplement_elemental_calcium"
    assert said(eats(treated(), "600 10").without("medicationStatements"), "CA-INTAKE-01") == open_now
    assert said(eats(treated(), "1000 10").without("medicationStatements"), "CA-INTAKE-01") == "silent"
    assert said(treated("order-sign").drafts_order("xgeva"), "CA-INTAKE-01") == "silent"
    unsent = treated("order-sign").drafts_order("xgeva").without("observations")
    assert said(unsent, "CA-INTAKE-01").startswith("needs-data")


@pytest.mark.parametrize("kind", ["observations", "medicationStatements", "medicationRequests"])
def test_too_much_is_left_open_where_data_were_not_sent(kind: str) -> None:
    small = treated("order-select").drafts_order("calcium carbonate", "500 mg", every="1 d")
    assert said(small, "CA-OVER-01") == "silent"
    assert said(small.without(kind), "CA-OVER-01").startswith("needs-data")
    large = treated("order-select").drafts_order("calcium carbonate", "5 g", every="1 d")
    assert said(large.without(kind), "CA-OVER-01") == "info due"


WHOM = """
change           | outcome
-----------------+---------
                 | info due
osteomalacia     | silent
hypercalcaemia   | silent
born 2008-06-03  | info due     # 18 today
born 2008-06-04  | silent
untreated        | silent
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(WHOM), ids=name)
def test_whom_the_target_concerns(row: dict[str, str], edition: str) -> None:
    patient = Bedside(moment="app") if row["change"] == "untreated" else treated()
    eats(patient, "600 10")
    if row["change"] == "osteomalacia":
        patient.ill("osteomalacia")
    if row["change"] == "hypercalcaemia":
        patient.observed("calcium_total", f"2.61 mmol/L @ {ago(30)}")
    if row["change"].startswith("born"):
        patient.person(born=row["change"].split()[1])
    assert said(patient, "CA-INTAKE-01", edition) == row["outcome"]


def test_while_ordering_it_is_a_line_beside_vitamin_d_and_never_a_question() -> None:
    patient = treated("order-sign").drafts_order("xgeva", "120 mg")
    assert said(patient, "CA-INTAKE-01") == "silent", "the diet is not known"
    finding = eats(patient, "600 10").asks("CA-INTAKE-01")
    voice = patient.asks("VITD-MAINT-01").speaks
    assert voice, "no vitamin D runs"
    assert (finding.status, finding.verdict.said_by) == ("fires", "VITD-MAINT-01")
    patient.add(
        "medicationRequests",
        "MedicationRequest",
        {
            "status": "active",
            "intent": "order",
            "authoredOn": ago(10),
            "medicationCodeableConcept": {"coding": [{"system": "http://www.whocc.no/atc", "code": "A11CC05"}]},
        },
    )
    finding = patient.asks("CA-INTAKE-01")
    assert (finding.speaks, finding.because) == (False, "said only beside VITD-MAINT-01")


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize(
    ("diet", "supplement"), [("0", "1000"), ("499", "1000"), ("500", "500"), ("600", "500"), ("999", "500")]
)
def test_the_fewest_tablets_that_reach_the_minimum(diet: str, supplement: str, edition: str) -> None:
    verdict = eats(treated(), f"{diet} 10").asks("CA-INTAKE-01", edition).verdict
    (offered,) = verdict.proposals
    assert isinstance(offered, NewMedication)
    assert str(offered.dose) == f"{supplement} mg"


def test_no_second_supplement_is_proposed_beside_one_that_runs() -> None:
    assert eats(treated(), "600 10", "100 10").asks("CA-INTAKE-01").verdict.proposals == ()


OVER = """
diet      | reported | orders                        | draft     | outcome
----------+----------+-------------------------------+-----------+---------------
          |          |                               | 3750 mg 1 | silent         # 1500
          |          |                               | 3751 mg 1 | info due
          |          |                               | 1250 mg 2 | silent         # 1000
          |          |                               | 1250 mg 4 | info due       # 2000
          |          |                               | 5 g 1     | info due
          |          |                               | 1250 mg   | silent         # how often?
500 10    |          |                               | 1250 mg 2 | silent         # 1500
501 10    |          |                               | 1250 mg 2 | info with_diet
501 365   |          |                               | 1250 mg 2 | info with_diet
501 366   |          |                               | 1250 mg 2 | silent
          | 500 10   |                               | 1250 mg 2 | silent
          | 501 30   |                               | 1250 mg 2 | info due
          | 501 31   |                               | 1250 mg 2 | silent
          |          | calcium carbonate: 1250 mg x 1 | 1250 mg 2 | silent        # 1500
          |          | calcium carbonate: 1250 mg x 2 | 1250 mg 2 | info due      # 2000
          |          | calcium carbonate: 1250 mg x 2 | 1250 mg 2 renewal | silent # the running one is replaced
600 10    | 1500 10  |                               |           | not asked
"""


@pytest.mark.parametrize("row", rows(OVER), ids=name)
@pytest.mark.parametrize("edition", EDITIONS)
def test_too_much_calcium_is_drafted(row: dict[str, str], edition: str) -> None:
    patient = takes(eats(treated("order-select"), row["diet"], row["reported"]), row["orders"])
    if not row["draft"]:
        assert patient.outcome("CA-OVER-01", edition) == "not-applicable"
        return
    dose, unit, *times = row["draft"].split()
    every = {"1": "1 d", "2": "0.5 d", "4": "0.25 d"}.get(times[0] if times else "")
    prior = {"priorPrescription": {"reference": order_id(patient)}} if "renewal" in times else {}
    patient.drafts_order("calcium carbonate", f"{dose} {unit}", every=every, **prior)
    assert said(patient, "CA-OVER-01", edition) == row["outcome"]


@pytest.mark.parametrize("why", ["osteomalacia", "hypoparathyroidism", "hypocalcaemia", "low", "no cancer"])
def test_more_calcium_on_purpose_is_not_queried(why: str) -> None:
    patient = Bedside() if why == "no cancer" else treated("order-select")
    patient.drafts_order("calcium carbonate", "1250 mg", every="0.25 d")
    if why == "low":
        patient.observed("calcium_total", f"2.19 mmol/L @ {ago(30)}")
    elif why != "no cancer":
        patient.ill(why)
    assert said(patient, "CA-OVER-01") == "silent"


def test_one_tablet_replaces_the_draft_where_it_fits() -> None:
    patient = eats(treated("order-select"), "900 10").drafts_order("calcium carbonate", "1250 mg", every="0.5 d")
    (less,) = patient.asks("CA-OVER-01").verdict.proposals
    assert isinstance(less, RemoveDraft)
    assert isinstance(less.instead, NewMedication)
    takes(patient, "calcium carbonate: 1250 mg x 1")
    (less,) = patient.asks("CA-OVER-01").verdict.proposals
    assert isinstance(less, RemoveDraft)
    assert less.instead is None
