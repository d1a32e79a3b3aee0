"""Two cards with a layout of their own: the checklist of an open chart, and the handout of a discharge."""

from collections.abc import Iterable, Iterator, Sequence

from fhir_mappers.record.answer import Evidence
from hooks.check import Outcome
from hooks.checklist import RESULTS, Light, Line
from hooks.evaluate import Finding
from hooks.texts import Speaker

HANDOUT = "discharge"
# What stands beside a fact without being the one a line is about.
_BESIDE = frozenset(
    {
        *("draft_order", "antiresorptive_order", "antiresorptive_doses", "birth_date", "sex"),
        *("craniofacial_radiotherapy", "antiresorptive_exposure_ever"),
    }
)


def status(finding: Finding, speaker: Speaker) -> str:
    """The checklist as a Markdown list: each subject with its light, what is to be done or missing, its newest fact
    with the day; the subjects that no rule judged at this hook share the last line.
    """
    lines: tuple[Line, ...] = finding.verdict.lines
    rows = [f"- {_line(line, speaker)}" for line in lines if line.light is not Light.NOT_ASKED]
    rest = [line for line in lines if line.light is Light.NOT_ASKED]
    return "\n".join([*rows, *([f"- {_not_judged(rest, speaker)}"] if rest else [])])


def is_handout(card: str, findings: Sequence[Finding]) -> bool:
    """Whether a card is the handout: one that only lacks data is a card like the others."""
    return card == HANDOUT and findings[0].verdict.outcome is Outcome.DUE


def handout(findings: Sequence[Finding], facts: Iterable[str], speaker: Speaker) -> list[str]:
    """The blocks of the card: the sentences for the patient as one list that can be read out or handed over, what is
    missing for a further one, what they rest on, and the sources.
    """
    colon, semicolon = speaker.figures.colon, f"{speaker.figures.semicolon} "
    due = [f for f in findings if f.verdict.outcome is Outcome.DUE]
    told = dict.fromkeys(line for f in due for line in speaker.paragraphs(f))
    gaps = [speaker.missing(f) for f in findings if f.verdict.missing]
    where = [f"{speaker.source(f)} ({speaker.word('rule')} {f.rule.id})" for f in due]
    return [
        f"{speaker.word('handout')}{colon}",
        "\n".join(f"- {line}" for line in told),
        *([f"{speaker.word('missing')}{colon} {semicolon.join(gaps)}."] if gaps else []),
        f"{speaker.word('rests-on')}{colon} {semicolon.join(facts)}.",
        f"{speaker.word('source')}{colon} {semicolon.join(where)}.",
    ]


def newest(line: Line) -> Evidence | None:
    """The latest dated fact the line is about; of several of one day the first."""
    facts = [(e.date.latest, e) for f in line.findings for e in f.verdict.evidence if e.date is not None]
    measured = RESULTS.get(line.subject)
    about = [dated for dated in facts if (dated[1].what in measured if measured else dated[1].what not in _BESIDE)]
    return max(about, key=lambda dated: dated[0], default=(None, None))[1]


def _line(line: Line, speaker: Speaker) -> str:
    semicolon = f"{speaker.figures.semicolon} "
    head = f"**{speaker.word(f'light-{line.light.value}')}** {speaker.word(f'subject-{line.subject}')}"
    return f"{head}{speaker.figures.colon} {semicolon.join(dict.fromkeys(_parts(line, speaker)))}"


def _parts(line: Line, speaker: Speaker) -> Iterator[str]:
    """What is to be done or is missing, then the newest fact, then what is awaited."""
    proof = newest(line)
    due = [f for f in line.findings if f.verdict.outcome is Outcome.DUE]
    yield from (speaker.label(f.rule.id) for f in due)
    yield from (speaker.missing(f) for f in line.findings if f.verdict.outcome is Outcome.UNDECIDED)
    if line.fault:
        yield speaker.word("checklist-fault")
    elif line.light is Light.UNKNOWN and not any(f.speaks for f in line.findings):
        yield speaker.word("checklist-no-result")
    if proof is not None:
        yield speaker.fact(proof)
    elif due:
        yield speaker.word("checklist-none")
    elif line.light is Light.GREEN:
        yield speaker.word("checklist-nothing-against")
    asked = [speaker.asked_for(e) for f in line.findings for e in f.awaited]
    yield from (f"{speaker.word('awaited').lower()}{speaker.figures.colon} {one}" for one in asked)


def _not_judged(lines: list[Line], speaker: Speaker) -> str:
    names = [speaker.figures.name(line.name) for line in lines]
    return f"{speaker.word('checklist-not-judged')}{speaker.figures.colon} {', '.join(names)}"
