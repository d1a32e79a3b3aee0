"""What a policy does to the cards of the shipped patients: what it says, visibly, and not a byte more."""

import re
from dataclasses import replace
from datetime import date

import pytest

from cds_service.pipeline import Parts, Reply
from cds_service.sandbox.scenarios import scenarios
from hooks.cards import FINDINGS_EXTENSION
from hooks.check import Outcome
from hooks.evaluate import RETIRED
from hooks.limits import EDITIONS
from hooks.policy import LimitChange, OverrideChange, Policy, Retirement, SeverityChange, SiteReason
from hooks.response import Indicator, to_wire
from hooks.services import services
from hooks.texts import LANGUAGES
from tests.site.policies import EMPTY, WHY, ask, dental, parts

SHIPPED = parts()
INFUSION = LimitChange("ZOL-INFUS-01.advised", "30 min", ("aura-2026",), True, WHY)


def policy(**changes: object) -> Parts:
    return parts(replace(EMPTY, **changes))  # type: ignore[arg-type]  # the fields of a policy by name


def wire(reply: Reply) -> bytes:
    """The cards as sent, without the identifiers that are new each time."""
    return re.sub(rb'"uuid":"[^"]+"', b'"uuid":""', to_wire(reply.cards))


def test_a_policy_that_says_nothing_changes_no_byte_of_any_card() -> None:
    silent = parts(EMPTY)
    assert silent.policy_version is not None
    for each in scenarios()[::3]:
        for service in services():
            for language in LANGUAGES if service.hook == each.hook else ("en",):
                before, after = (ask(each.id, made, language, service.hook) for made in (SHIPPED, silent))
                assert wire(before) == wire(after), (each.id, service.hook)


@pytest.mark.parametrize(
    ("scenario", "value", "speaks"),
    [
        ("lung-zol-renewal-monthly", "90 d", False),  # examined earlier, but treated: the step is past
        ("lung-zol-all-clear", "60 d", True),  # examined 61 days ago
        ("lung-zol-all-clear", "61 d", False),
    ],
)
def test_a_number_decides_where_the_site_put_it(scenario: str, value: str, speaks: bool) -> None:
    reply = ask(scenario, policy(limits=(dental(value),)))
    found = {f.rule.id for f in reply.findings.speaking}
    assert ("AR-DENTAL-01" in found) == speaks


def test_a_number_of_ours_is_told_on_the_card_with_the_shipped_one() -> None:
    (card,) = [c for c in ask("lung-zol-clearance-42", policy(limits=(dental("120 d"),))).cards if "mouth" in c.summary]
    assert "no dental examination found in the last 120 days" in card.summary
    assert (
        "Set by this site in place of this project's choice: how long a dental examination counts 120 days "
        "(as shipped: 183 days). Approved by Dr A. Example on 20 Dec 2025."
    ) in (card.detail or "")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            "This site departs from the guideline: infusion time asked for 30 min, where the guideline has 20 min. "
            "Reason: our pumps are set so. Approved by Dr A. Example on 20 Dec 2025.",
        ),
        (
            "fr",
            "Cet établissement s'écarte du référentiel : durée de perfusion demandée 30 min, là où le référentiel "
            "indique 20 min. Motif : nos pompes sont réglées ainsi. Approuvé par Dr A. Example le 20 déc. 2025.",
        ),
    ],
)
def test_a_deviation_prints_both_numbers_the_reason_and_who_approved_it(language: str, said: str) -> None:
    reply = ask("prostate-zol-clearance-60", policy(limits=(INFUSION,)), language)  # 20 minutes: enough as shipped
    (card,) = [c for c in reply.cards if "ZOL-INFUS-01" in (c.detail or "")]
    assert said in (card.detail or "").replace("\xa0", " ")
    assert not [
        c for c in ask("prostate-zol-clearance-60", SHIPPED, language).cards if "ZOL-INFUS-01" in (c.detail or "")
    ]


def test_a_deviation_is_told_in_its_edition_alone() -> None:
    made = policy(limits=(INFUSION,))
    told = {
        edition: [d for f in ask("lung-zol-infusion-10-min", made, edition=edition).findings.speaking
                  if f.rule.id == "ZOL-INFUS-01" for d in f.rule.departures if d.concerns(f.edition, f.verdict.case)]
        for edition in EDITIONS
    }  # fmt: skip
    assert {edition: len(found) for edition, found in told.items()} == {
        "aura-2026": 1,
        "aura-intermediate": 0,
        "aura-earlier": 0,
    }


def test_the_trace_of_a_card_holds_the_departure_and_that_of_others_none() -> None:
    cards = ask("prostate-zol-clearance-60", policy(limits=(INFUSION,))).cards
    rows = {row["rule"]: row for card in cards for row in (card.extension or {})[FINDINGS_EXTENSION]}
    assert {rule for rule, row in rows.items() if "policy" in row} == {"ZOL-INFUS-01"}
    assert len(rows) > 1
    assert rows["ZOL-INFUS-01"]["policy"] == [
        {
            "kind": "deviation",
            "what": "ZOL-INFUS-01.advised",
            "shipped": "20 min",
            "site": "30 min",
            "approvedBy": "Dr A. Example",
            "approvedOn": "2025-12-20",
        }
    ]


def test_a_severity_changes_the_card_and_says_so() -> None:
    softer = policy(severities=(SeverityChange("ZOL-CI-01", "due", "warning", True, WHY),))
    before, after = (ask("lung-zol-clearance-28", made).cards[0] for made in (SHIPPED, softer))
    assert (before.indicator, after.indicator) == (Indicator.CRITICAL, Indicator.WARNING)
    assert (
        "Shown as a warning at this site, as critical when shipped. Reason: our pumps are set so. Approved by Dr A. "
        "Example on 20 Dec 2025."
    ) in (after.detail or "")
    assert before.summary == after.summary


def test_another_case_of_the_rule_says_nothing_of_it() -> None:
    softer = policy(severities=(SeverityChange("ZOL-CI-01", "dialysis", "warning", True, WHY),))
    assert wire(ask("lung-zol-clearance-28", softer)) == wire(ask("lung-zol-clearance-28", SHIPPED))


def test_the_site_offers_its_own_reasons() -> None:
    reason = SiteReason("booked", "https://site.example.org/reasons", "Booked by the day unit", "Pris par l'hôpital")
    made = policy(reasons=(reason,), overrides=(OverrideChange("AR-DENTAL-01", ("booked", "comfort-care")),))
    (card,) = [c for c in ask("lung-zol-clearance-42", made, "fr").cards if "bouche" in c.summary]
    shown = [(r.system, r.code, r.display) for r in card.override_reasons or ()]
    assert shown[0] == ("https://site.example.org/reasons", "booked", "Pris par l'hôpital")
    assert [code for _, code, _ in shown] == ["booked", "comfort-care", "other"]


def test_a_retired_rule_is_silent_mutes_nobody_and_says_why() -> None:
    made = policy(retired=(Retirement("VITD-REPL-01", "repleted by the nurse"),))
    for each in scenarios()[:8]:
        for service in services():
            reply = ask(each.id, made, hook=service.hook)
            found = [f for f in reply.findings.all if f.rule.id == "VITD-REPL-01"]
            assert {(f.verdict.outcome, f.because) for f in found} <= {(Outcome.NOT_APPLICABLE, RETIRED)}
            assert not any(
                "VITD-REPL-01" in (f.because or "") for f in reply.findings.all if f.rule.id != "VITD-REPL-01"
            )


def test_markup_in_a_policy_stays_text() -> None:
    who = replace(EMPTY, approved_by="<b>Dr</b> [A](http://x)", limits=(dental("120 d"),))
    (card,) = [c for c in ask("lung-zol-clearance-42", parts(who)).cards if "mouth" in c.summary]
    assert "&lt;b&gt;Dr&lt;/b&gt; \\[A\\]\\(http\\://x\\)" in (card.detail or "")


def test_the_version_is_of_the_policy() -> None:
    made = Policy("other", date(2026, 2, 2), "Dr B.", date(2026, 2, 1))
    assert parts(made).policy_version == made.version
    assert SHIPPED.policy_version is None
