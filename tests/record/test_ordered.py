"""What is known about a planned act: its own details, what was done before it, the drugs taken and when."""

from fractions import Fraction

import pytest

from fhir_mappers.record import ordered
from fhir_mappers.record.answer import Known, Missing
from fhir_mappers.record.dates import parse_date
from fhir_mappers.record.quantity import Quantity
from tests.support.bedside import Bedside, concept
from tests.support.chart import ago
from tests.support.drawn import name, rows
from tests.support.planned import planned

MONTH = Quantity.of("30 d")

DETAILS = """
order          | record               | flag | number
---------------+----------------------+------+--------------
               |                      | no   | absent
true 5 mm      |                      | yes  | 5
false 5 mm     | true 9 mm @ 10       | no   | 5             # the order wins
               | true 9 mm @ 30       | yes  | 9             # the last good day of an answer
               | true 9 mm @ 31       | no   | too-old
unknown <5 mm  | true 9 mm @ 10       | no   | under 5       # what the order does not know is not looked up
               | true 9 kg @ 10       | yes  | unit-unknown
"""


def drawn(row: dict[str, str]) -> Bedside:
    patient = Bedside()
    if row["order"]:
        flag, _, length = row["order"].partition(" ")
        planned(patient, "bone_radiotherapy", details=f"rt_epiduritis {flag}, tumour_cord_distance {length}")
    else:
        planned(patient, "bone_radiotherapy")
    if row["record"]:
        told, _, days = (part.strip() for part in row["record"].partition("@"))
        flag, _, length = told.partition(" ")
        patient.observed("rt_epiduritis", f"{flag} @ {ago(days)}")
        patient.observed("tumour_cord_distance", f"{length} @ {ago(days)}")
    return patient


@pytest.mark.parametrize("row", rows(DETAILS), ids=name)
def test_a_detail_of_the_order_wins_over_the_record(row: dict[str, str]) -> None:
    record = drawn(row).record()
    (draft,) = record.drafts
    asked = ordered.flag(record, draft, "rt_epiduritis")
    assert (asked.is_yes, asked.is_no) == (row["flag"] == "yes", row["flag"] == "no")
    told = ordered.number(record, draft, "tumour_cord_distance")
    if isinstance(told, Missing):
        assert told.why == row["number"]
    else:
        under = told.value.below(Quantity.of("5 mm")) is True
        assert row["number"] == ("under 5" if under else str(told.value.low))


def test_a_required_answer_that_is_not_there_is_unknown_and_named() -> None:
    record = planned(Bedside(), "bone_radiotherapy", details="bilsky_grade unknown").record()
    (draft,) = record.drafts
    for asked in (
        ordered.flag(record, draft, "mscc_operated", required=True),
        ordered.said(record, draft, "bilsky_grade", "bilsky_2", required=True),
    ):
        assert asked.is_unknown
        assert [gap.why for gap in asked.missing] == ["absent"]
    assert ordered.said(record, draft, "bilsky_grade", "bilsky_2").is_no


def test_a_detail_of_another_kind_than_asked_for_is_not_understood_as_no() -> None:
    record = planned(Bedside(), "bone_radiotherapy", details="rt_epiduritis lesion_lytic, cord_dmax true").record()
    (draft,) = record.drafts
    assert ordered.flag(record, draft, "rt_epiduritis").is_unknown
    assert isinstance(ordered.number(record, draft, "cord_dmax"), Missing)


def test_repeated_details_are_all_heard() -> None:
    details = "pain_mechanism pain_nocturnal, pain_mechanism pain_mechanical"
    record = planned(Bedside(), "bone_radiotherapy", details=details).record()
    (draft,) = record.drafts
    assert ordered.said(record, draft, "pain_mechanism", "pain_mechanical").is_yes
    assert ordered.said(record, draft, "pain_mechanism", "pain_diffuse").is_no
    form = Bedside().observed("pain_mechanism", f"pain_nocturnal @ {ago(3)}")
    form.observed("pain_mechanism", f"pain_mechanical @ {ago(3)}").observed(
        "pain_mechanism", f"pain_diffuse @ {ago(9)}"
    )
    told = ordered.every(form.record(), None, "pain_mechanism")
    assert isinstance(told, Known)
    assert {concept for one in told.value for concept in one.concepts} == {"pain_nocturnal", "pain_mechanical"}


def test_a_number_that_is_no_quantity_keeps_its_value() -> None:
    record = planned(Bedside(), "bone_radiotherapy", details="rt_fractions 5, rt_total_dose 2000 cGy").record()
    (draft,) = record.drafts
    fractions, dose = (ordered.number(record, draft, what) for what in ("rt_fractions", "rt_total_dose"))
    assert isinstance(fractions, Known)
    assert isinstance(dose, Known)
    assert (fractions.value.low, dose.value.low, dose.value.unit) == (5, 20, "Gy")


@pytest.mark.parametrize(
    ("sign", "below", "at_most"),
    [("", False, True), ("<", True, True), ("<=", None, True), (">", False, False), (">=", False, None)],
)
def test_a_comparator_is_heard_at_the_limit(sign: str, below: bool | None, at_most: bool | None) -> None:
    record = planned(Bedside(), "bone_radiotherapy", details=f"tumour_cord_distance {sign}5 mm").record()
    told = ordered.number(record, record.drafts[0], "tumour_cord_distance")
    assert isinstance(told, Known)
    limit = Quantity.of("5 mm")
    assert (told.value.below(limit), told.value.at_most(limit)) == (below, at_most)


PLANNED = """
on                        | until      | begins     | ends
--------------------------+------------+------------+-----------
                          |            | 2026-06-03 | 2026-06-03
2026-06-10                |            | 2026-06-10 | 2026-06-10
2026-06-10                | 2026-06-24 | 2026-06-10 | 2026-06-24
2026-05-10                |            | 2026-06-03 | 2026-06-03  # a past day of a draft: today at the earliest
2026-06-10                | 2026-06-01 | 2026-06-10 | 2026-06-10  # an end before the beginning tells nothing
"""


@pytest.mark.parametrize("row", rows(PLANNED), ids=name)
def test_when_the_act_takes_place(row: dict[str, str]) -> None:
    patient = planned(Bedside(), "bone_radiotherapy", on=row["on"], until=row["until"], site="site_femur")
    record = patient.record()
    (draft,) = record.drafts
    first, last = ordered.begins(record, draft), ordered.ends(record, draft)
    assert (first.first.isoformat(), last.last.isoformat()) == (row["begins"], row["ends"])
    assert ordered.sites_of(draft) == ("site_femur",)


def test_sites_come_from_the_order_and_its_details() -> None:
    details = "vertebral_level vertebra_t6, vertebral_level vertebra_t7, lesion_site site_spine"
    record = planned(Bedside(), "bone_radiotherapy", site="site_rib", details=details).record()
    assert ordered.sites_of(record.drafts[0]) == ("site_rib", "vertebra_t6", "vertebra_t7", "site_spine")


ACTS = """
act                         | at          | answer
----------------------------+-------------+--------
                            |             | no
completed site_femur 30     | site_femur  | yes
completed site_femur 31     | site_femur  | no
completed site_femur 5      | site_tibia  | no        # known to lie elsewhere
completed - 5               | site_tibia  | yes       # anywhere
in-progress site_femur 5    | site_femur  | no
completed site_femur -2     | site_femur  | no        # in the future
"""


@pytest.mark.parametrize("row", rows(ACTS), ids=name)
def test_what_was_done(row: dict[str, str]) -> None:
    patient = Bedside()
    if row["act"]:
        status, site, days = row["act"].split()
        where = {} if site == "-" else {"bodySite": [{"coding": _site(site)}]}
        patient.done("bone_ct", ago(days), status=status, **where)
    found = ordered.done(patient.record(), ("bone_ct",), MONTH, at=(row["at"],) if row["at"] else None)
    assert (found.is_yes, found.is_no) == (row["answer"] == "yes", row["answer"] == "no")


def _site(site: str) -> list[dict[str, str]]:
    coding: list[dict[str, str]] = concept(site)["coding"]
    return coding


def test_what_was_done_since_and_what_is_asked_for_or_booked() -> None:
    patient = Bedside().done("bone_ct", ago(20))
    patient.add("serviceRequests", "ServiceRequest", {"status": "active", "code": {"coding": _site("bone_ct")},
                                                      "authoredOn": ago(10)})  # fmt: skip
    visit = {"status": "booked", "serviceType": [{"coding": _site("bone_ct")}], "start": "2026-06-10"}
    patient.add("appointments", "Appointment", visit | {"participant": [{"actor": {"reference": "Patient/p1"}}]})
    record, wanted = patient.record(), ("bone_ct",)
    assert ordered.done(record, wanted, MONTH, since=parse_date(ago(20))).is_yes
    assert ordered.done(record, wanted, MONTH, since=parse_date(ago(19))).is_no
    assert ordered.requested(record, wanted, MONTH).is_yes
    assert ordered.requested(record, wanted, Quantity.of("9 d")).is_no
    assert ordered.requested(record, wanted, MONTH, since=parse_date(ago(9))).is_no
    assert ordered.booked(record, wanted).is_yes
    assert ordered.booked(record, wanted, Quantity.of("6 d")).is_no
    assert ordered.booked(Bedside().without("appointments").record(), wanted).is_unknown
    assert ordered.requested(planned(Bedside(), "bone_ct").record(), wanted, MONTH).is_yes


RUNNING = """
order                      | draft            | taken
---------------------------+------------------+------
gemcitabine active         |                  | yes
gemcitabine stopped        |                  | no
gemcitabine active to 0    |                  | yes     # its last day
gemcitabine active to 1    |                  | no
pemetrexed active          |                  | no
gemcitabine active         | stop gemcitabine | no
gemcitabine active         | stop pemetrexed  | yes
gemcitabine active         | stop r1          | no
"""


@pytest.mark.parametrize("row", rows(RUNNING), ids=name)
def test_what_the_patient_takes_now(row: dict[str, str]) -> None:
    drug, status, *end = row["order"].split()
    validity = {"dispenseRequest": {"validityPeriod": {"start": ago(60), "end": ago(end[1])}}} if end else {}
    patient = Bedside().ordered(drug, ago(60), status=status, **validity)
    if row["draft"]:
        what = row["draft"].split()[1]
        named = {"priorPrescription": {"reference": "MedicationRequest/r1"}} if what == "r1" else {}
        patient.drafts_order("gemcitabine" if named else what, status="stopped", **named)
    answer = ordered.taken_now(patient.record(), ("gemcitabine",))
    assert (answer.is_yes, answer.is_no) == (row["taken"] == "yes", row["taken"] == "no")


def test_the_last_dose_is_a_dose_given_or_the_end_of_a_statement() -> None:
    patient = Bedside().given("gemcitabine", ago(9)).given("gemcitabine", ago(3), status="not-done")
    patient.stated("gemcitabine", ago(40), effectiveDateTime=None, effectivePeriod={"start": ago(40), "end": ago(5)})
    last = ordered.last_taken(patient.record(), ("gemcitabine",))
    assert isinstance(last, Known)
    assert last.value.when is not None
    assert last.value.when.text == ago(5)
    assert isinstance(ordered.last_taken(patient.record(), ("bleomycin",)), Missing)


GAPS = """
earlier                   | later                     | fewest h | most h | days
--------------------------+---------------------------+----------+--------+------
2026-06-01T10:00:00+02:00 | 2026-06-03T10:00:00+02:00 | 48       | 48     | 2
2026-06-01T10:01:00+02:00 | 2026-06-03T10:00:00+02:00 | under 48 | -      | 2
2026-06-01                | 2026-06-03                | under 48 | -      | 2
2026-06-01                | 2026-06-04                | 48       | -      | 3
2026-06-01T08:00:00Z      | 2026-06-03                | under 48 | -      | 2
2026-06-03                | 2026-06-01                | under 48 | -      | 0
2026-06                   | 2026-06-20                | under 48 | -      | 0-19
"""


@pytest.mark.parametrize("row", rows(GAPS), ids=name)
def test_the_time_between_a_dose_and_an_act(row: dict[str, str]) -> None:
    earlier, later = parse_date(row["earlier"]), parse_date(row["later"])
    assert earlier is not None
    assert later is not None
    hours, days = ordered.hours_between(earlier, later), ordered.days_between(earlier, later)
    fewest, _, most = row["days"].partition("-")
    assert (days.low, days.high) == (int(fewest), int(most or fewest))
    assert (hours.low < 48) is (row["fewest h"] == "under 48")
    assert row["most h"] == "-" or hours.high == Fraction(row["most h"])
