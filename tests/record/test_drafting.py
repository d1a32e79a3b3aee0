"""Which drafts a check is asked about: substance, use, and whether they stop a treatment."""

from collections.abc import Callable

import pytest

from fhir_mappers.record import drafting
from fhir_mappers.record.events import DraftOrder
from fhir_mappers.record.products import DENOSUMAB_INGREDIENT, ZOLEDRONATE, Use
from tests.support.bedside import Bedside
from tests.support.chart import ago, stops
from tests.support.drawn import name, rows

PREDICATES: dict[str, Callable[[DraftOrder], bool]] = {
    "onc": drafting.is_oncology,
    "z": drafting.is_zoledronate,
    "z onc": drafting.is_zoledronate_oncology,
    "z not": drafting.is_not_oncology_zoledronate,
    "iv bp": drafting.is_intravenous_bisphosphonate,
    "d": drafting.is_denosumab,
    "d onc": drafting.is_denosumab_oncology,
    "d not": drafting.is_not_oncology_denosumab,
    "d may": drafting.is_denosumab_maybe_oncology,
    "either": drafting.is_zoledronate_or_denosumab,
    "stops": drafting.stops_denosumab,
}

STOPS = {"stopped": "stopped", "forbidden": "do not perform", "request": "discontinuation"}

DRAFTS = """
draft           | dose   | how       | onc | z | z onc | z not | iv bp | d | d onc | d not | d may | either | stops
----------------+--------+-----------+-----+---+-------+-------+-------+---+-------+-------+-------+--------+------
zometa          |        |           | x   | x | x     |       | x     |   |       |       |       | x      |
zometa          | 5 mg   |           | x   | x | x     |       | x     |   |       |       |       | x      |
aclasta         |        |           |     | x |       | x     | x     |   |       |       |       |        |
zoledronic acid |        |           |     | x |       | x     | x     |   |       |       |       | x      |
zoledronic acid | 4 mg   |           | x   | x | x     |       | x     |   |       |       |       | x      |
zoledronic acid | 5 mg   |           |     | x |       | x     | x     |   |       |       |       |        |
xgeva           |        |           | x   |   |       |       |       | x | x     |       | x     | x      |
wyost           |        |           | x   |   |       |       |       | x | x     |       | x     | x      |
prolia          |        |           |     |   |       |       |       | x |       | x     |       |        |
denosumab       |        |           |     |   |       |       |       | x |       | x     | x     | x      |
denosumab       | 120 mg |           | x   |   |       |       |       | x | x     |       | x     | x      |
denosumab       | 60 mg  |           |     |   |       |       |       | x |       | x     |       |        |
pamidronate     |        |           | x   |   |       |       | x     |   |       |       |       |        |
alendronate     |        |           |     |   |       |       |       |   |       |       |       |        |
paracetamol     |        |           |     |   |       |       |       |   |       |       |       |        |
xgeva           |        | stopped   |     |   |       |       |       |   |       |       |       |        | x
wyost           |        | stopped   |     |   |       |       |       |   |       |       |       |        | x
denosumab       |        | stopped   |     |   |       |       |       |   |       |       |       |        | x
prolia          |        | stopped   |     |   |       |       |       |   |       |       |       |        |
zometa          |        | stopped   |     |   |       |       |       |   |       |       |       |        |
paracetamol     |        | stopped   |     |   |       |       |       |   |       |       |       |        |
xgeva           |        | forbidden |     |   |       |       |       |   |       |       |       |        | x
xgeva           |        | request   |     |   |       |       |       |   |       |       |       |        | x
"""


@pytest.mark.parametrize("row", rows(DRAFTS), ids=name)
def test_what_each_draft_is(row: dict[str, str]) -> None:
    patient = Bedside()
    if row["how"]:
        stops(patient, row["draft"], STOPS[row["how"]])
    else:
        patient.drafts_order(row["draft"], row["dose"] or None)
    (draft,) = patient.record().drafts
    for column, asked in PREDICATES.items():
        assert (column, asked(draft)) == (column, row[column] == "x")


def test_the_live_drafts_of_a_substance_and_a_use() -> None:
    patient = (
        Bedside().drafts_order("zometa").drafts_order("aclasta").drafts_order("prolia").drafts_order("paracetamol")
    )
    drafts = stops(patient, "xgeva").record().drafts
    assert len(drafting.drafted(drafts, ZOLEDRONATE)) == 2
    assert len(drafting.drafted(drafts, ZOLEDRONATE, Use.ONCOLOGY)) == 1
    assert len(drafting.drafted(drafts, DENOSUMAB_INGREDIENT)) == 1
    assert drafting.drafted(drafts, DENOSUMAB_INGREDIENT, Use.ONCOLOGY) == ()


def test_a_request_to_discontinue_means_the_only_antiresorptive_that_runs() -> None:
    for product, meant in (("xgeva", True), ("prolia", False), ("zometa", False)):
        patient = Bedside().ordered(product, ago(100))
        (draft,) = stops(patient, None, "discontinuation").record().drafts
        assert drafting.stops_denosumab(draft) is meant


@pytest.mark.parametrize(("substances", "use", "fitting"), [
    ((), None, True),
    ((DENOSUMAB_INGREDIENT,), None, True),
    ((ZOLEDRONATE,), None, False),
    ((), Use.ONCOLOGY, True),
    ((), Use.OSTEOPOROSIS, False),
    ((DENOSUMAB_INGREDIENT, ZOLEDRONATE), Use.ONCOLOGY, True),
])  # fmt: skip
def test_fits(substances: tuple[str, ...], use: Use | None, fitting: bool) -> None:
    (draft,) = Bedside().drafts_order("xgeva").record().drafts
    assert drafting.fits(draft.product, substances, use) is fitting
    assert not drafting.fits(None, substances, use)
