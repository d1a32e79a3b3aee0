"""What the rules say to the answers of a form, as data for its page."""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from cds_service.form_pages.words import Words, form_words
from cds_service.markdown import to_html
from hooks.check import Outcome
from hooks.evaluate import NOT_IN_EDITION, RETIRED, WITHDRAWN, Finding, Findings
from hooks.texts import Speaker

_UNASKED = (NOT_IN_EDITION, RETIRED, WITHDRAWN)
_ORDER = ("critical", "warning", "info", "unknown", "ok", "quiet")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+!|~@:.])")


@dataclass(frozen=True, slots=True)
class Result:
    """One rule. ``tone`` is the class of its colour and shape, ``status`` the word beside it."""

    rule: str
    tone: str
    status: str
    title: str
    paragraphs: tuple[Markup, ...]
    missing: str | None


@dataclass(frozen=True, slots=True)
class Results:
    """All of them, gravest first; ``fault``: one could not be asked; not ``asked``: there are no rules."""

    rows: tuple[Result, ...]
    fault: bool
    asked: bool

    @property
    def quiet(self) -> tuple[Result, ...]:
        """Those that do not concern the patient, said in one line."""
        return tuple(row for row in self.rows if row.tone == "quiet")


def results(findings: Findings, speaker: Speaker) -> Results:
    """What was found, for the page of the form."""
    words = form_words(speaker.language)
    rows = [_result(each, speaker, words) for each in findings.all if each.because not in _UNASKED]
    ordered = sorted(rows, key=lambda row: _ORDER.index(row.tone))
    return Results(tuple(ordered), bool(findings.broken), bool(findings.all or findings.broken))


def _result(finding: Finding, speaker: Speaker, words: Words) -> Result:
    tone = _tone(finding)
    speaks = finding.speaks
    return Result(
        finding.rule.id,
        tone,
        words[f"tone-{tone}"],
        plain(speaker.summary(finding)) if speaks else speaker.title(finding.rule),
        tuple(_html(speaker.paragraphs(finding))) if speaks else (),
        plain(speaker.missing(finding)) if speaks and finding.verdict.missing else None,
    )


def _tone(finding: Finding) -> str:
    match finding.verdict.outcome:
        case Outcome.DUE:
            return finding.severity.value
        case Outcome.UNDECIDED:
            return "unknown"
        case Outcome.SATISFIED:
            return "ok"
        case _:
            return "quiet"


def _html(lines: Iterable[str]) -> Iterable[Markup]:
    return (Markup(to_html(line)) for line in lines)  # HTML is off in this parser: what it gives is safe


def plain(text: str) -> str:
    """A line of a card, whose figures are escaped for Markdown and HTML, as plain text: templates escape again."""
    return html.unescape(_ESCAPED.sub(r"\1", text))
