"""What the tests of the app's pages share: the product's tables, shipped patients, patients of a few words."""

import json
from datetime import date
from functools import cache
from typing import Any

from cds_service.app_pages.asking import judged, read_at_app
from cds_service.app_pages.page import Links, patient_page
from cds_service.app_pages.rhythm import Numbers
from cds_service.app_pages.view import PatientView, patient_view
from cds_service.pipeline import Parts, build_parts
from cds_service.prefetch import Completed
from cds_service.sandbox.scenarios import hook_request, scenario
from fhir_mappers.record.patient_record import PatientRecord
from hooks.evaluate import Findings
from hooks.exact_json import dumps_exact
from hooks.texts import Speaker
from tests.support.bedside import TODAY, Bedside

NEWEST = "aura-2026"


@cache
def parts() -> Parts:
    return build_parts(lambda: TODAY, NEWEST)


def numbers(edition: str = NEWEST) -> Numbers:
    return Numbers(parts().rules, edition)


def speaker(language: str = "en", edition: str = NEWEST) -> Speaker:
    return parts().speakers[language, edition]


@cache
def shipped(name: str) -> tuple[str, Completed, date]:
    """Whom the page is about, the data, the day."""
    about = scenario(name)
    body = hook_request(about)
    data = Completed({key: dumps_exact(value) for key, value in body["prefetch"].items()})
    return body["context"]["patientId"], data, about.as_of


@cache
def view(name: str, language: str = "en", edition: str = NEWEST) -> PatientView:
    patient, data, day = shipped(name)
    return patient_view(patient, data, parts(), day, language, edition)


@cache
def html(name: str, language: str = "en", edition: str = NEWEST) -> str:
    return patient_page(view(name, language, edition), Links())


def charted(bedside: Bedside) -> Completed:
    """The data of a patient of a few words."""
    sent: dict[str, Any] = {
        kind: {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": one} for one in rows]}
        for kind, rows in bedside.resources.items()
    }
    whole = {"patient": bedside.patient, **sent}
    return Completed({key: dumps_exact(value) for key, value in whole.items() if key not in bedside.not_fetched})


def viewed(bedside: Bedside, language: str = "en", edition: str = NEWEST, **more: Any) -> PatientView:
    return patient_view("p1", charted(bedside), more.pop("using", parts()), bedside.today, language, edition, **more)


def record_of(bedside: Bedside) -> PatientRecord:
    return read_at_app("p1", parts(), bedside.today, charted(bedside))


def heard(record: PatientRecord, edition: str = NEWEST) -> Findings:
    found = judged(record, parts(), edition)
    assert not found.broken
    return found


def shifted(data: Completed, **keys: Any) -> Completed:
    """The same data with some keys replaced; a value of ``...`` leaves one out."""
    sent = {**data.prefetch, **{key: json.dumps(v).encode() if v is not ... else v for key, v in keys.items()}}
    return Completed({key: value for key, value in sent.items() if value is not ...}, data.origins, data.failures)
