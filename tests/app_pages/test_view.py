"""The page shows exactly what the engine finds at its moment, in either language, by any edition."""

from dataclasses import replace

import pytest
from msgspec import structs

from cds_service.app_pages.again import again
from cds_service.app_pages.asking import judged, page_checks, read_at_app, wanted
from cds_service.app_pages.entries import Standing, silence
from cds_service.app_pages.view import patient_view
from cds_service.app_pages.words import page_words
from cds_service.prefetch import Completed
from fhir_mappers.local_codes import with_local_codes
from fhir_mappers.record.answer import TIMED_OUT
from hooks.check import Verdict
from hooks.checklist import checklist
from hooks.evaluate import Broken, Findings
from hooks.limits import EDITIONS
from tests.app_pages.seen import NEWEST, charted, heard, parts, record_of, shifted, shipped, speaker, view, viewed
from tests.support.bedside import Bedside

PATIENTS = [
    "lung-zol-kidney-failing",
    "lung-zol-two-points",
    "prostate-xgeva-overdue",
    "lung-denosumab-stopped-no-bridge",
    "breast-onj-exposed-bone",
    "lung-bone-metastases-untreated",
    "osteoporosis-prolia-no-cancer",
]


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("name", PATIENTS)
def test_every_finding_of_the_engine_is_on_the_page_and_nothing_else(name: str, edition: str) -> None:
    patient, data, day = shipped(name)
    found = judged(read_at_app(patient, parts(), day, data), parts(), edition)
    shown = {entry.rule: entry for entry in view(name, "en", edition).entries}
    assert set(shown) == {f.rule.id for f in found.all}
    standings = {"fires": Standing.DUE, "needs-data": Standing.UNDECIDED}
    for finding in found.all:
        entry = shown[finding.rule.id]
        silent = Standing.FINE if finding.verdict.outcome == "satisfied" else Standing.ELSEWHERE
        assert entry.standing is standings.get(finding.status, silent)
        assert {fact.resource for fact in entry.facts} == {proof.resource for proof in finding.verdict.evidence}
        assert (entry.tone == finding.severity.value) == (finding.status == "fires")


def test_the_checks_are_those_of_an_open_chart_and_of_the_app() -> None:
    asked = {check.id for check in page_checks(parts().rules)}
    hooks = {rule.id: set(rule.hooks) for rule in parts().rules.values()}
    assert asked == {check for check in hooks if hooks[check] & {"patient-view", "app"}} & {
        check.id for check in page_checks(parts().rules, with_orders=True)
    }
    assert "SAFE-TODAY-01" not in asked  # the page is that summary itself
    assert "ZOL-DOSE-01" in {check.id for check in page_checks(parts().rules, with_orders=True)} - asked


def test_everything_its_checks_read_is_fetched() -> None:
    templates = wanted(parts()).prefetch
    assert templates["patient"] == "Patient/{{context.patientId}}"
    assert {"observations", "medicationRequests", "procedures", "appointments"} <= set(templates)
    assert "41171-0" in templates["observations"]  # CTX, drawn without a rule
    own = with_local_codes(parts().terminology, [("https://lab.example.org", "K9", "creatinine_serum")])
    assert "K9" in wanted(replace(parts(), terminology=own)).prefetch["observations"]
    assert "K9" not in templates["observations"]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_what_is_due_is_said_in_the_words_of_the_card(language: str) -> None:
    due = view("lung-zol-kidney-failing", language).standing("due")
    assert [entry.rule for entry in due] == ["NEPH-STOP-01", "MDT-QUAL-04"]
    said = {"en": "Stop the running intravenous bisphosphonate", "fr": "Arrêter le bisphosphonate intraveineux"}
    assert due[0].summary.startswith(said[language])
    assert due[0].source
    assert due[0].strength


def test_the_gravest_comes_first() -> None:
    due = view("breast-onj-exposed-bone").standing("due")
    ranks = [("critical", "warning", "info").index(entry.tone) for entry in due]
    assert len(due) > 1
    assert ranks == sorted(ranks)


def test_a_rule_that_is_fine_does_not_speak_as_if_it_were_due() -> None:
    fine = {entry.rule: entry for entry in view("lung-zol-kidney-failing").standing("fine")}
    assert fine["ONJ-FU-01"].summary == "Six-monthly dental follow-up under treatment"
    assert fine["ONJ-FU-01"].paragraphs == ()


SILENT = [
    ("muted by HCAL-WARN-01", "left unsaid because of rule HCAL-WARN-01"),
    ("said only beside ZOL-DOSE-01", "said only beside rule ZOL-DOSE-01"),
    ("not-in-edition", "not in this edition"),
    ("retired at this site", "not asked at this site"),
    ("something new", "something new"),
    (None, None),
]


@pytest.mark.parametrize(("because", "said"), SILENT)
def test_why_a_rule_is_silent_is_said_in_words(because: str | None, said: str | None) -> None:
    finding = structs.replace(heard(record_of(Bedside())).all[0], because=because)
    assert silence(finding, page_words("en")) == said


def test_what_another_rule_silences_says_so() -> None:
    bedside = Bedside().ill("lung_cancer", "2025-01-01").ill("bone_metastasis", "2025-01-01")
    bedside.observed("calcium_total", "3.10 mmol/L @ 2026-06-02").observed("albumin_serum", "40 g/L @ 2026-06-02")
    shown = {entry.rule: entry for entry in viewed(bedside).entries}
    muted = [entry for entry in shown.values() if entry.because and entry.because.startswith("left unsaid")]
    silenced = [f.rule.id for f in heard(record_of(bedside)).all if f.because and f.because.startswith("muted")]
    assert [entry.rule for entry in muted] == silenced


def test_the_checklist_is_that_of_the_engine_for_the_order_signed_again() -> None:
    for name in PATIENTS:
        patient, data, day = shipped(name)
        record = read_at_app(patient, parts(), day, data)
        dose = again(patient, record, heard(record), data, parts(), NEWEST)
        lines = checklist(dose.findings, dose.record)
        shown = view(name).checklist
        assert [row.light for row in shown] == [
            {"red": "Stop", "amber": "Attention", "unknown": "Not known", "green": "Fine", "not-asked": "Not asked"}[
                line.light.value
            ]
            for line in lines
        ]


def test_a_contraindicated_dose_stops_although_the_chart_only_warns() -> None:
    kidney = next(row for row in view("lung-zol-kidney-failing").checklist if row.name == "Kidney")
    assert (kidney.tone, kidney.entries[0].rule) == ("critical", "ZOL-CI-01")
    assert "zoledronic acid 4 mg" in view("lung-zol-kidney-failing").given_again[0]


def test_what_a_draft_of_ours_says_is_shown_where_it_stands_in_the_record() -> None:
    for row in view("lung-zol-kidney-failing").checklist:
        for fact in (fact for one in row.entries for fact in one.facts):
            assert "-again" not in fact.resource
    dose = next(row for row in view("lung-zol-kidney-failing").checklist if row.name == "Dose")
    told = {(fact.resource, fact.origin) for one in dose.entries for fact in one.facts}
    assert ("MedicationRequest/syn-lkf-zometa-1", "running order, as if signed again today") in told


def test_without_a_running_order_the_chart_alone_is_judged() -> None:
    seen = view("lung-bone-metastases-untreated")
    assert seen.given_again == ()


@pytest.mark.parametrize("orders", [None, [], {"entry": "x"}, {"entry": [1, {"resource": {"id": 5}}]}])
def test_orders_that_cannot_be_read_are_not_signed_again(orders: object) -> None:
    patient, data, day = shipped("lung-zol-kidney-failing")
    record = read_at_app(patient, parts(), day, data)
    odd = shifted(data, medicationRequests=orders)
    assert again(patient, record, heard(record), odd, parts(), NEWEST).orders == ()
    torn = Completed({**data.prefetch, "medicationRequests": b"{"})
    assert again(patient, record, heard(record), torn, parts(), NEWEST).orders == ()


def test_what_could_not_be_had_is_named_first() -> None:
    patient, data, day = shipped("lung-zol-kidney-failing")
    lost = shifted(data, observations=..., procedures=...)
    failed = Completed(lost.prefetch, lost.origins, {"observations": TIMED_OUT})
    seen = patient_view(patient, failed, parts(), day, "en", NEWEST)
    assert dict(seen.not_had) == {
        "results and observations": "the record system did not answer in time",
        "procedures": "not provided by the record system",
    }
    assert view("lung-zol-kidney-failing").not_had == ()


def test_nothing_at_all_is_still_a_page() -> None:
    seen = patient_view("p1", Completed({}), parts(), Bedside().today, "fr", NEWEST)
    assert len(seen.not_had) >= 10
    assert seen.who.name == ""
    assert seen.curves == ()
    assert seen.standing("due") == ()


def test_a_broken_check_is_named_and_the_others_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    from cds_service.app_pages import view as module

    def torn(*args: object) -> Findings:
        found = judged(*args)  # type: ignore[arg-type]  # whatever the page asks
        return replace(found, broken=(Broken("HCAL-WARN-01", "ValueError"),))

    monkeypatch.setattr(module, "judged", torn)
    assert viewed(Bedside()).broken == ("HCAL-WARN-01",)


def test_a_check_that_raises_is_logged_without_any_value(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from cds_service.app_pages import asking

    def torn(record: object, limits: object) -> Verdict:
        raise ValueError("a value of the patient")

    broken = tuple(replace(check, judge=torn) if check.id == "ONJ-FU-01" else check for check in asking.CHECKS)
    monkeypatch.setattr(asking, "CHECKS", broken)
    seen = viewed(Bedside())
    assert seen.broken == ("ONJ-FU-01",)
    mouth = next(row for row in seen.checklist if row.name == "Mouth")
    assert (mouth.light, mouth.said) == ("Not known", ("could not be checked, fault in the service",))
    compared = {one.rule: [cell.status for cell in one.cells] for one in seen.compared}
    assert "ONJ-FU-01" not in compared
    assert "check ONJ-FU-01 failed: ValueError" in caplog.text
    assert "a value of the patient" not in caplog.text


def test_editions_that_differ_come_first() -> None:
    compared = view("lung-zol-two-points").compared
    first = compared[0]
    assert first.rule == "VITD-REPL-01"
    assert first.differs
    assert "8 loading doses of 50,000 IU" in str(first.cells[0].summary)
    assert "3 loading doses of 100,000 IU" in str(first.cells[2].summary)
    assert [one.differs for one in compared] == sorted((one.differs for one in compared), reverse=True)


def test_an_edition_without_the_rule_says_so() -> None:
    stop = next(one for one in view("lung-zol-kidney-failing").compared if one.rule == "NEPH-STOP-01")
    assert [cell.status for cell in stop.cells] == ["Warning", "not in this edition", "not in this edition"]


def test_informational_rules_are_told_where_the_edition_has_them() -> None:
    told = {one.rule for one in view("lung-zol-two-points").told}
    assert {"DUR-NTX-01", "AR-CHOICE-01"} <= told
    assert "AR-EARLY-01" not in told  # said only beside a start that is due
    assert "AR-EARLY-01" in {one.rule for one in view("lung-bone-metastases-untreated").told}


def test_a_form_is_offered_where_answers_are_missing() -> None:
    asked = viewed(Bedside().given("zometa", "2026-05-20", "4 mg"), form_of={"CA-INTAKE-01": "dietary-calcium"}.get)
    forms = {entry.rule: entry.form for entry in asked.entries if entry.form}
    assert forms == {"CA-INTAKE-01": "dietary-calcium"}


def test_names_of_orders_are_escaped() -> None:
    bedside = Bedside().ordered("zometa", "2026-05-01", "4 mg", every="28 d")
    record = record_of(bedside)
    dose = again("p1", record, heard(record), charted(bedside), parts(), NEWEST)
    from cds_service.app_pages.again import named

    assert named(dose.orders, speaker()) == (f"zoledronic acid 4 mg ({record.courses[0].source.resource})",)
    assert len(dose.orders) == 1
