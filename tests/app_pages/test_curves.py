"""The curves and their tables: each value as the engine reads it on that day, the doses of the table at its edges."""

import pytest

from cds_service.app_pages.curves import calcium_curve, clearance_curve, ctx_curve, vitamin_d_curve, vitamin_d_levels
from cds_service.app_pages.series import Curve
from cds_service.app_pages.words import page_words
from hooks.limits import EDITIONS
from tests.app_pages.seen import NEWEST, numbers, record_of, speaker
from tests.support.bedside import Bedside
from tests.support.drawn import name, rows

WORDS = page_words("en")
TABLE = numbers().of("ZOL-DOSE-01").table

# A man of 70: clearance = 70 x kg x 1.23 / creatinine (or the other form, whichever is smaller)
CLEARANCES = """
    creatinine         | weight             | clearance | dose
    -------------------+--------------------+-----------+-----------
    88.4 umol/L        | 61.7 kg            | 59.99     | 3.5 mg     # not above 60
    88.0 umol/L        | 62.0 kg            | 60.6      | 4 mg
    150 umol/L         | 70 kg              | 40.1      | 3.3 mg
    151 umol/L         | 70 kg              | 39.8      | 3 mg
    200 umol/L         | 70 kg              | 30.08     | 3 mg
    202 umol/L         | 70 kg              | 29.8      | no dose
"""


def clearance(bedside: Bedside) -> Curve | None:
    return clearance_curve(record_of(bedside), TABLE, speaker(), WORDS)


@pytest.mark.parametrize("row", rows(CLEARANCES), ids=name)
def test_the_dose_of_the_table(row: dict[str, str]) -> None:
    bedside = Bedside().observed("creatinine_serum", f"{row['creatinine']} @ 2026-06-01")
    curve = clearance(bedside.observed("body_weight", f"{row['weight']} @ 2026-05-20"))
    assert curve is not None
    (line,) = curve.tables[0].rows
    assert str(line[1]).startswith(row["clearance"])
    assert line[2] == row["dose"]


def test_each_day_knows_only_what_was_known_then() -> None:
    bedside = Bedside().person(born="1956-06-02")
    bedside.observed("creatinine_serum", "100 umol/L @ 2026-06-01").observed(
        "creatinine_serum", "100 umol/L @ 2026-06-02"
    )
    bedside.observed("body_weight", "60 kg @ 2026-05-01").observed("body_weight", "80 kg @ 2026-06-02")
    curve = clearance(bedside)
    assert curve is not None
    first, second = curve.points
    assert first.low == pytest.approx(0.99825 * 71 * 60 * 1.23 / 100, rel=2e-3)  # 69 years old, 60 kg
    assert second.low == pytest.approx(70 * 80 * 1.23 / 100, rel=3e-3)  # 70 years old, 80 kg
    assert [str(row[0]) for row in curve.tables[0].rows] == ["2 Jun 2026", "1 Jun 2026"]


def test_what_is_not_known_is_said_and_not_drawn() -> None:
    curve = clearance(Bedside().observed("creatinine_serum", "100 umol/L @ 2026-06-01").person(sex="unknown"))
    assert curve is not None
    assert curve.points[0].low < curve.points[0].high  # any weight, either sex
    assert curve.tables[0].rows[0][2] == "not settled"
    spoilt = (
        Bedside().observed("creatinine_serum", "100 umol/L @ 2026-06-01").observed("body_weight", "70 kg @ 2026-05-20")
    )
    spoilt.observed("creatinine_serum", "5 umol/L @ 2026-06-01")
    curve = clearance(spoilt)
    assert curve is not None
    assert curve.tables[0].rows[0][1:3] == ("creatinine", "–") or len(curve.points) == 1


def test_a_preliminary_result_is_marked() -> None:
    bedside = Bedside().observed("creatinine_serum", "100 umol/L @ 2026-06-01", status="preliminary")
    curve = clearance(bedside.observed("body_weight", "70 kg @ 2026-05-20"))
    assert curve is not None
    assert all(point.provisional for point in curve.points)


def test_without_a_creatinine_there_is_no_curve() -> None:
    assert clearance(Bedside().observed("body_weight", "70 kg @ 2026-05-20")) is None


def test_doses_given_stand_beside_the_clearance_of_their_day() -> None:
    bedside = (
        Bedside().observed("creatinine_serum", "150 umol/L @ 2026-05-01").observed("body_weight", "70 kg @ 2026-05-01")
    )
    bedside.given("zometa", "2026-05-02", "3.3 mg").given("zometa", "2026-03", "4 mg").given("zometa", "2026-06-02")
    curve = clearance(bedside)
    assert curve is not None
    assert [[str(cell) for cell in row] for row in curve.tables[1].rows] == [
        ["2 Jun 2026", "dose not told", "not known", "–"],  # the creatinine is older than 30 days
        ["2 May 2026", "3.3 mg", "40.1 mL/min", "3.3 mg"],
        ["2026-03", "4 mg", "not known", "–"],
    ]
    assert len(curve.marks) == 3


def test_bands_go_from_the_full_dose_to_none() -> None:
    curve = clearance(Bedside().observed("creatinine_serum", "100 umol/L @ 2026-06-01"))
    assert curve is not None
    assert [(band.low, band.high, band.label) for band in curve.bands] == [
        (60.0, None, "4 mg"),
        (50.0, 60.0, "3.5 mg"),
        (40.0, 50.0, "3.3 mg"),
        (30.0, 40.0, "3 mg"),
        (None, 30.0, "no dose"),
    ]


def test_an_edition_without_the_dose_table_has_no_bands() -> None:
    curve = clearance_curve(
        record_of(Bedside().observed("creatinine_serum", "100 umol/L @ 2026-06-01")), None, speaker(), WORDS
    )
    assert curve is not None
    assert curve.bands == ()
    assert curve.tables[0].rows[0][2] == "–"


def calcium(bedside: Bedside, low: object = ...) -> Curve | None:
    known = numbers().of("CA-HYPO-01") if low is ... else low
    return calcium_curve(record_of(bedside), known, speaker(), WORDS)


def test_calcium_is_corrected_where_there_is_an_albumin() -> None:
    bedside = (
        Bedside().observed("calcium_total", "2.10 mmol/L @ 2026-05-01").observed("albumin_serum", "30 g/L @ 2026-05-01")
    )
    bedside.observed("calcium_total", "2.30 mmol/L @ 2026-06-01")
    curve = calcium(bedside)
    assert curve is not None
    assert [point.low for point in curve.points] == [2.35, 2.30]
    assert [[str(cell) for cell in row] for row in curve.tables[0].rows] == [
        ["1 Jun 2026", "2.30 mmol/L", "2.30 mmol/L", "no albumin of these days: not corrected"],
        ["1 May 2026", "2.35 mmol/L", "2.10 mmol/L", "corrected for albumin"],
    ]
    assert {band.label for band in curve.bands} == {"crisis", "high", "normal", "low", "very low"}
    without = calcium(bedside, None)
    assert without is not None
    assert {band.label for band in without.bands} == {"crisis", "high"}
    assert calcium(Bedside()) is None


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize(("sent", "unit", "value"), [("20 ng/mL", "ng/mL", 20.0), ("50 nmol/L", "nmol/L", 50.0)])
def test_vitamin_d_is_drawn_in_the_unit_that_was_sent(edition: str, sent: str, unit: str, value: float) -> None:
    bedside = Bedside().observed("vitamin_d_25oh_total", f"{sent} @ 2026-05-01").given("cholecalciferol", "2026-05-02")
    curve = vitamin_d_curve(record_of(bedside), vitamin_d_levels(numbers(edition)), speaker("en", edition), WORDS)
    assert curve is not None
    assert (curve.unit, curve.points[0].low) == (unit, value)
    assert [mark.kind for mark in curve.marks] == ["vitamin-d"]
    target = next(band for band in curve.bands if band.label == "target")
    assert (target.low, target.high) == ((30.0, 150.0) if unit == "ng/mL" else (75.0, 375.0))
    lacking = next(band for band in curve.bands if band.label == "deficiency")
    edge = {"ng/mL": (20.0, 10.0), "nmol/L": (50.0, 25.0)}[unit]
    assert lacking.high == (edge[1] if edition == "aura-earlier" else edge[0])


def test_a_level_in_another_unit_is_converted_for_the_picture_alone() -> None:
    bedside = Bedside().observed("vitamin_d_25oh_total", "75 nmol/L @ 2026-04-01")
    bedside.observed("vitamin_d_25oh_total", "20 ng/mL @ 2026-05-01")
    curve = vitamin_d_curve(record_of(bedside), vitamin_d_levels(numbers()), speaker(), WORDS)
    assert curve is not None
    assert [point.low for point in curve.points] == [pytest.approx(30.0), 20.0]
    assert "75 nmol/L" in str(curve.tables[0].rows[1][1])


def test_without_levels_there_is_no_vitamin_d_curve() -> None:
    assert vitamin_d_curve(record_of(Bedside()), vitamin_d_levels(numbers(NEWEST)), speaker(), WORDS) is None
    assert vitamin_d_levels(numbers("no-edition")) is None


def test_ctx_is_a_trend_without_a_limit() -> None:
    bedside = Bedside().observed("ctx_serum", "300 pg/mL @ 2026-03-01").observed("ctx_serum", "0.6 ng/mL @ 2026-05-01")
    curve = ctx_curve(record_of(bedside), speaker(), WORDS)
    assert curve is not None
    assert [point.low for point in curve.points] == [300.0, 600.0]
    assert curve.bands == ()
    assert "0.6 ng/mL" in str(curve.tables[0].rows[0][1])
    assert ctx_curve(record_of(Bedside()), speaker(), WORDS) is None
