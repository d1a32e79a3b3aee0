"""Conditions and allergies: what counts, what counts as if it were not there."""

import pytest

from tests.support import fhir
from tests.support.drawn import name, rows

CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"

STATUSES = rows(
    """
    clinical    | verification      | shape  | read | status     | certain
    ------------+-------------------+--------+------+------------+--------
    active      | confirmed         | R4     | yes  | active     | yes
    active      | confirmed         | DSTU2  | yes  | active     | yes
    recurrence  |                   | R4     | yes  | recurrence | yes
    relapse     |                   | DSTU2  | yes  | relapse    | yes
    resolved    | confirmed         | R4     | yes  | resolved   | yes
    inactive    |                   | R4     | yes  | inactive   | yes
                | confirmed         | R4     | yes  | active     | yes
    chronic     |                   | DSTU2  | yes  | active     | yes      # a word we do not know says nothing
    active      | provisional       | R4     | yes  | active     | no
    active      | differential      | DSTU2  | yes  | active     | no
    active      | unconfirmed       | R4     | yes  | active     | no
    active      | refuted           | R4     | no   |            |
    active      | entered-in-error  | DSTU2  | no   |            |
                | entered-in-error  | R4     | no   |            |
    """
)


def status(code: str, system: str, shape: str) -> object:
    if not code:
        return None
    return code if shape == "DSTU2" else {"coding": [{"system": system, "code": code}]}


@pytest.mark.parametrize("row", STATUSES, ids=name)
def test_statuses(row: dict[str, str]) -> None:
    sent = fhir.condition(
        fhir.BONE_METASTASIS,
        clinicalStatus=status(row["clinical"], CLINICAL, row["shape"]),
        verificationStatus=status(row["verification"], VERIFICATION, row["shape"]),
    )
    problems = fhir.record_of(sent).problems
    assert len(problems) == (row["read"] == "yes")
    if problems:
        assert (problems[0].status, problems[0].certain) == (row["status"], row["certain"] == "yes")
        assert problems[0].concepts == ("bone_metastasis",)
        assert problems[0].source.code == "http://snomed.info/sct|94222008"


DATES = [
    ({"onsetDateTime": "2025-01"}, "2025-01"),
    ({"onsetPeriod": {"start": "2024-05-01", "end": "2024-06-01"}}, "2024-05-01"),
    ({"onsetDateTime": "long ago", "recordedDate": "2025-02-03"}, "2025-02-03"),
    ({"assertedDate": "2025-02-04"}, "2025-02-04"),
    ({"dateRecorded": "2025-02-05"}, "2025-02-05"),
    ({}, None),
]


@pytest.mark.parametrize(("dates", "expected"), DATES)
def test_when(dates: fhir.Json, expected: str | None) -> None:
    (problem,) = fhir.record_of(fhir.condition(fhir.BONE_METASTASIS, **{"on": None, **dates})).problems
    assert (problem.when.text if problem.when else None) == expected


@pytest.mark.parametrize(
    "ended",
    [{"abatementDateTime": "2025-03-01"}, {"abatementPeriod": {"end": "2025-03-01"}}, {"abatementBoolean": True}],
)
def test_a_condition_that_ended_without_saying_its_status_is_resolved(ended: fhir.Json) -> None:
    (problem,) = fhir.record_of(fhir.condition(fhir.BONE_METASTASIS, without=["clinicalStatus"], **ended)).problems
    assert problem.status == "resolved"
    assert not problem.is_ongoing


def test_sites_and_strangers() -> None:
    sent = fhir.condition("icd10|C79.5", bodySite=[fhir.concept("sct|71341001")])
    record = fhir.record_of(sent, fhir.condition("sct|38341003", id="c2"), fhir.condition(id="c3", text="pain"))
    (problem,) = record.problems
    assert problem.sites == ("site_femur",)
    assert record.looked_for["conditions"] is None


ZOLEDRONATE = fhir.concept("rxnorm|77655")


def allergy(**more: object) -> fhir.Json:
    return fhir.resource("AllergyIntolerance", **{"id": "al1", "code": ZOLEDRONATE, "patient": fhir.PATIENT, **more})


def test_an_allergy_with_its_reactions() -> None:
    sent = allergy(
        type="intolerance",
        recordedDate="2026-01-05",
        reaction=[
            {"manifestation": [fhir.concept("local|reaction-fever")], "onset": "2026-01-04"},
            {"manifestation": [fhir.concept("local|reaction-myalgia")], "onset": "2026-01-03"},
        ],
    )
    (read,) = fhir.record_of(sent).allergies
    assert read.concepts == ("zoledronic_acid",)
    assert read.manifestations == ("reaction_fever", "reaction_myalgia")
    assert not read.unrecognised_manifestations
    assert (read.kind, read.status) == ("intolerance", "active")
    assert read.onset is not None
    assert read.onset.text == "2026-01-03"


@pytest.mark.parametrize("sign", [fhir.concept("sct|271807003"), {"text": "rash"}])
def test_a_manifestation_we_do_not_know_is_said_to_be_so(sign: fhir.Json) -> None:
    known = fhir.concept("local|reaction-fever")
    (read,) = fhir.record_of(allergy(reaction=[{"manifestation": [known, sign]}])).allergies
    assert read.manifestations == ("reaction_fever",)
    assert read.unrecognised_manifestations


@pytest.mark.parametrize(
    "named",
    [{"code": {"text": "Zometa"}}, {"code": None, "substance": ZOLEDRONATE},
     {"code": {"coding": [{"display": "ZOMETA"}]}},
     {"code": {"text": "drug"}, "reaction": [{"substance": ZOLEDRONATE}]}],
)  # fmt: skip
def test_the_culprit_may_be_named_in_several_places(named: fhir.Json) -> None:
    (read,) = fhir.record_of(allergy(**named)).allergies
    assert set(read.concepts) & {"zoledronic_acid", "zoledronic_acid_4mg"}


@pytest.mark.parametrize(
    "withdrawn",
    [{"verificationStatus": "entered-in-error"}, {"verificationStatus": fhir.concept("x|refuted")},
     {"status": "refuted"}, {"code": {"text": "peanuts"}}],
)  # fmt: skip
def test_allergies_as_if_absent(withdrawn: fhir.Json) -> None:
    record = fhir.record_of(allergy(**withdrawn))
    assert not record.allergies
    assert record.looked_for["allergies"] is None
