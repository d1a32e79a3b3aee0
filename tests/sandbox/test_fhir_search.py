"""The FHIR server finds exactly what is asked for, page by page, and refuses what it would have to ignore."""

from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_service.sandbox.fhir.kinds import KINDS
from hooks.services import services
from tests.sandbox.desk import MAN, everything, get, is_valid, observation, outcome, pages, resources, sandbox, send

LONG = "syn-breast-long-history"
CODED = [kind for kind in KINDS if KINDS[kind].code]
OWNED = [kind for kind in KINDS if KINDS[kind].patient]
often = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@cache
def whole() -> dict[str, list[dict[str, Any]]]:
    """Everything that is served, by type."""
    client = sandbox()
    return {kind: everything(client, f"/sandbox/fhir/{kind}?_count=1000") for kind in KINDS}


def codings(resource: dict[str, Any]) -> list[tuple[Any, Any]]:
    concept = resource.get(KINDS[resource["resourceType"]].code or "", {})
    return [(coding.get("system"), coding.get("code")) for coding in concept.get("coding", [])]


def owner(resource: dict[str, Any]) -> str | None:
    """Independently of the server: the first Patient reference anywhere in the resource."""
    if isinstance(resource, dict):
        found = resource.get("reference")
        if isinstance(found, str) and found.startswith("Patient/"):
            return found.removeprefix("Patient/")
        return next((who for member in resource.values() if (who := owner(member))), None)
    return next((who for item in resource if (who := owner(item))), None) if isinstance(resource, list) else None


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [each["id"] for each in found]


def test_there_is_something_of_every_type_the_templates_ask_for() -> None:
    asked = {template.partition("?")[0].partition("/")[0] for each in services() for template in each.prefetch.values()}
    assert asked <= set(KINDS)
    assert {kind for kind in asked if not whole()[kind]} == set()


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_served_is_valid_r4(kind: str) -> None:
    assert all(is_valid(each) for each in whole()[kind][:150])
    assert all(each["resourceType"] == kind and each["meta"]["versionId"] == "1" for each in whole()[kind])


@often
@given(st.data())
def test_by_patient(client: FlaskClient, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(OWNED))
    patient = data.draw(st.sampled_from([each["id"] for each in whole()["Patient"]] + ["nobody"]))
    written = data.draw(
        st.sampled_from([patient, f"Patient/{patient}", f"http://localhost/sandbox/fhir/Patient/{patient}"])
    )
    found = everything(client, f"/sandbox/fhir/{kind}?{urlencode({'patient': written, '_count': 500})}")
    assert ids(found) == [each["id"] for each in whole()[kind] if owner(each) == patient]


@often
@given(st.data())
def test_by_code_with_and_without_its_system(client: FlaskClient, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(CODED))
    known = sorted({(s or "", c) for each in whole()[kind] for s, c in codings(each)})
    wanted = data.draw(
        st.lists(st.sampled_from([*known, ("http://loinc.org", "no-such-code")]), min_size=1, max_size=5)
    )
    forms = [data.draw(st.sampled_from(["code", "both", "system"])) for _ in wanted]
    tokens = [
        {"code": c, "both": f"{s}|{c}", "system": f"{s}|"}[form] for (s, c), form in zip(wanted, forms, strict=True)
    ]
    found = everything(client, f"/sandbox/fhir/{kind}?{urlencode({'code': ','.join(tokens), '_count': 1000})}")

    def is_meant(resource: dict[str, Any]) -> bool:
        for (s, c), form in zip(wanted, forms, strict=True):
            for system, code in codings(resource):
                if (form == "system" or code == c) and (form == "code" or (system or "") == s):
                    return True
        return False

    assert ids(found) == [each["id"] for each in whole()[kind] if is_meant(each)]


@often
@given(st.data())
def test_paging_visits_everything_exactly_once_in_order(client: FlaskClient, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(KINDS)))
    total = len(whole()[kind])
    count = data.draw(st.integers(max(1, total // 12), min(total + 5, 1000)))
    sort = data.draw(st.sampled_from([None, "_id", "-_id", "_lastUpdated", "-_lastUpdated,_id"]))
    asked = {"_count": count} | ({"_sort": sort} if sort else {})
    seen = list(pages(client, f"/sandbox/fhir/{kind}?{urlencode(asked)}"))
    assert [page["total"] for page in seen] == [total] * len(seen)
    assert all(len(resources(page)) == count for page in seen[:-1])
    found = [each["id"] for page in seen for each in resources(page)]
    assert sorted(found) == sorted(ids(whole()[kind]))
    if sort in ("_id", "-_id"):
        assert found == sorted(found, reverse=sort.startswith("-"))


def test_pages_stay_what_they_were_while_others_write(fresh: FlaskClient) -> None:
    path = f"/sandbox/fhir/Observation?patient={MAN}&_count=4"
    expected = ids(everything(fresh, path))
    visited = []
    for page in pages(fresh, path):
        visited += ids(resources(page))
        send(fresh, "POST", "/sandbox/fhir/Observation", observation())
    assert visited == expected
    assert len(everything(fresh, path)) > len(expected)


def test_a_resource_deleted_since_is_left_out_of_its_page(fresh: FlaskClient) -> None:
    walk = pages(fresh, f"/sandbox/fhir/Observation?patient={MAN}&_count=4")
    first = ids(resources(next(walk)))
    last = everything(fresh, f"/sandbox/fhir/Observation?patient={MAN}")[-1]["id"]
    assert fresh.delete(f"/sandbox/fhir/Observation/{last}").status_code == 204
    rest = [each for page in walk for each in ids(resources(page))]
    assert last not in rest
    assert not set(first) & set(rest)


@pytest.mark.parametrize("kind", ["Observation", "MedicationAdministration", "Procedure", "DiagnosticReport"])
def test_sorted_by_date_either_way(client: FlaskClient, kind: str) -> None:
    name = KINDS[kind].date[0]  # type: ignore[index]  # each of these has one
    asked = f"/sandbox/fhir/{kind}?patient={LONG}&_count=1000"
    days = [
        str(each.get("effectiveDateTime") or each.get("performedDateTime"))[:10]
        for each in everything(client, f"{asked}&_sort={name}")
    ]
    back = [
        str(each.get("effectiveDateTime") or each.get("performedDateTime"))[:10]
        for each in everything(client, f"{asked}&_sort=-{name}")
    ]
    known = [day for day in days if day != "None"]
    assert known == sorted(known)
    assert [day for day in back if day != "None"] == sorted(known, reverse=True)
    assert days[len(known) :] == back[len(known) :]  # what has no date comes last, both ways


def test_times_are_compared_across_offsets(fresh: FlaskClient) -> None:
    for moment in ("2030-01-01T09:00:00+09:00", "2030-01-01T00:30:00Z", "2030-01", "2030-01-01T01:00:00+05:00"):
        assert (
            send(fresh, "POST", "/sandbox/fhir/Observation", observation(effectiveDateTime=moment)).status_code == 201
        )
    newest = everything(fresh, f"/sandbox/fhir/Observation?patient={MAN}&_sort=-date&_count=50")[:4]
    assert [each["effectiveDateTime"] for each in newest] == [
        "2030-01-01T00:30:00Z", "2030-01-01T09:00:00+09:00", "2030-01", "2030-01-01T01:00:00+05:00",
    ]  # fmt: skip


def test_by_id_and_several_conditions_at_once(client: FlaskClient) -> None:
    known = ids(everything(client, f"/sandbox/fhir/Observation?patient={MAN}"))
    asked = f"/sandbox/fhir/Observation?_id={known[0]},{known[2]},no-such-id&patient={MAN}&patient={MAN}"
    assert ids(everything(client, asked)) == [known[0], known[2]]
    assert everything(client, f"{asked}&patient={LONG}") == []


def test_a_search_can_be_posted_as_a_form(client: FlaskClient) -> None:
    body = urlencode({"patient": MAN, "code": "http://loinc.org|14682-9"})
    response = client.post(
        "/sandbox/fhir/Observation/_search", data=body, content_type="application/x-www-form-urlencoded"
    )
    expected = get(client, f"/sandbox/fhir/Observation?{body}")
    assert [entry["resource"]["id"] for entry in response.get_json()["entry"]] == ids(resources(expected))


def test_escaped_commas_and_bars_are_part_of_the_value(fresh: FlaskClient) -> None:
    odd = {"coding": [{"system": "urn:x", "code": "a,b|c"}]}
    made = send(fresh, "POST", "/sandbox/fhir/Observation", observation(code=odd)).get_json()
    for value in ("a\\,b\\|c", "urn:x|a\\,b\\|c", "zzz,a\\,b\\|c"):
        assert ids(everything(fresh, f"/sandbox/fhir/Observation?code={quote(value)}")) == [made["id"]]
    assert everything(fresh, f"/sandbox/fhir/Observation?code={quote('a,b|c')}") == []


def test_a_code_without_a_system(fresh: FlaskClient) -> None:
    made = send(fresh, "POST", "/sandbox/fhir/Observation", observation(code={"coding": [{"code": "bare"}]})).get_json()
    assert ids(everything(fresh, "/sandbox/fhir/Observation?code=%7Cbare")) == [made["id"]]
    assert everything(fresh, "/sandbox/fhir/Observation?code=http://loinc.org%7Cbare") == []


def test_a_count_of_nothing_gives_the_total(client: FlaskClient) -> None:
    page = get(client, f"/sandbox/fhir/Observation?patient={LONG}&_count=0")
    assert (page["total"], "entry" in page) == (2079, False)
    assert [link["relation"] for link in page["link"]] == ["self"]


def test_an_empty_searchset_has_no_entry(client: FlaskClient) -> None:
    page = get(client, "/sandbox/fhir/Condition?patient=nobody")
    assert (page["total"], page.get("entry")) == (0, None)
    assert is_valid(page)


def test_a_searchset_is_valid(client: FlaskClient) -> None:
    page = get(client, f"/sandbox/fhir/Observation?patient={MAN}&_count=3")
    assert is_valid(page)
    assert (
        page["entry"][0]["fullUrl"] == f"http://localhost/sandbox/fhir/Observation/{page['entry'][0]['resource']['id']}"
    )
    assert page["entry"][0]["search"] == {"mode": "match"}


@pytest.mark.parametrize(
    "query",
    ["status=final", "subject=x", "code:text=x", "_count=-1", "_count=x", "_sort=status", "_sort=code", "_include=x",
     "patient=", "code=,", "_count=99999999999", "_page=x&_from=", "_page=x&_from=y", "date=ge2020"],
)  # fmt: skip
def test_what_cannot_be_searched_by_is_refused(client: FlaskClient, query: str) -> None:
    issue = outcome(client.get(f"/sandbox/fhir/Observation?{query}"), 400)
    assert issue["code"] == "not-supported"


def test_unknown_parameters_may_be_ignored_on_request(client: FlaskClient) -> None:
    found = get(client, f"/sandbox/fhir/Observation?patient={MAN}&status=final", Prefer="handling=lenient")
    assert found["total"] > 5


def test_a_page_too_old_is_gone(client: FlaskClient) -> None:
    outcome(client.get("/sandbox/fhir/Observation?_page=no-such-handle&_from=10"), 410)


def test_a_very_large_count_is_brought_down(client: FlaskClient) -> None:
    first = get(client, "/sandbox/fhir/Observation?_count=50000")
    assert len(resources(first)) == 1000
