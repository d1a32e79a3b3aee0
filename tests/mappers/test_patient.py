"""Who the patient is, and whose data is looked at."""

import pytest

from fhir_mappers.build import build_record
from fhir_mappers.clerk import OTHER_PATIENT
from fhir_mappers.record.answer import NOT_FETCHED, UNREADABLE
from fhir_mappers.record.patient_record import PatientRecord
from tests.support import fhir
from tests.support.drawn import name, rows

PEOPLE = rows(
    """
    birthDate           | gender  | born       | sex    | searched
    --------------------+---------+------------+--------+-----------
    1957-03-14          | male    | 1957-03-14 | male   |
    1957-03             | female  | 1957-03    | female |
    1957                | other   | 1957       |        |
                        | unknown |            |        |
    1957-13-45          | FEMALE  |            | female | unreadable
    14/03/1957          |         |            |        | unreadable
    """
)


@pytest.mark.parametrize("row", PEOPLE, ids=name)
def test_birth_date_and_sex(row: dict[str, str]) -> None:
    record = fhir.record_of(fhir.patient(birthDate=row["birthDate"] or None, gender=row["gender"] or None))
    assert record.person.source == "Patient/1"
    assert (record.person.born.text if record.person.born else "") == row["born"]
    assert (record.person.sex or "") == row["sex"]
    assert (record.looked_for["patient"] or "") == row["searched"]


def test_extensions_on_the_birth_date_do_not_disturb() -> None:
    assert fhir.record_of(fhir.patient(_birthDate={"extension": []}, deceasedBoolean=True)).person.born is not None


def test_another_patient_is_nobody() -> None:
    record = fhir.record_of(fhir.patient("2"))
    assert record.person.born is None
    assert record.looked_for["patient"] == UNREADABLE
    assert [(gap.kind, gap.resource, gap.why) for gap in record.gaps] == [("patient", "Patient/2", OTHER_PATIENT)]


def test_the_patient_may_come_in_any_bundle_but_was_then_not_looked_for() -> None:
    prefetch = fhir.sent({"conditions": fhir.bundle(fhir.patient(), fhir.condition(fhir.BONE_METASTASIS))})
    record = build_record(prefetch, None, None, "1", fhir.TODAY)
    assert record.person.sex == "male"
    assert record.looked_for["patient"] == NOT_FETCHED
    assert record.looked_for["conditions"] is None


REFERENCES = rows(
    """
    reference                                  | ours
    -------------------------------------------+------
    Patient/1                                  | yes
    https://ehr.example/fhir/Patient/1         | yes
    Patient/1/_history/7                       | yes
    1                                          | yes
    urn:uuid:aaaa                              | yes    # fullUrl of the Patient entry
    urn:uuid:bbbb                              | no
    Patient/2                                  | no
    Patient/11                                 | no
    https://ehr.example/fhir/Patient/2         | no
    Group/1                                    | no
                                               | yes    # identifier only
    """
)


@pytest.mark.parametrize("row", REFERENCES, ids=name)
@pytest.mark.parametrize("kind", ["observations", "conditions"])
def test_only_this_patients_data(row: dict[str, str], kind: str) -> None:
    subject = {"reference": row["reference"]} if row["reference"] else {"identifier": {"value": "77"}}
    sent = {
        "observations": fhir.observation(fhir.CREATININE, "80 umol/L", subject=subject),
        "conditions": fhir.condition(fhir.BONE_METASTASIS, subject=subject),
    }[kind]
    with_patient = {"entry": [{"fullUrl": "urn:uuid:aaaa", "resource": fhir.patient()}], "resourceType": "Bundle"}
    record = fhir.record_of(sent, patient=with_patient)
    assert bool(_read(record)) is (row["ours"] == "yes")
    expected = [] if row["ours"] == "yes" else [(kind, f"{sent['resourceType']}/{sent['id']}", OTHER_PATIENT)]
    assert [(gap.kind, gap.resource, gap.why) for gap in record.gaps] == expected


def test_a_contained_subject_is_not_known_to_be_ours() -> None:
    sent = fhir.condition(fhir.BONE_METASTASIS, subject={"reference": "#p"})
    assert not fhir.record_of(sent).problems


def _read(record: PatientRecord) -> list[object]:
    return [*record.measurements.get("creatinine_serum", ()), *record.problems]


def test_a_search_that_brought_only_another_patient_proves_nothing() -> None:
    other = fhir.condition(fhir.BONE_METASTASIS, subject={"reference": "Patient/2"})
    mine = fhir.condition("sct|363358000", id="c2")
    assert fhir.record_of(other).looked_for["conditions"] == NOT_FETCHED
    assert fhir.record_of(other, mine).looked_for["conditions"] is None


def test_an_appointment_is_ours_when_one_of_its_patients_is() -> None:
    def visit(*actors: str) -> fhir.Json:
        people = [{"actor": {"reference": actor}, "status": "accepted"} for actor in actors]
        visit = {"id": "v", "status": "booked", "start": "2026-07-01T09:00:00Z", "participant": people}
        return fhir.resource("Appointment", serviceType=[fhir.concept("local|denosumab-injection-visit")], **visit)

    assert fhir.record_of(visit("Practitioner/9", "Patient/1")).appointments
    assert fhir.record_of(visit("Practitioner/9")).appointments
    assert not fhir.record_of(visit("Practitioner/1", "Patient/2")).appointments
