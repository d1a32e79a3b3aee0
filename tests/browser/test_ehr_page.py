"""The page that plays the EHR, as a clinician uses it: write, sign, read cards, accept, override, go back."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from fhir.resources.R4B import get_fhir_model_class
from playwright.sync_api import Page, expect

from cds_service.sandbox.desk import HOOKS
from cds_service.sandbox.fhir import faults
from cds_service.sandbox.fhir.search import DEFAULT_COUNT
from tests.browser.driving import FAILED_LOAD, Served, Visit

MAN = "lung-zol-clearance-42"
SIGN = f"/sandbox?scenario={MAN}&hook=order-sign"
Open = Callable[..., Visit]


def answered(window: Visit, hook: str) -> None:
    """Wait for the answer at a hook."""
    expect(window.find("#status")).to_contain_text(f"{hook} ·")
    expect(window.find("#response-line")).to_contain_text("ms")


def act(window: Visit, hook: str) -> None:
    """Do what a hook stands for, and wait for the answer."""
    with window.page.expect_response(
        lambda answer: "/cds-services/bone-" in answer.url and answer.request.method == "POST"
    ):
        window.find(f"[data-hook={hook}]").click()
    answered(window, hook)


def card(page: Page, words: str) -> Any:
    return page.locator("article.card", has_text=words)


def request_sent(window: Visit) -> Any:
    """The body of the last call of a service."""
    found = [each for each in window.asked if "/cds-services/bone-" in each.url and not each.url.endswith("/feedback")]
    return found[-1].post_data_json


def drafted(window: Visit) -> list[Any]:
    """The orders of the last call; each of them valid."""
    bundle = request_sent(window)["context"]["draftOrders"]
    found = [entry["resource"] for entry in bundle.get("entry", [])]
    for each in found:
        get_fhir_model_class(each["resourceType"]).model_validate(each)
    return found


# --- cards ---


def test_a_scenario_is_picked_and_its_cards_are_shown(visit: Open) -> None:
    window = visit("/sandbox")
    window.find("#filter").fill("clearance 42")
    expect(window.find(".tile:visible")).to_have_count(1)
    window.find(".tile:visible").click()
    window.ready()
    answered(window, "order-sign")
    assert window.page.url.endswith(SIGN)
    expect(window.find("article.card")).to_have_count(2)
    dose = card(window.page, "give 3.3 mg")
    expect(dose.locator(".indicator")).to_contain_text("Warning")
    expect(dose.locator(".shape.warning")).to_be_visible()
    expect(dose.locator(".source a")).to_have_attribute("rel", "noopener noreferrer")
    expect(window.find("#status")).to_contain_text("order-sign · 2 cards")


def test_a_filter_that_finds_nothing_says_so(visit: Open) -> None:
    window = visit("/sandbox")
    window.find("#filter").fill("zzzz")
    expect(window.find("#no-match")).to_be_visible()
    expect(window.find(".tile:visible")).to_have_count(0)
    window.find("#filter").fill("")
    assert window.find(".tile:visible").count() > 30


def test_an_accepted_suggestion_changes_the_draft(visit: Open) -> None:
    window = visit(SIGN, excused=(FAILED_LOAD,))
    answered(window, "order-sign")
    expect(window.find(".draft .dosage")).to_have_text("4 mg · intravenous · over 30 min · every 28 days")
    card(window.page, "give 3.3 mg").get_by_role("button", name="Change the dose to 3.3 mg").click()
    draft = window.find(".draft")
    expect(draft.locator(".dosage")).to_contain_text("3.3 mg · intravenous")
    expect(draft.locator("del")).to_contain_text("4 mg")
    expect(draft.locator(".badge")).to_have_text("Changed")
    expect(card(window.page, "give 3.3 mg").locator(".badge.ok")).to_have_text("Accepted")
    feedback = window.sent("/cds-services/bone-order-sign/feedback")[0]["feedback"][0]
    assert (feedback["outcome"], len(feedback["acceptedSuggestions"])) == ("accepted", 1)
    act(window, "order-sign")
    assert drafted(window)[0]["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] == 3.3
    expect(card(window.page, "give 3.3 mg")).to_have_count(0)


def test_new_orders_of_a_suggestion_are_drafted(visit: Open) -> None:
    window = visit(SIGN, excused=(FAILED_LOAD,))
    window.find("article.card").get_by_role("button", name="Order dental consultation").click()
    expect(window.find(".draft")).to_have_count(3)
    expect(window.find(".draft .badge.ok")).to_have_text(["New", "New"])
    act(window, "order-sign")
    assert [each["resourceType"] for each in drafted(window)] == [
        "MedicationRequest",
        "ServiceRequest",
        "ServiceRequest",
    ]
    expect(window.find("article.card").get_by_role("button", name="Order dental consultation")).to_have_count(0)


def test_a_card_is_overridden_with_a_reason(visit: Open) -> None:
    window = visit(SIGN, excused=(FAILED_LOAD,))
    dose = card(window.page, "give 3.3 mg")
    dose.locator("summary", has_text="Override").click()
    reason = dose.get_by_label("Reason for overriding")
    reason.select_option(index=1)
    dose.get_by_label("Comment").fill("agreed on the ward")
    dose.get_by_role("button", name="Override this card").click()
    expect(dose.locator(".badge").first).to_have_text("Overridden")
    expect(dose.locator(".feedback")).to_have_text("Feedback was sent.")
    expect(dose.get_by_role("button", name="Change the dose")).to_be_disabled()
    told = window.sent("/cds-services/bone-order-sign/feedback")[0]["feedback"][0]
    assert told["outcome"] == "overridden"
    assert told["overrideReason"]["userComment"] == "agreed on the ward"
    assert set(told["overrideReason"]["reason"]) == {"code", "system"}
    assert told["outcomeTimestamp"].endswith("Z")


def test_a_card_is_overridden_without_a_reason(visit: Open) -> None:
    window = visit(SIGN, excused=(FAILED_LOAD,))
    dose = card(window.page, "give 3.3 mg")
    dose.locator("summary", has_text="Override").click()
    dose.get_by_role("button", name="Override this card").click()
    expect(dose.locator(".badge").first).to_have_text("Overridden")
    assert "overrideReason" not in window.sent("/cds-services/bone-order-sign/feedback")[0]["feedback"][0]


def test_nothing_to_say_is_said(visit: Open) -> None:
    window = visit("/sandbox?scenario=lung-zol-all-clear&hook=order-sign")
    answered(window, "order-sign")
    expect(window.find("#card-list")).to_have_text("No card: the service has nothing to say.")


# --- writing ---


def test_the_order_form_writes_the_order(visit: Open) -> None:
    window = visit(SIGN)
    answered(window, "order-sign")
    window.find(".draft summary").click()
    for name, value in (("dose", "8"), ("infusion", "10"), ("period", "12"), ("start", "2026-04-01")):
        window.find(f".draft [name={name}]").fill(value)
        window.find(f".draft [name={name}]").press("Tab")
    window.find(".draft [name=periodUnit]").select_option("wk")
    window.find(".draft [name=priority]").select_option("urgent")
    expect(window.find(".draft .dosage")).to_contain_text(
        "8 mg · intravenous · over 10 min · every 12 weeks · from 1 Apr 2026 · urgent"
    )
    act(window, "order-sign")
    order = drafted(window)[0]
    repeat = order["dosageInstruction"][0]["timing"]["repeat"]
    assert repeat == {
        "duration": 10, "durationUnit": "min", "frequency": 1, "period": 12, "periodUnit": "wk",
        "boundsPeriod": {"start": "2026-04-01"},
    }  # fmt: skip
    assert order["dosageInstruction"][0]["doseAndRate"] == [
        {"doseQuantity": {"value": 8, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}}
    ]
    assert "text" not in order["dosageInstruction"][0]  # it told the old dose
    assert order["priority"] == "urgent"
    expect(window.find("article.card", has_text="8 mg").first).to_be_visible()


def test_another_product_brings_its_usual_dose(visit: Open) -> None:
    window = visit(SIGN)
    window.find(".draft summary").click()
    window.find(".draft [name=product]").select_option("xgeva")
    expect(window.find(".draft .dosage")).to_contain_text("120 mg · subcutaneous · every 28 days")
    expect(window.find(".draft h3")).to_contain_text("XGEVA")
    act(window, "order-sign")
    assert drafted(window)[0]["medicationCodeableConcept"]["coding"][0]["code"] == "M05BX04"


def test_orders_are_added_and_removed(visit: Open) -> None:
    window = visit("/sandbox?scenario=lung-bone-metastases-untreated&hook=order-sign")
    expect(window.find("#drafts")).to_have_text("Nothing is being written.")
    window.find("#add-order").click()
    expect(window.find(".draft")).to_have_count(1)
    act(window, "order-sign")
    assert len(drafted(window)) == 1
    window.find(".draft").get_by_role("button", name="Remove").click()
    expect(window.find(".draft")).to_have_count(0)
    act(window, "order-sign")
    assert drafted(window) == []


def test_a_tooth_extraction_is_booked_under_treatment(visit: Open) -> None:
    window = visit("/sandbox?scenario=lung-zol-renewal-monthly&hook=appointment-book")
    answered(window, "appointment-book")
    expect(window.find("#work-title")).to_have_text("Appointments being booked")
    window.find(".draft summary").click()
    window.find(".draft [name=visit]").select_option("tooth-extraction")
    window.find(".draft [name=day]").fill("2026-04-02")
    window.find(".draft [name=day]").press("Tab")
    act(window, "appointment-book")
    visit_booked = request_sent(window)["context"]["appointments"]["entry"][0]["resource"]
    get_fhir_model_class("Appointment").model_validate(visit_booked)
    assert (visit_booked["start"][:10], visit_booked["serviceType"][0]["coding"][0]["code"]) == (
        "2026-04-02",
        "55162003",
    )
    assert window.find("article.card").count() >= 1


def test_signed_orders_are_filed_in_the_chart_and_put_back(visit: Open) -> None:
    window = visit("/sandbox?scenario=lung-xgeva-stop&hook=order-sign")
    answered(window, "order-sign")
    running = window.find("#chart tr", has_text="XGEVA").filter(has_text="stopped")
    before = running.count()
    window.find("#file-orders").click()
    expect(window.find("#filed")).to_have_text("Filed in the chart.")
    expect(running).to_have_count(before + 2)  # the order to stop, and the one it stops
    expect(window.find("#drafts")).to_have_text("Nothing is being written.")
    window.find("#reset").click()
    expect(window.find(".draft")).to_have_count(1)
    expect(running).to_have_count(before)


def test_each_hook_can_be_asked(visit: Open) -> None:
    window = visit("/sandbox?scenario=lung-xgeva-stop")
    for hook in HOOKS:
        act(window, hook)
        assert request_sent(window)["hook"] == hook
        expect(window.find("#response-line")).to_contain_text("200")
        expect(window.find(f"[data-hook={hook}]")).to_have_attribute("aria-pressed", "true")


# --- how the service is called ---


def test_in_french_with_what_is_being_written(visit: Open) -> None:
    window = visit(SIGN)
    window.find(".draft summary").click()
    window.find(".draft [name=dose]").fill("3.5")
    window.find(".draft [name=dose]").press("Tab")
    window.find("a[data-language=fr]").click()
    window.page.wait_for_selector("html[lang=fr][data-ready]")
    answered(window, "order-sign")
    expect(window.find(".draft .dosage")).to_contain_text("3,5 mg · voie intraveineuse · en 30 min · tous les 28 jours")
    expect(window.find("article.card").first).to_contain_text("Alerte")
    expect(window.find("#status")).to_contain_text("cartes")
    asked = [each for each in window.asked if each.url.endswith("/cds-services/bone-order-sign")][-1]
    assert asked.headers["accept-language"] == "fr"


def test_another_edition_says_other_things(visit: Open) -> None:
    window = visit("/sandbox?scenario=lung-zol-kidney-failing&hook=patient-view")
    answered(window, "patient-view")
    newest = window.find("#card-list").inner_text()
    window.find("#edition").select_option("aura-earlier")
    window.page.wait_for_url("**edition=aura-earlier**")
    expect(window.find("#request-line")).to_contain_text("?edition=aura-earlier")
    answered(window, "patient-view")
    assert window.find("#card-list").inner_text() != newest
    window.find("#edition").select_option("aura-2026")
    expect(window.find("#request-line")).to_have_text("POST /cds-services/bone-patient-view")
    assert "edition" not in window.page.url


def test_data_that_cannot_be_had_never_look_like_nothing_to_say(visit: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "SLOWNESS", 4.0)  # the service waits for three seconds
    window = visit(SIGN, excused=(FAILED_LOAD,))
    window.find("#data-panel summary").click()
    for fault in ("missing", "unauthorised", "failing", "garbled", "slow"):
        window.find("#fault").select_option(fault)
        expect(window.find("#request")).to_contain_text(f"/faults/{fault}/fhir")
        answered(window, "order-sign")
        body = request_sent(window)
        assert "observations" not in body["prefetch"], fault
        assert body["fhirServer"].endswith(f"/faults/{fault}/fhir")
        expect(window.find("article.card, .notice.critical").first).to_be_visible()
        expect(window.find("#data tr", has_text="observations")).to_contain_text("left out")


def test_without_prefetch_the_service_has_the_address_and_a_token(visit: Open, server: Served) -> None:
    window = visit(f"{SIGN}&prefetch=off", excused=(FAILED_LOAD,))
    answered(window, "order-sign")
    body = request_sent(window)
    assert "prefetch" not in body
    assert body["fhirServer"].startswith(f"{server.url}/sandbox/visits/")
    assert set(body["fhirAuthorization"]) >= {"access_token", "token_type", "expires_in", "scope", "subject"}
    expect(window.find("article.card, .notice.critical").first).to_be_visible()


def test_a_refusal_is_shown_in_its_words(visit: Open) -> None:
    window = visit(f"{SIGN}&edition=aura-2026", excused=(FAILED_LOAD,))
    window.page.evaluate("document.getElementById('edition').append(new Option('x', 'aura-2099'))")
    window.find("#edition").select_option("aura-2099")
    expect(window.find(".notice.critical")).to_contain_text("There is no such edition of the guideline.")
    expect(window.find("#status")).to_contain_text("400")


# --- the wire ---


def test_digits_travel_unchanged(visit: Open) -> None:
    window = visit(SIGN)
    answered(window, "order-sign")
    assert '"value": 63.0' in window.find("#request").inner_text()
    expect(card(window.page, "give 3.3 mg").locator(".detail")).to_contain_text("weight 63.0 kg")


def test_what_is_copied_can_be_sent_again(visit: Open, server: Served) -> None:
    window = visit(SIGN)
    answered(window, "order-sign")
    for name in ("request", "response", "curl"):
        window.find(f"#copy-{name}").click()
        expect(window.find("#copied")).to_have_text("Copied.")
        text = window.page.evaluate("navigator.clipboard.readText()")
        if name == "request":
            assert json.loads(text) == request_sent(window) == json.loads(window.find("#request").inner_text())
        if name == "response":
            assert json.loads(text)["cards"]
    head, _, body = text.partition("<<'JSON'\n")
    assert head.startswith(f"curl -sS -X POST '{server.url}/cds-services/bone-order-sign'")
    again = server.post("/cds-services/bone-order-sign", body.removesuffix("\nJSON").encode())
    shown = json.loads(window.find("#response").inner_text())
    assert [each["summary"] for each in again["cards"]] == [each["summary"] for each in shown["cards"]]


def test_a_long_chart_comes_along_page_by_page(visit: Open) -> None:
    window = visit("/sandbox?scenario=breast-long-history&hook=order-sign")
    answered(window, "order-sign")
    window.find("#data-panel summary").click()
    told = window.find("#data tr", has_text="observations").inner_text()
    assert int("".join(filter(str.isdigit, told))) > DEFAULT_COUNT
    assert [each for each in window.asked if "/Observation?_page=" in each.url]
    expect(window.find("#request")).to_contain_text("shortened here")


# --- there and back ---


def test_a_deep_link_restores_everything(visit: Open) -> None:
    window = visit(
        f"/sandbox?scenario={MAN}&hook=patient-view&edition=aura-earlier&prefetch=off&lang=fr", excused=(FAILED_LOAD,)
    )
    answered(window, "patient-view")
    expect(window.find("#edition")).to_have_value("aura-earlier")
    expect(window.find("#prefetch")).not_to_be_checked()
    expect(window.find("html")).to_have_attribute("lang", "fr")


def test_back_and_forward_go_through_what_was_done(visit: Open) -> None:
    window = visit(SIGN, excused=(FAILED_LOAD,))
    answered(window, "order-sign")
    window.find("article.card").get_by_role("button", name="Change the dose").click()
    expect(window.find(".draft .dosage")).to_contain_text("3.3 mg")
    act(window, "patient-view")
    assert "hook=patient-view" in window.page.url
    window.find(".draft").get_by_role("button", name="Remove").click()
    window.page.go_back()
    answered(window, "order-sign")
    expect(window.find(".draft .dosage")).to_contain_text("3.3 mg")
    window.page.go_forward()
    answered(window, "patient-view")
    expect(window.find(".draft")).to_have_count(0)
    window.page.reload()
    window.ready()
    expect(window.find(".draft")).to_have_count(0)


def test_a_reload_keeps_what_is_being_written_and_a_new_window_does_not(visit: Open, server: Served) -> None:
    window = visit(SIGN)
    window.find("#add-order").click()
    expect(window.find(".draft")).to_have_count(2)
    window.page.reload()
    window.ready()
    expect(window.find(".draft")).to_have_count(2)
    assert urlsplit(window.page.url).path == "/sandbox"
    expect(visit(SIGN).find(".draft")).to_have_count(1)
