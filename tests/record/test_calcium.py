"""Calcium corrected for albumin (P11, HCAL-CORR-01): Ca + (40 - albumin)/40, rounded half-up to two decimals."""

import pytest

from fhir_mappers.record.answer import Known
from fhir_mappers.record.quantity import Quantity
from tests.support.bedside import Bedside
from tests.support.drawn import name, rows

WEEK = Quantity.of("7 d")

CORRECTED = """
calcium               | albumin          | corrected    | with albumin
----------------------+------------------+--------------+-------------
2.40 mmol/L @ 06-01   | 40 g/L @ 06-01   | 2.40         | yes
3.20 mmol/L @ 06-01   | 28 g/L @ 06-01   | 3.50         | yes           # A9
3.20 mmol/L @ 06-01   | 25 g/L @ 06-01   | 3.58         | yes           # 3.575 rounds up
1.98 mmol/L @ 06-01   | 30 g/L @ 06-01   | 2.23         | yes
2.60 mmol/L @ 06-01   | 45 g/L @ 06-01   | 2.48         | yes           # 2.475; above 40 it lowers
2.404 mmol/L @ 06-01  | 40 g/L @ 06-01   | 2.40         | yes
2.405 mmol/L @ 06-01  | 40 g/L @ 06-01   | 2.41         | yes           # half up
12 mg/dL @ 06-01      | 40 g/L @ 06-01   | 2.99         | yes           # 12 / 4.008
14.03 mg/dL @ 06-01   | 40 g/L @ 06-01   | 3.50         | yes           # 3.5005
120 mg/L @ 06-01      | 4.0 g/dL @ 06-01 | 2.99         | yes
2.40 mmol/L @ 06-01   | 3.2 g/dL @ 06-01 | 2.60         | yes
2.40 mmol/L @ 06-01   | 32 g/L @ 05-25   | 2.60         | yes           # 7 d apart
2.40 mmol/L @ 06-01   | 32 g/L @ 05-24   | 2.40         | no            # 8 d apart
2.40 mmol/L @ 05-28   | 32 g/L @ 06-03   | 2.60         | yes           # albumin after calcium
2.40 mmol/L @ 06-01   |                  | 2.40         | no
2.40 mmol/L @ 06-01   | 32 st @ 06-01    | 2.40         | no
2.40 mmol/L @ 06-01   | 32 g/L @ 06-01 p | 2.40         | no
2.40 mmol/L @ 05-27   |                  | 2.40         | no            # 7 d
2.40 mmol/L @ 05-26   |                  | too-old      | no            # 8 d
2.40 mmol/L @ 06-04   |                  | absent       | no            # tomorrow
2.40 mmol/L @ 06-01 p |                  | absent       | no            # preliminary
                      | 32 g/L @ 06-01   | absent       | no
2.40 furlong @ 06-01  | 40 g/L @ 06-01   | unit-unknown | no
2.40 @ 06-01          | 40 g/L @ 06-01   | unit-missing | no
"""


@pytest.mark.parametrize("row", rows(CORRECTED), ids=name)
def test_the_corrected_calcium(row: dict[str, str]) -> None:
    patient = measured(Bedside(), row["calcium"], row["albumin"])
    reading = patient.record().calcium(WEEK)
    if isinstance(reading, Known):
        assert reading.value.value == Quantity.of(f"{row['corrected']} mmol/L")
        assert reading.value.corrected is (row["with albumin"] == "yes")
        assert len(reading.evidence) == (2 if reading.value.corrected else 1)
    else:
        assert reading.why == row["corrected"]


def measured(patient: Bedside, calcium: str, albumin: str = "") -> Bedside:
    """``2.40 mmol/L @ 06-01``, with a `` p`` at the end when preliminary."""
    for what, cell in (("calcium_total", calcium), ("albumin_serum", albumin)):
        fact = cell.removesuffix(" p").replace("@ ", "@ 2026-")
        if fact:
            patient.observed(what, fact, status="preliminary" if cell.endswith(" p") else "final")
    return patient


def test_the_albumin_nearest_in_time_corrects() -> None:
    patient = Bedside().observed("calcium_total", "2.40 mmol/L @ 2026-06-01")
    patient.observed("albumin_serum", "20 g/L @ 2026-05-27").observed("albumin_serum", "32 g/L @ 2026-06-02")
    assert corrected(patient) == "2.60"


def test_a_calcium_corrected_by_the_laboratory_is_taken_as_it_is() -> None:
    patient = Bedside().observed("calcium_corrected_albumin", "2.70 mmol/L @ 2026-06-01")
    patient.observed("albumin_serum", "20 g/L @ 2026-06-01")
    assert corrected(patient) == "2.70"


def test_the_newest_calcium_counts() -> None:
    patient = Bedside().observed("calcium_total", "3.60 mmol/L @ 2026-05-31")
    assert corrected(patient.observed("calcium_total", "2.40 mmol/L @ 2026-06-02")) == "2.40"


def corrected(patient: Bedside) -> str:
    reading = patient.record().calcium(WEEK)
    assert isinstance(reading, Known)
    return str(reading.value.value.value)


ABOVE = """
calcium              | above 3.50 | at 3.00 or above
---------------------+------------+-----------------
3.51 mmol/L @ 06-01  | yes        | yes
3.505 mmol/L @ 06-01 | yes        | yes               # rounds to 3.51
3.504 mmol/L @ 06-01 | no         | yes
3.50 mmol/L @ 06-01  | no         | yes
3.00 mmol/L @ 06-01  | no         | yes
2.99 mmol/L @ 06-01  | no         | no
>3.5 mmol/L @ 06-01  | yes        | yes               # more than the analyser can tell
>3.0 mmol/L @ 06-01  | ?          | yes
<3.0 mmol/L @ 06-01  | no         | no
<4.0 mmol/L @ 06-01  | ?          | ?
3.51 mmol/L @ 05-26  | no         | no                # 8 d: no recent one
                     | no         | no
3.51 @ 06-01         | ?          | ?                 # no unit
?                    | ?          | ?                 # not sent
"""
SAYS = {"yes": True, "no": False, "?": None}


@pytest.mark.parametrize("row", rows(ABOVE), ids=name)
def test_calcium_above_a_level(row: dict[str, str]) -> None:
    patient = Bedside().without("observations") if row["calcium"] == "?" else measured(Bedside(), row["calcium"])
    record = patient.record()
    assert record.calcium_above(Quantity.of("3.50 mmol/L"), WEEK).value is SAYS[row["above 3.50"]]
    inclusive = record.calcium_above(Quantity.of("3.00 mmol/L"), WEEK, inclusive=True)
    assert inclusive.value is SAYS[row["at 3.00 or above"]]


UPPER = """
calcium | upper limit of the laboratory | hypercalcaemia
--------+-------------------------------+---------------
2.60    |                               | no              # the convention, 2.60, is not above itself
2.61    |                               | yes
2.61    | 2.65                          | no
2.66    | 2.65                          | yes
2.56    | 2.55                          | yes
2.55    | 2.55                          | no
"""


@pytest.mark.parametrize("row", rows(UPPER), ids=name)
def test_the_laboratorys_own_upper_limit_wins(row: dict[str, str]) -> None:
    limit = {"value": float(row["upper limit of the laboratory"] or 0), "unit": "mmol/L", "code": "mmol/L"}
    extra = {"referenceRange": [{"high": limit}]} if row["upper limit of the laboratory"] else {}
    patient = Bedside().observed("calcium_total", f"{row['calcium']} mmol/L @ 2026-06-01", **extra)
    assert patient.record().hypercalcaemia(WEEK).is_yes is (row["hypercalcaemia"] == "yes")
