"""The whole way of a clinician: a card, the app launched from it, a form, its answers, and what the next call says.

The page that plays the EHR, its authorization server, its FHIR server and the app are the ones that ship.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, Page, expect

from tests.browser.driving import Served, Visit
from tests.browser.test_ehr_page import act, answered, card

Open = Callable[..., Visit]
BOARD = "lung-board-request-complete"
FEMUR = "lung-femur-mirels-10"
DEFICITS = ("motor-deficit", "sensory-deficit", "sphincter-deficit", "pyramidal-signs")
CLOSE = {"en": "Close", "fr": "Fermer"}


@contextmanager
def launched(window: Visit, button: Locator) -> Iterator[Page]:
    """The window of the app that a button opens."""
    with window.context.expect_page() as opening:
        button.click()
    yield opening.value
    opening.value.close()


def close(app: Page, language: str = "en") -> None:
    """Close the application on the patient's page: its token is given back and its cookie taken."""
    app.get_by_role("button", name=CLOSE[language]).click()
    expect(app.locator("h1")).to_have_text(
        {"en": "The application is closed", "fr": "L'application est fermée"}[language]
    )


def opened_form(app: Page, title: str) -> Locator:
    """The form that the app opened at, because a card asks for it; its results."""
    app.wait_for_selector("html[data-ready]")
    expect(app.locator("h1")).to_have_text(title)
    return app.locator("#results")


def test_a_card_asks_for_a_form_and_its_answers_change_the_next_card(visit: Open) -> None:
    window = visit(f"/sandbox?scenario={BOARD}&hook=order-select")
    answered(window, "order-select")
    asking = card(window.page, "motor deficit")
    expect(asking).to_have_count(1)
    link = asking.get_by_role("button", name="Answer in the form: Frankel grade and deficit")
    expect(asking.locator('form[action="/sandbox/auth/launch"]')).to_have_count(1)
    with launched(window, link) as app:
        results = opened_form(app, "Frankel grade and deficit")
        assert "/app/forms/frankel?s=" in app.url
        expect(app.locator("#opened-for")).to_have_text("The card you came from asks for this form.")
        for deficit in DEFICITS:
            app.locator(f'[name="q.{deficit}"][value="{str(deficit == "motor-deficit").lower()}"]').check()
        app.locator('[name="q.pain-mechanism"][value="pain-mechanical"]').check()
        expect(results).to_contain_text("SPINE-NEURO-01")
        app.get_by_role("button", name="Save the answers").click()
        expect(app.locator("#saved")).to_have_text("The answers are stored in the patient's record.")
        expect(app.locator("#opened-for")).to_have_count(0)
        close(app)
    act(window, "order-select")
    changed = card(window.page, "add the Frankel grade of the deficit")
    expect(changed).to_contain_text("motor deficit yes")
    expect(card(window.page, "Missing")).to_have_count(0)


def test_a_card_leads_to_its_rule_in_french_and_a_corrected_score_changes_it(visit: Open) -> None:
    """The card of a score told in the record leads to its rule on the patient's page, and from there to the form."""
    window = visit(f"/sandbox?scenario={FEMUR}&hook=order-sign&lang=fr")
    answered(window, "order-sign")
    fix = card(window.page, "Mirels 10")
    with launched(window, fix.get_by_role("button", name="Ouvrir ce patient dans Osteohooks")) as app:
        app.wait_for_selector("html[data-ready]")
        expect(app.locator("h1")).to_have_text("Fémurine TESTPATIENT")
        rule = app.locator("#rule-FRAC-MIRELS-04")
        expect(rule).to_have_attribute("open", "")
        rule.get_by_role("link", name="Répondre").click()
        results = opened_form(app, "Score de Mirels")
        expect(results).to_contain_text("Score de Mirels : 10")
        app.locator('[name="q.mirels-pain"][value="mirels-pain-none"]').check()
        expect(results).to_contain_text("Score de Mirels : 8")
        app.get_by_role("button", name="Enregistrer les réponses").click()
        expect(app.locator("#saved")).to_have_text("Les réponses sont enregistrées dans le dossier du patient.")
        close(app, "fr")
    act(window, "order-sign")
    expect(card(window.page, "Mirels 10")).to_have_count(0)


def test_launched_from_the_chart_with_the_keyboard(visit: Open) -> None:
    window = visit(f"/sandbox?scenario={BOARD}&lang=fr")
    from_chart = window.find("button[form=launch-from-chart]")
    from_chart.focus()
    with window.context.expect_page() as opening:
        window.page.keyboard.press("Enter")
    app = opening.value
    app.wait_for_selector("html[data-ready]")
    expect(app.locator("html")).to_have_attribute("lang", "fr")
    expect(app.locator("header.banner")).to_contain_text(f"syn-{BOARD}")
    expect(app.locator(".notice", has_text="carte")).to_have_count(0)
    close(app, "fr")


def test_opened_alone_the_user_picks_the_patient(visit: Open, server: Served) -> None:
    window = visit("/sandbox")
    app = window.page
    app.goto(f"{server.url}/smart/standalone?iss={server.url}/sandbox/fhir")
    app.get_by_label("For which patient?").select_option(f"syn-{FEMUR}")
    app.get_by_role("button", name="Allow").click()
    app.wait_for_selector("html[data-ready]")
    expect(app.locator("h1")).to_have_text("Fémurine TESTPATIENT")
    assert "/app?s=" in app.url
    app.get_by_role("link", name="Forms").click()
    app.get_by_role("link", name="Mirels score").click()
    expect(opened_form(app, "Mirels score")).to_contain_text("Mirels score: 10 of 12")
    close(app)
