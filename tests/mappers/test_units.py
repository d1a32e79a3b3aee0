"""Units: every factor against an independent UCUM library, the dirty spellings, and refusal rather than a guess."""

import re
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from operator import itemgetter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ucumvert import PintUcumRegistry

from fhir_mappers import units
from fhir_mappers.terminology import default_terminology, read_table
from fhir_mappers.units import Converted, Refusal, canonical_unit, convert, days, duration, normalise, unit_table

LINES = list(read_table("units"))
BY_CONCEPT = {concept: list(lines) for concept, lines in groupby(sorted(LINES), key=itemgetter(0))}
# Where 1.73 m2, a score or a ratio is meant, UCUM keeps no dimension; spellings that are no UCUM are said in UCUM here.
IN_UCUM = {
    "micromol/L": "umol/L",
    "mg/100 mL": "mg/dL",
    "mg%": "mg/dL",
    "g/100 mL": "g/dL",
    "g%": "g/dL",
    "mEq/L": "meq/L",
    "IU/L": "[iU]/L",
    "[IU]/L": "[iU]/L",
    "UI/L": "[iU]/L",
    "IU": "[iU]",
    "UI": "[iU]",
    "[IU]": "[iU]",
    "nmol BCE/mmol creat": "nmol/mmol",
    "G/L": "10*9/L",
    "Giga/L": "10*9/L",
    "x10^9/L": "10*9/L",
    "10^9/L": "10*9/L",
    "10E9/L": "10*9/L",
    "x10^3/uL": "10*3/uL",
    "10^3/uL": "10*3/uL",
    "K/uL": "10*3/uL",
    "K/mm3": "10*3/mm3",
    "thou/uL": "10*3/uL",
    "lb": "[lb_av]",
    "lbs": "[lb_av]",
    "Kg": "kg",
    "in": "[in_i]",
    "INR": "1",
    "": "1",
    "rad": "cGy",
    "mL/mn": "mL/min",
    "day": "d",
    "days": "d",
    "j": "d",
    "jours": "d",
    "mg/day": "mg/d",
    "mg/j": "mg/d",
    "mg/jour": "mg/d",
    "mg/24 h": "mg/d",
    "mg/24h": "mg/d",
    "mg/(24.h)": "mg/d",
}
# g/mol: creatinine, calcium, 25-OH-D3, 25-OH-D2, phosphorus, magnesium, PTH 1-84, haemoglobin monomer, albumin
MOLAR_MASS = {
    "creatinine": 113.12,
    "calcium": 40.078,
    "vitamin_d_25oh_d2": 412.658,
    "vitamin_d": 400.647,
    "phosphate": 30.974,
    "magnesium": 24.305,
    "pth": 9425.0,
    "haemoglobin": 16114.5,
    "albumin": 66437.0,
}
VALENCE = {"calcium": 2, "magnesium": 2}
# Defined by the scale or by an international standard, not by UCUM: concept, spelling → factor.
BY_DEFINITION = {
    ("pain_score", "mm"): 0.1,  # 100 mm visual analogue scale
    ("karnofsky", "%"): 1,
    ("karnofsky_performance", "%"): 1,
    ("cholecalciferol_dose", "ug"): 40,  # 1 IU of vitamin D = 0.025 µg
    ("cholecalciferol_dose", "µg"): 40,
    ("cholecalciferol_dose", "mg"): 40_000,
    ("ergocalciferol_dose", "ug"): 40,
    ("ergocalciferol_dose", "µg"): 40,
    ("ergocalciferol_dose", "mg"): 40_000,
    ("alkaline_phosphatase", "[IU]/L"): 1,  # the enzyme unit: 1 IU = 1 U = 1 µmol/min
    ("alkaline_phosphatase", "[iU]/L"): 1,
    ("alkaline_phosphatase", "IU/L"): 1,
    ("alkaline_phosphatase", "UI/L"): 1,
}


@pytest.fixture(scope="module")
def ucum() -> Any:
    return PintUcumRegistry()


def in_ucum(spelling: str) -> str:
    """The UCUM text of a spelling of the table, without annotations."""
    text = spelling.replace("µ", "u").replace("μ", "u").replace("²", "2").replace("³", "3")
    text = re.sub(r"[/.]?(1[.,]73[ ._]?m2|\{1\.73_m2\})", "", text).replace("ml/", "mL/").replace("mL/mn", "mL/min")
    return re.sub(r"\{[^}]*\}", "", IN_UCUM.get(text, text)) or "1"


def expected_factor(ucum: Any, concept: str, spelling: str, canonical: str) -> float:
    """What UCUM and the molar mass say one unit of this spelling is in the canonical unit."""
    here, there = (1 * ucum.from_ucum(in_ucum(text)) for text in (spelling, canonical))
    stem = next((stem for stem in MOLAR_MASS if concept.startswith(stem)), "")
    if "eq" in spelling.casefold():
        here = here / VALENCE[stem]
    if here.dimensionality != there.dimensionality:
        mass = MOLAR_MASS[stem] * ucum.from_ucum("g") / ucum.from_ucum("mol")
        here = here / mass if "[mass]" in here.dimensionality else here * mass
    return float((here / there).to_base_units().magnitude)


@pytest.mark.parametrize("concept", BY_CONCEPT)
def test_a_factor_agrees_with_an_independent_library(ucum: Any, concept: str) -> None:
    for _, spelling, _, factor, canonical, *_ in BY_CONCEPT[concept]:
        if (concept, spelling) in BY_DEFINITION:
            assert float(Fraction(factor)) == BY_DEFINITION[concept, spelling], spelling
            continue
        expected = expected_factor(ucum, concept, spelling, canonical)
        is_molar = ("mol" in spelling) != ("mol" in canonical)
        if canonical == "mo" and spelling in ("wk", "d"):
            expected *= 30.4375 / 30  # the rule catalogue counts 30 d to a month (P2), UCUM 30.4375
        assert float(Fraction(factor)) == pytest.approx(expected, rel=1e-4 if is_molar else 1e-12), spelling


@pytest.mark.parametrize("concept", BY_CONCEPT)
def test_a_row_is_complete(concept: str) -> None:
    assert concept in default_terminology().known or concept.endswith("_dose")
    for _, spelling, is_ucum, factor, canonical, low, high, source, _ in BY_CONCEPT[concept]:
        assert is_ucum in {"yes", "no", "other_meaning"}, spelling
        assert Fraction(factor) > 0, spelling
        assert 0 <= Fraction(low) < Fraction(high), spelling
        assert source, spelling
        house = unit_table()[concept][normalise(canonical)]
        assert (house.factor, house.canonical, canonical_unit(concept)) == (1, canonical, canonical), spelling
        assert (house.low, house.high) == (Fraction(low), Fraction(high)), spelling


def test_every_local_quantity_has_a_unit() -> None:
    quantities = {line[0]: line[4].split()[1] for line in read_table("local") if line[4].startswith("Quantity")}
    odd = {c: u for c, u in quantities.items() if u != canonical_unit(c)}
    assert odd == {"karnofsky_performance": "%"}  # the scale is {score}; % is accepted with factor 1


def test_normalising_turns_no_unit_of_the_table_into_another() -> None:
    meaning: dict[str, set[str]] = {}
    for line in LINES:
        meaning.setdefault(normalise(line[1]), set()).add(in_ucum(line[1]))
    assert {spelling: found for spelling, found in meaning.items() if len(found) > 1} == {}
    for line in LINES:
        row = unit_table()[line[0]][normalise(line[1])]
        assert row.factor == Fraction(line[3])
        assert normalise(normalise(line[1])) == normalise(line[1])


# concept | value | unit | code | expected
CONVERSIONS = """
creatinine_serum      | 1        | mg/dL      |            | 88.4 umol/L
creatinine_serum      | 1        | mg/dl      |            | 88.4 umol/L
creatinine_serum      | 1        |            | mg/dL      | 88.4 umol/L
creatinine_serum      | 1        | mg / dL    | mg/dL      | 88.4 umol/L
creatinine_serum      | 1.5      | mg/100 mL  |            | 132.6 umol/L
creatinine_serum      | 1.5      | mg%        |            | 132.6 umol/L
creatinine_serum      | 9        | mg/L       |            | 79.56 umol/L
creatinine_serum      | 9        | mg/l       |            | 79.56 umol/L
creatinine_serum      | 1000     | ug/dL      |            | 88.4 umol/L
creatinine_serum      | 88.40    | umol/L     |            | 88.40 umol/L
creatinine_serum      | 88       | umol/l     |            | 88 umol/L
creatinine_serum      | 88       | µmol/l     |            | 88 umol/L
creatinine_serum      | 88       | μmol/L     |            | 88 umol/L
creatinine_serum      | 88       | µmol/L     | umol/L     | 88 umol/L
creatinine_serum      | 0.088    | mmol/l     |            | 88.000 umol/L
creatinine_serum      | 88       | micromoles | umol/L     | 88 umol/L
creatinine_serum      | 88       | umol/L     | 258814008  | 88 umol/L
calcium_total         | 10.02    | mg/dL      |            | 2.5 mmol/L
calcium_total         | 10       | mg/dL      |            | 2.495009980039920159680638723 mmol/L
calcium_total         | 5        | mEq/L      |            | 2.5 mmol/L
albumin_serum         | 4.0      | g/dl       |            | 40 g/L
albumin_serum         | 40       | g/l        |            | 40 g/L
vitamin_d_25oh_total  | 30       | ng/mL      |            | 74.8788 nmol/L
vitamin_d_25oh_total  | 30       | ng/ml      |            | 74.8788 nmol/L
platelets             | 250      | G/L        |            | 250 10*9/L
platelets             | 250      | G/l        |            | 250 10*9/L
platelets             | 250000   | /mm3       |            | 250 10*9/L
alkaline_phosphatase  | 90       | UI/L       |            | 90 U/L
alkaline_phosphatase  | 90       | UI/l       |            | 90 U/L
crcl_cockcroft_gault  | 42       | ml/min     |            | 42 mL/min
crcl_cockcroft_gault  | 42       | mL/mn      | mL/min     | 42 mL/min
egfr_mdrd             | 42       | mL/min     |            | 42 mL/min/{1.73_m2}
egfr_mdrd             | 42       | ml/min/1,73m² |         | 42 mL/min/{1.73_m2}
egfr_mdrd             | 42       | mL/min/1.73m2 | mL/min  | 42 mL/min/{1.73_m2}
body_weight           | 150      | lb         | [lb_av]    | 68.0388555 kg
body_weight           | 70000    | g          |            | 70 kg
body_weight           | 70.0     | kg         |            | 70.0 kg
inr                   | 1.1      |            |            | 1.1 {INR}
inr                   | 1.1      |            | 1          | 1.1 {INR}
ecog                  | 2        | {score}    |            | 2 {score}
karnofsky_performance | 70       | %          |            | 70 {score}
creatinine_clearance_at_first_dose | 58 | ml/min |         | 58 mL/min
survival_estimate     | 1        | a          |            | 12 mo
rt_total_dose         | 3000     | cGy        |            | 30 Gy
cortical_fraction     | 40       | %          |            | 0.4 1
tokuhashi_general     | 2        |            |            | 2 1
tokuhashi_general     | 2        | {score}    | 1          | 2 1
creatinine_serum      | 1E+2     | umol/L     |            | 100 umol/L
creatinine_serum      | 10       | umol/L     |            | 10 umol/L      # the lowest plausible value
creatinine_serum      | 2500     | umol/L     |            | 2500 umol/L    # the highest
calcium_total         | 0.9      | mmol/L     |            | 0.9 mmol/L
"""
REFUSALS = """
creatinine_serum      | 88       |            |            | unit-missing
creatinine_serum      | 88       | mg/kg      |            | unit-unknown
creatinine_serum      | 1        | MG/DL      |            | unit-unknown   # capitals carry meaning: M is mega
creatinine_serum      | 1        | Mg/dL      |            | unit-unknown
creatinine_serum      | 88       | mg/dL      | umol/L     | unit-unknown   # two units for one number
creatinine_serum      | 9        | mg/L       | mg/dL      | unit-unknown
creatinine_serum      | 9        | g/L        | mg/dL      | unit-unknown   # a unit, but not of creatinine
creatinine_serum      | 9        | mg/dL      | g/dL       | unit-unknown
creatinine_serum      | 9.999    | umol/L     |            | implausible
creatinine_serum      | 2500.001 | umol/L     |            | implausible
creatinine_serum      | -88      | umol/L     |            | implausible
creatinine_serum      | 0        | umol/L     |            | implausible
creatinine_serum      | NaN      | umol/L     |            | not-a-number
creatinine_serum      | sNaN     | umol/L     |            | not-a-number
creatinine_serum      | Infinity | umol/L     |            | not-a-number
creatinine_serum      | 1e999999999  | umol/L |            | implausible
creatinine_serum      | 1e-999999999 | umol/L |            | implausible
crcl_cockcroft_gault  | 42       | mL/min/{1.73_m2} |      | unit-unknown
crcl_cockcroft_gault  | 42       | mL/min/1.73m2 | mL/min  | unit-unknown
crcl_cockcroft_gault  | 42       | mL/min (1,73 m2) | mL/min | unit-unknown
crcl_measured         | 42       | mL/min/1.73 m^2 | mL/min | unit-unknown
crcl_cockcroft_gault_bsa | 42    | mL/min     |            | unit-unknown
platelets             | 250      | g/L        |            | unit-unknown   # gram is not giga
zoledronic_acid_dose  | 4        | mg/m2      |            | unit-unknown
zoledronic_acid_dose  | 4        | mg/kg      | mg         | unit-unknown
zoledronic_acid_dose  | 4        | Mg         |            | unit-unknown
pregnancy_test        | 12       | mIU/mL     |            | unit-unknown
no_such_concept       | 12       | mg         |            | unit-unknown
"""


def drawn(table: str) -> list[list[str]]:
    lines = [line.partition("#")[0] for line in table.strip().splitlines()]
    return [[cell.strip() for cell in line.split("|")] for line in lines]


@pytest.mark.parametrize(("concept", "value", "unit", "code", "expected"), drawn(CONVERSIONS))
def test_conversion(concept: str, value: str, unit: str, code: str, expected: str) -> None:
    answer = convert(concept, Decimal(value), unit or None, code or None)
    assert isinstance(answer, Converted), answer
    number, house = expected.split(" ")
    assert (answer.value, answer.unit) == (Decimal(number), house)


@pytest.mark.parametrize(("concept", "value", "unit", "code", "reason"), drawn(REFUSALS))
def test_refusal(concept: str, value: str, unit: str, code: str, reason: str) -> None:
    answer = convert(concept, Decimal(value), unit or None, code or None)
    assert isinstance(answer, Refusal), answer
    assert answer.reason == reason


def test_a_refusal_quotes_what_was_sent_and_no_more() -> None:
    assert convert("creatinine_serum", Decimal(1), " mg/dL ", "umol/L") == Refusal("unit-unknown", "mg/dL / umol/L")
    assert convert("creatinine_serum", Decimal(9000), "umol/L", "umol/L") == Refusal("implausible", "9000 umol/L")
    assert convert("creatinine_serum", Decimal(9), None, " ") == Refusal("unit-missing", "")
    endless = convert("creatinine_serum", Decimal("7" * 5000), "umol/L", None)
    assert isinstance(endless, Refusal)
    assert len(endless.seen) <= 90


@pytest.mark.parametrize(
    ("concept", "value", "unit", "expected"),
    [
        ("zoledronic_acid_dose", "8", "mg", "8 mg"),
        ("zoledronic_acid_dose", "8.1", "mg", "8.1 mg"),
        ("zoledronic_acid_dose", "40", "mg", "40 mg"),
        ("zoledronic_acid_dose", "4000", "µg", "4 mg"),
        ("zoledronic_acid_dose", "0.004", "g", "4 mg"),
        ("denosumab_dose", "1200", "mg", "1200 mg"),
        ("cholecalciferol_dose", "100000", "UI", "100000 [iU]"),
        ("cholecalciferol_dose", "25", "µg", "1000 [iU]"),
        ("cholecalciferol_dose", "0", "[iU]", "0 [iU]"),
        ("calcium_elemental_dose", "0.5", "g", "500 mg"),
    ],
)
def test_an_order_is_read_whatever_its_dose(concept: str, value: str, unit: str, expected: str) -> None:
    answer = convert(concept, Decimal(value), unit, None, check_range=False)
    assert isinstance(answer, Converted)
    assert f"{answer.value} {answer.unit}" == expected


def test_dose_limits_hold_when_asked_for() -> None:
    assert isinstance(convert("zoledronic_acid_dose", Decimal("8.0"), "mg", "mg"), Converted)
    assert convert("zoledronic_acid_dose", Decimal("8.1"), "mg", "mg") == Refusal("implausible", "8.1 mg")
    assert convert("zoledronic_acid_dose", Decimal("-4"), "mg", "mg", check_range=False) == Refusal(
        "implausible", "-4 mg"
    )
    assert isinstance(convert("zoledronic_acid_dose", Decimal("1e40"), "mg", None, check_range=False), Refusal)


def test_decimals_are_kept_as_sent_when_nothing_is_converted() -> None:
    answer = convert("body_weight", Decimal("70.10"), "kg", "kg")
    assert isinstance(answer, Converted)
    assert str(answer.value) == "70.10"
    assert answer.factor == 1


def test_one_spelling_with_two_factors_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = [
        ["x", "mg/dl", "yes", "1", "mg/dL", "0", "1", "s", ""],
        ["x", "mg/dL", "yes", "2", "mg/dL", "0", "1", "s", ""],
    ]
    monkeypatch.setattr(units, "read_table", lambda _: iter(bad))
    with pytest.raises(ValueError, match="one spelling with two factors"):
        unit_table.__wrapped__()


@pytest.mark.parametrize(
    ("value", "unit", "minutes", "in_days"),
    [
        ("15", "min", "15", None),
        ("900", "s", "15", None),
        ("0.25", "h", "15", None),
        ("1", "h", "60", None),
        ("1", "d", "1440", "1"),
        ("36", "h", "2160", "1.5"),
        ("4", "wk", "40320", "28"),
        ("3", "mo", "129600", "90"),
        ("1", "a", "525600", "365"),
        ("12", " wk ", "120960", "84"),
    ],
)
def test_durations(value: str, unit: str, minutes: str, in_days: str | None) -> None:
    assert duration(Decimal(value), unit) == Decimal(minutes)
    if in_days:
        assert days(Decimal(value), unit) == Decimal(in_days)


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        ("1", None),
        ("1", ""),
        ("1", "M"),
        ("1", "month"),
        ("-1", "d"),
        ("NaN", "d"),
        ("Infinity", "d"),
        ("1e999999", "d"),
    ],
)
def test_durations_that_cannot_be_read(value: str, unit: str | None) -> None:
    assert duration(Decimal(value), unit) is None
    assert days(Decimal(value), unit) is None


def test_a_duration_that_does_not_end_is_rounded_to_28_digits() -> None:
    assert days(Decimal(1), "min") == Decimal("0.0006944444444444444444444444444")


CONCEPTS = st.sampled_from(sorted(unit_table()))
TEXTS = st.one_of(st.none(), st.text(max_size=20), st.sampled_from([line[1] for line in LINES]))


@given(st.one_of(CONCEPTS, st.text()), st.decimals(), TEXTS, TEXTS, st.booleans())
def test_convert_never_raises(concept: str, value: Decimal, unit: str | None, code: str | None, check: bool) -> None:
    answer = convert(concept, value, unit, code, check_range=check)
    assert isinstance(answer, Converted | Refusal)
    if isinstance(answer, Converted):
        assert answer.value.is_finite()
        assert answer.value >= 0


@given(st.sampled_from(LINES), st.decimals(0, 10_000, places=3))
def test_spellings_of_one_unit_agree(line: list[str], value: Decimal) -> None:
    answers = {
        convert(line[0], value, r.unit, None) for r in unit_table()[line[0]].values() if r.factor == Fraction(line[3])
    }
    if len(answers) > 1:  # two refusals quote two spellings
        assert {type(answer) for answer in answers} == {Refusal}
    tidy = convert(line[0], value, f"  {line[1].replace('µ', 'μ').replace('/', ' / ')} ", None)
    assert type(tidy) is type(convert(line[0], value, line[1], None))


@given(st.sampled_from(LINES), st.decimals(Decimal("0.001"), 10_000, places=3))
def test_there_and_back(line: list[str], value: Decimal) -> None:
    answer = convert(line[0], value, line[1], None, check_range=False)
    assert isinstance(answer, Converted)
    back = Fraction(answer.value) / answer.factor
    assert abs(back - Fraction(value)) <= Fraction(value) / 10**27


@given(st.text(max_size=30))
def test_normalising_is_done_once(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
