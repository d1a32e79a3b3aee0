"""The whole service asked twice: order-select and order-sign do not repeat each other, and what was decided stays so."""

import json
import re
import subprocess
import sys
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cds_service.app import create_app
from cds_service.memory import InMemory
from cds_service.sandbox.scenarios import hook_request, scenario
from cds_service.settings import Settings
from hooks.exact_json import dumps_exact
from hooks.quiet import Kind
from hooks.services import services
from hooks.withholding import WITHHELD_EXTENSION
from tests.service.calls import blanks, post

ROOT = Path(__file__).resolve().parents[2]
DAY = scenario("lung-zol-clearance-28").as_of
CACHE = {"pddi-configuration-items": {"cache-for-order-sign-filtering": True}}
FILTER = {"pddi-configuration-items": {"filter-out-repeated-alerts": True}}
SERVICE = {service.hook: service.id for service in services()}


class Ward:
    """An EHR that calls one service again and again; ``day`` is the clock."""

    def __init__(self, day: date = DAY) -> None:
        self.day, self.memory = day, InMemory()
        self.client = create_app(Settings(), lambda: self.day, memory=self.memory).test_client()

    def asks(self, hook: str, name: str = "lung-zol-clearance-28", extension: Any = None, **context: Any) -> Any:
        body = hook_request(scenario(name), hook=hook)
        body["context"] |= context
        return self.posts(body | ({"extension": extension} if extension is not None else {}))

    def posts(self, body: Any) -> Any:
        response = post(self.client, dumps_exact(body), f"/cds-services/{SERVICE[body['hook']]}")
        assert response.status_code == 200
        answer = json.loads(response.data)
        assert blanks(answer) == []
        return answer

    def hears(self, answer: Any, kind: Kind = Kind.OVERRIDDEN) -> None:
        """Feedback about every card of an answer."""
        for card in answer["cards"]:
            found = self.memory.find("development", UUID(card["uuid"]))
            assert found is not None
            whose, memo = found
            self.memory.remember(whose, memo.rows(kind, self.day, whose.user))


def led_by(answer: Any) -> list[str]:
    return [card["source"]["topic"]["code"] for card in answer["cards"]]


def withheld(answer: Any) -> list[tuple[list[str], list[str]]]:
    return [(one["rules"], one["reasons"]) for one in answer.get("extension", {}).get(WITHHELD_EXTENSION, [])]


def draft(ident: str = "other", dose: int = 4, hours: str = "") -> dict[str, Any]:
    body = hook_request(scenario("lung-zol-clearance-28"))
    (entry,) = body["context"]["draftOrders"]["entry"]
    entry["resource"] = json.loads(dumps_exact(entry["resource"])) | {"id": ident}
    entry["resource"]["dosageInstruction"][0]["doseAndRate"] = [
        {"doseQuantity": {"value": dose, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}}
    ]
    return dict(body["context"]["draftOrders"])


# ---- order-select, then order-sign -----------------------------------------------------------------------------------


def test_what_was_shown_while_selecting_is_not_repeated_at_the_signature() -> None:
    ward = Ward()
    assert led_by(ward.asks("order-select", extension=CACHE)) == ["ZOL-CI-01"]
    signed = ward.asks("order-sign", extension=FILTER)
    assert signed["cards"] == []
    assert signed["extension"] == {
        WITHHELD_EXTENSION: [{"rules": ["ZOL-CI-01"], "indicator": "critical", "reasons": ["repeated"]}]
    }


@pytest.mark.parametrize(
    ("selecting", "signing"),
    [(None, FILTER), (CACHE, None), (None, None), (FILTER, CACHE), ({}, {}), (CACHE, {"configuration-items": "?"})],
)
def test_both_must_be_asked_for(selecting: Any, signing: Any) -> None:
    ward = Ward()
    ward.asks("order-select", extension=selecting)
    signed = ward.asks("order-sign", extension=signing)
    assert led_by(signed) == ["ZOL-CI-01"]
    assert "extension" not in signed


def test_the_other_name_of_the_extension_and_a_list_do_as_well() -> None:
    ward = Ward()
    listed = [{"code": "cache-for-order-sign-filtering", "value": True}]
    ward.asks("order-select", extension={"configuration-items": listed})
    assert ward.asks("order-sign", extension={"configuration-items": FILTER["pddi-configuration-items"]})["cards"] == []


@pytest.mark.parametrize(
    "changed",
    [
        {"userId": "Practitioner/attending"},
        {"draftOrders": draft("other")},
        {"draftOrders": draft("syn-zol-clearance-28-draft", dose=8)},
        {"patientId": "somebody-else"},
    ],
    ids=["another user", "another order", "another dose", "another patient"],
)
def test_who_or_what_was_not_there_is_told_again(changed: dict[str, Any]) -> None:
    ward = Ward()
    ward.asks("order-select", extension=CACHE)
    body = hook_request(scenario("lung-zol-clearance-28"))
    body["context"] |= changed
    body["extension"] = FILTER
    if "patientId" in changed:
        body = json.loads(dumps_exact(body).replace(b"syn-lung-zol-clearance-28", b"somebody-else"))
    assert "ZOL-CI-01" in led_by(ward.posts(body))


def test_a_new_result_between_selecting_and_signing_is_told_at_once() -> None:
    ward = Ward()
    ward.asks("order-select", extension=CACHE)
    body = hook_request(scenario("lung-zol-clearance-28")) | {"extension": FILTER}
    found = [e["resource"] for e in body["prefetch"]["observations"]["entry"] if "valueQuantity" in e["resource"]]
    creatinine = next(one for one in found if one["valueQuantity"]["unit"] in ("umol/L", "µmol/L"))
    newer = json.loads(dumps_exact(creatinine)) | {"id": "newer", "effectiveDateTime": DAY.isoformat()}
    newer["valueQuantity"]["value"] += 1
    body["prefetch"]["observations"]["entry"].append({"resource": newer, "search": {"mode": "match"}})
    assert led_by(ward.posts(body)) == ["ZOL-CI-01"]


def test_what_only_the_signature_asks_brings_its_whole_card() -> None:
    """The dental card was shown while selecting; signing adds that teeth must be treated first."""
    ward = Ward(scenario("breast-dental-repair-first").as_of)
    again = partial(ward.asks, name="breast-dental-repair-first")
    assert led_by(again("order-select", extension=CACHE)) == ["AR-DENTAL-01"]
    (card,) = again("order-sign", extension=FILTER)["cards"]
    said = [row["rule"] for row in card["extension"]["io.github.osteohooks.findings"]]
    assert said == ["AR-DENTAL-01", "AR-DENTCARE-01"]


@pytest.mark.parametrize(("days", "cards"), [(0, 0), (1, 0), (2, 1)])
def test_an_order_may_be_signed_the_next_day(days: int, cards: int) -> None:
    ward = Ward()
    ward.asks("order-select", extension=CACHE)
    ward.day += timedelta(days=days)
    assert len(ward.asks("order-sign", extension=FILTER)["cards"]) == cards


# ---- feedback --------------------------------------------------------------------------------------------------------


def test_an_overridden_card_does_not_return_for_this_order_and_does_for_another() -> None:
    ward = Ward()
    ward.hears(ward.asks("order-sign"))
    assert withheld(ward.asks("order-sign")) == [(["ZOL-CI-01"], ["overridden"])]
    assert led_by(ward.asks("order-sign", draftOrders=draft("other"))) == ["ZOL-CI-01"]
    assert led_by(ward.asks("order-sign", userId="Practitioner/attending")) == ["ZOL-CI-01"]


def test_a_warning_that_was_only_closed_returns() -> None:
    ward = Ward()
    ward.hears(ward.asks("order-sign"), Kind.DISMISSED)
    assert led_by(ward.asks("order-sign")) == ["ZOL-CI-01"]


@pytest.mark.parametrize(("days", "cards"), [(0, 0), (29, 0), (30, 1), (31, 1)])
def test_a_dismissed_information_returns_after_thirty_days(days: int, cards: int) -> None:
    untreated = "lung-bone-metastases-untreated"
    ward = Ward(scenario(untreated).as_of)
    first = ward.asks("patient-view", untreated)
    assert [(card["indicator"], card["source"]["topic"]["code"]) for card in first["cards"]] == [
        ("info", "AR-START-01")
    ]
    ward.hears(first, Kind.DISMISSED)
    ward.day += timedelta(days=days)
    body = hook_request(scenario(untreated), hook="patient-view")
    assert len(ward.posts(body)["cards"]) == cards


def test_a_card_is_known_by_its_uuid_to_its_own_tenant_only() -> None:
    ward = Ward()
    (card,) = ward.asks("order-sign")["cards"]
    assert ward.memory.find("other tenant", UUID(card["uuid"])) is None
    found = ward.memory.find("development", UUID(card["uuid"]))
    assert found is not None
    assert (found[1].service, found[1].hook) == ("bone-order-sign", "order-sign")
    assert [str(one) for one in found[1].suggestions] == [s["uuid"] for s in card["suggestions"]]
    assert not re.search(r"syn-|Practitioner|MedicationRequest", repr(found))


# ---- the documents ---------------------------------------------------------------------------------------------------


def examples(file: str) -> dict[str, Any]:
    """The requests in JSON of a page, by the sentence in bold before each."""
    text = (ROOT / file).read_text(encoding="utf-8")
    found = re.findall(r"\*\*(.+?)\*\*[^`]*```json\n(.+?)```", text, flags=re.DOTALL)
    return {title: json.loads(block) for title, block in found}


def test_the_examples_of_the_page_do_what_it_says() -> None:
    page = examples("docs/quiet.md")
    assert len(page) == 4
    ward = Ward()
    shown = ward.asks("order-select", **page["At order-select"])
    assert len(shown["cards"]) == 1
    left_out = ward.asks("order-sign", **page["At order-sign"])
    assert left_out == page["The answer"] | {"cards": []}
    many = partial(Ward(scenario("lung-zol-clearance-42").as_of).asks, "order-sign", "lung-zol-clearance-42")
    assert len(many()["cards"]) > 1
    assert len(many(**page["At any hook"])["cards"]) == 1


def test_the_command_of_the_readme_runs() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    command = next(block for block in re.findall(r"```sh\n(.+?)```", text, flags=re.DOTALL) if "max-cards" in block)
    here = f"{sys.executable} -c 'from cds_service.cli import main; main()'"
    ran = subprocess.run(
        ["bash", "-c", command.replace(".venv/bin/osteohooks", here)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert ran.stdout.count("[WARNING]") == 1
    assert "(withheld: beyond-maximum)" in ran.stdout
