"""Figures in both languages: no dose that can be misread, no clearance rounded onto a cut-off, nothing that escapes."""

import itertools
import re
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_mappers.record.answer import ABSENT, REASONS, TOO_OLD, Evidence, Missing
from fhir_mappers.record.dates import PartialDate, of_day, parse_date
from fhir_mappers.record.events import Measurement, Source
from fhir_mappers.record.kidney import Clearance
from fhir_mappers.record.proposals import Literal, Names
from fhir_mappers.record.quantity import Quantity, Span
from hooks.figures import Figures, escape
from hooks.texts import LANGUAGES, load_texts
from tests.support.drawn import name, rows

CUT_OFFS = tuple(Quantity.of(f"{limit} mL/min") for limit in (60, 50, 40, 30))
SAY = {language: Figures(language, load_texts()[1], CUT_OFFS) for language in LANGUAGES}
EN, FR = SAY["en"], SAY["fr"]


def exactly(value: str) -> Clearance:
    return Clearance(Span.exactly(Decimal(value), "mL/min"))


def between(low: str, high: str) -> Clearance:
    return Clearance(Span(Fraction(low), Fraction(high), "mL/min"))


def day(text: str) -> PartialDate:
    when = parse_date(text)
    assert when is not None
    return when


QUANTITIES = """
given               | english           | french
--------------------+-------------------+------------------
4.0 mg              | 4 mg              | 4 mg             # never 4.0: it is misread as 40
3.50 mg             | 3.5 mg            | 3,5 mg
3.3 mg              | 3.3 mg            | 3,3 mg
0.05 mg             | 0.05 mg           | 0,05 mg
120 mg              | 120 mg            | 120 mg
1E+3 mg             | 1000 mg           | 1000 mg          # no separator of thousands
4000.00 mg          | 4000 mg           | 4000 mg
1E-7 mg             | 0.0000001 mg      | 0,0000001 mg
0 d                 | 0 days            | 0 jour
1 d                 | 1 day             | 1 jour
1.0 d               | 1 day             | 1 jour
1.5 d               | 1.5 days          | 1,5 jour         # French: plural from two on
2 d                 | 2 days            | 2 jours
183 d               | 183 days          | 183 jours
1 wk                | 1 week            | 1 semaine
1 mo                | 1 month           | 1 mois
3 mo                | 3 months          | 3 mois
1 a                 | 1 year            | 1 an
18 a                | 18 years          | 18 ans
15 min              | 15 min            | 15 min
126 umol/L          | 126 µmol/L        | 126 µmol/L
2.2 mmol/L          | 2.20 mmol/L       | 2,20 mmol/L      # calcium has two decimals
3.00 mmol/L         | 3.00 mmol/L       | 3,00 mmol/L
2.175 mmol/L        | 2.175 mmol/L      | 2,175 mmol/L     # and keeps those it has
25 mL/min/{1.73_m2} | 25 mL/min/1.73 m² | 25 mL/min/1,73 m²
9999 mg             | 9999 mg           | 9999 mg
10000 mg            | 10,000 mg         | 10 000 mg         # from here on zeros are easily miscounted
50000 [iU]          | 50,000 IU         | 50 000 UI
5 furlong*          | 5 furlong\\*      | 5 furlong\\*     # a unit we have no words for is shown as it is
"""


@pytest.mark.parametrize("row", rows(QUANTITIES), ids=name)
def test_quantities(row: dict[str, str]) -> None:
    quantity = Quantity.of(row["given"])
    assert [EN.show(quantity), FR.show(quantity)] == [row["english"], row["french"]]


@given(st.decimals(min_value="0.001", max_value="9999.999", places=3), st.sampled_from(LANGUAGES))
def test_a_dose_has_all_its_digits_and_no_trailing_zero(value: Decimal, language: str) -> None:
    shown = SAY[language].show(Quantity(value, "mg"))
    assert not re.search(r"[.,]\d*0 ", shown)
    assert Decimal(shown.removesuffix(" mg").replace(",", ".")) == value


CLEARANCES = """
value       | english            | french
------------+--------------------+-------------------
42          | 42.0 mL/min        | 42,0 mL/min       # one decimal, always
42.04       | 42.0 mL/min        | 42,0 mL/min
42.05       | 42.1 mL/min        | 42,1 mL/min       # half up
100         | 100.0 mL/min       | 100,0 mL/min
59.89       | 59.9 mL/min        | 59,9 mL/min       # further than 0.1 from the cut-off
59.9        | 59.90 mL/min       | 59,90 mL/min
59.96       | 59.96 mL/min       | 59,96 mL/min
60          | 60.00 mL/min       | 60,00 mL/min
60.1        | 60.10 mL/min       | 60,10 mL/min
60.11       | 60.1 mL/min        | 60,1 mL/min
59.9999     | 59.9999 mL/min     | 59,9999 mL/min    # two decimals would show the cut-off itself
60.001      | 60.001 mL/min      | 60,001 mL/min
49.995      | 49.995 mL/min      | 49,995 mL/min
29.999      | 29.999 mL/min      | 29,999 mL/min
30.004      | 30.004 mL/min      | 30,004 mL/min
29.99999999 | 29.99999999 mL/min | 29,99999999 mL/min
"""


@pytest.mark.parametrize("row", rows(CLEARANCES), ids=name)
def test_clearances(row: dict[str, str]) -> None:
    assert [figures.show(exactly(row["value"])) for figures in (EN, FR)] == [row["english"], row["french"]]


def test_what_was_shown_before_does_not_change_what_is_shown() -> None:
    """30, 30.0 and 30.00 are equal numbers: a memory that took one for another would lose or invent decimals."""
    values = [exactly("30.0000000000001"), exactly("30"), Quantity.of("30 d"), exactly("30.2"), Quantity.of("30.0 mg")]
    for order in itertools.permutations(values):
        fresh = Figures("en", load_texts()[1], CUT_OFFS[-1:])
        shown = {fresh.show(value) for value in order}
        assert {"30.00 mL/min", "30 days", "30.2 mL/min", "30 mg"} <= shown
    assert EN.show(exactly("62")) == "62.0 mL/min"
    assert EN.show(Quantity.of("62 d")) == "62 days"


@given(st.fractions(min_value=25, max_value=65, max_denominator=10**6))
def test_a_clearance_is_never_shown_on_the_other_side_of_a_cut_off(value: Fraction) -> None:
    shown = Decimal(EN.clearance_value(Clearance(Span.exactly(value, "mL/min"))).removesuffix(" mL/min"))
    for limit in CUT_OFFS:
        assert (shown < limit.value) == (value < limit.value)
        assert (shown > limit.value) == (value > limit.value)


def test_an_uncertain_clearance_is_a_span() -> None:
    assert EN.show(between("25", "41.26")) == "between 25.0 and 41.3 mL/min"
    assert FR.show(between("25", "30")) == "entre 25,0 et 30,00 mL/min"
    assert EN.show(between("42.01", "42.04")) == "42.0 mL/min"
    assert EN.show(between("59.9999", "60.0001")) == "between 59.9999 and 60.0001 mL/min"
    assert [figures.show(Clearance(None)) for figures in (EN, FR)] == ["not known", "inconnue"]


def measured(what: str, value: str, unit: str, **more: bool) -> Measurement:
    sent = Quantity.of(f"{value} {unit}")
    return Measurement(Source(f"Observation/{what}"), what, day("2026-05-30"), sent, sent, **more)


def test_a_clearance_in_full_tells_its_inputs_as_they_were_sent() -> None:
    creatinine, weight = measured("creatinine_serum", "126.0", "umol/L"), measured("body_weight", "63.50", "kg")
    span, age = Span.exactly(42, "mL/min"), Span.exactly(68, "a")
    known = Clearance(span, (), (), creatinine, weight, age, "male")
    assert EN.show(known) == (
        "42.0 mL/min (Cockcroft-Gault; man, 68 years; weight 63.50 kg on 30 May 2026; "
        "creatinine 126.0 µmol/L on 30 May 2026)"
    )
    assert FR.show(known) == (
        "42,0 mL/min (Cockcroft-Gault ; homme, 68 ans ; poids 63,50 kg le 30 mai 2026 ; "
        "créatinine 126,0 µmol/L le 30 mai 2026)"
    )
    assert EN.show(known, "short") == "42.0 mL/min"
    partly = Clearance(span, (), (), measured("creatinine_serum", "126", "umol/L", provisional=True))
    assert EN.show(partly) == (
        "42.0 mL/min (Cockcroft-Gault; sex not recorded; creatinine 126 µmol/L on 30 May 2026 (provisional result))"
    )
    aged = Clearance(span, (), (), creatinine, None, Span(Fraction(67), Fraction(68), "a"), "female")
    assert "woman, 67-68 years; creatinine" in EN.show(aged)


def test_dates_keep_their_precision() -> None:
    told = [[figures.show(day(text)) for text in ("2026", "2026-03", "2026-03-01")] for figures in (EN, FR)]
    assert told == [["2026", "2026-03", "1 Mar 2026"], ["2026", "2026-03", "1 mars 2026"]]
    assert EN.show(day("2026-03-01T23:30:00-05:00")) == "1 Mar 2026"  # the day as it was written
    assert FR.show(date(2026, 9, 30)) == "30 sept. 2026"


def test_names_are_joined() -> None:
    keys = ("dental_examination", "dental_panoramic_xray", "vitamin_d_25oh_total")
    assert EN.show(Names(keys)) == "dental examination, panoramic X-ray and 25-OH vitamin D"
    assert FR.show(Names(keys[:2])) == "examen dentaire et radiographie panoramique"
    assert FR.show(Names(keys[:1])) == "examen dentaire"
    assert EN.show(Names(())) == ""
    assert EN.name("a_thing_without_words") == "a thing without words"


LAST = Evidence("Observation/1", "creatinine_serum", None, "126.50", "umol/L", None, of_day(date(2026, 1, 5)))


def test_what_is_missing_has_a_reason_and_the_nearest_value() -> None:
    gaps = (Missing("creatinine_serum", TOO_OLD, LAST), Missing("body_weight", ABSENT), Missing("body_weight", ABSENT))
    assert EN.missing(gaps) == "creatinine (too old; 126.50 µmol/L on 5 Jan 2026) and weight (none found)"
    assert FR.missing(gaps) == "créatinine (trop ancien ; 126,50 µmol/L le 5 janv. 2026) et poids (non retrouvé)"
    assert EN.missing(gaps, "short") == "creatinine, weight"
    draft = Evidence("MedicationRequest/1", "draft_order")
    assert EN.missing((Missing("product", ABSENT, draft),)) == "product (brand and dose) (none found)"


@pytest.mark.parametrize("why", REASONS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_words(why: str, language: str) -> None:
    assert SAY[language].missing((Missing("sex", why),)).endswith(")")


def test_evidence_is_told_as_it_was_sent_but_a_dose_without_its_zero() -> None:
    assert FR.show(LAST) == "126,50 µmol/L le 5 janv. 2026"
    assert EN.show(Evidence("x", "draft_order", value="4.0", unit="mg")) == "4 mg"
    assert FR.show(Evidence("x", "draft_order", value="3.30", unit="mg")) == "3,3 mg"
    assert EN.show(Evidence("x", "creatinine_serum", value="<5.0", unit="mg")) == "&lt;5.0 mg"
    assert FR.show(Evidence("x", "disease_extent", value="oligometastatic")) == "oligométastatique"
    assert EN.show(Evidence("x", "birth_date", value="1957-11-22")) == "1957-11-22"
    assert EN.show(Evidence("x", "draft_order")) == ""


def test_text_of_the_record_is_shown_escaped() -> None:
    hostile = "<img src=x>\n# **4 mg** [a](http://b.example) www.c.example d@e.example \u202e&amp;"
    shown = EN.show(Literal(hostile))
    assert shown == (
        r"&lt;img src=x&gt; \# \*\*4 mg\*\* \[a\]\(http\://b.example\) www\.c.example d\@e.example &amp;amp;"
    )
    assert EN.word("rule") == "rule"
    assert EN.word("on", day="*soon*") == r"on \*soon\*"
    assert EN.show(12) == "12"


@given(st.text() | st.text("<>&*_`[](){}#+!|~@\\:/w. \n\t\x00\u2028"))
def test_nothing_escapes_the_escape(text: str) -> None:
    shown = escape(text)
    assert not re.search(r"[<>\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]", shown)
    assert not re.search(r"&(?!(amp|lt|gt);)", shown)
    bare = re.sub(r"\\[\\`*_{}\[\]()#+!|~@:.]", " ", shown)
    assert not re.search(r"[\\`*_{}\[\]()#+!|~@]", bare), "an unescaped control character of Markdown"
    assert not re.search(r"://|[wW]{3}\.", bare), "a bare address that becomes a link"


STATES = """
what                         | state     | french
-----------------------------+-----------+-----------
dental_examination           | completed | réalisé
last_dose                    | completed | réalisée
head_neck_radiotherapy       | stopped   | arrêtée
denosumab_injection_visit    | booked    | programmé
hypercalcaemia               | resolved  | résolue
last_dose                    | active    | en cours
"""


@pytest.mark.parametrize("row", rows(STATES), ids=name)
def test_a_state_agrees_with_what_it_is_said_of(row: dict[str, str]) -> None:
    proof = Evidence("Procedure/1", row["what"], value=row["state"], date=day("2026-02-16"))
    assert FR.show(proof) == f"{row['french']} le 16 févr. 2026"
    assert EN.show(proof).endswith(" on 16 Feb 2026")
