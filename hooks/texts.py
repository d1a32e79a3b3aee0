"""The words of every rule in both languages: loads the text tables and speaks for one finding at a time."""

import string
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from fhir_mappers.record.answer import Evidence
from fhir_mappers.record.dosing import DoseTable
from fhir_mappers.record.proposals import Literal
from hooks.departures import Departure, Kind
from hooks.evaluate import Finding
from hooks.figures import Figures, escape
from hooks.limits import Edition, Rule

LANGUAGES = ("en", "fr")
SUMMARY_LIMIT = 139


@cache
def load_texts() -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The rule texts by id, and the shared table."""
    rules: dict[str, Any] = {}
    shared: dict[str, Any] = {}
    tables = (file for file in files("hooks").joinpath("texts").iterdir() if file.name.endswith(".toml"))
    for file in sorted(tables, key=lambda found: found.name):
        table = tomllib.loads(file.read_text("utf-8"))
        if file.name == "shared.toml":
            shared = table
        else:
            rules |= table
    return rules, shared


@cache
def _pieces(template: str) -> tuple[tuple[str, str | None, str], ...]:
    """A sentence taken apart once: words, the figure that follows them (``{name}``, ``{name:short}``), its form."""
    return tuple((words, name, form or "") for words, name, form, _ in string.Formatter().parse(template))


class Speaker:
    """Says findings in one language, for one edition; ``reasons`` are override reasons of the site's own."""

    def __init__(
        self,
        language: str,
        rules: Mapping[str, Rule],
        edition: Edition,
        reasons: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self.language = language
        self.edition = edition
        self.rules = rules
        self._texts, self._shared = load_texts()
        self._overrides: Mapping[str, Mapping[str, str]] = {**self._shared["override"], **(reasons or {})}
        self.figures = Figures(language, self._shared, _cut_offs(rules, edition.id))
        told = (rule for rule in rules.values() if rule.kind == "I" and edition.id in rule.sources)
        self._told_in: dict[str, dict[str, int]] = {}
        for number, rule in enumerate(told):
            for place in rule.said_in:
                self._told_in.setdefault(place, {})[rule.id] = number

    def label(self, rule_id: str) -> str:
        """The short name of a step."""
        return str(self._texts[rule_id][self.language]["label"])

    def title(self, rule: Rule) -> str:
        """The title of a rule."""
        return rule.title[self.language]

    def summary(self, finding: Finding) -> str:
        """One line, under 140 characters; the title of the rule where a figure of the sentence is not known."""
        texts = self._texts[finding.rule.id].get(finding.verdict.case, {}).get(self.language)
        return clip((self._say(texts["summary"], finding) if texts else None) or self.title(finding.rule))

    def paragraphs(self, finding: Finding) -> list[str]:
        """The sentences of a finding: what was found, what the edition says, notes, why, what would change it."""
        texts = self._texts[finding.rule.id]
        own = texts[self.language]
        said = [self._say(line, finding) for line in texts[finding.verdict.case][self.language].get("detail", ())]
        edition = texts.get("editions", {}).get(finding.edition)
        notes = [texts["notes"][note][self.language] for note in finding.verdict.notes]
        lines = [*said, edition[self.language] if edition else None, *(self._say(note, finding) for note in notes)]
        lines += [own.get("why"), self._say(own.get("change", ""), finding)]
        return [line for line in lines if line]

    def information(self, rule_id: str) -> str:
        """The sentence of an informational rule."""
        return str(self._texts[rule_id][self.language]["text"])

    def informational(self, places: frozenset[str]) -> list[str]:
        """The informational rules of the edition that are said in one of these places: cards, or beside rules."""
        found = {rule_id: number for place in places for rule_id, number in self._told_in.get(place, {}).items()}
        return sorted(found, key=found.__getitem__)

    def missing(self, finding: Finding) -> str:
        """What is missing, with reasons."""
        return self.figures.missing(finding.verdict.missing)

    def fact(self, proof: Evidence) -> str:
        """One fact with its value, its day and the resource it stands in."""
        shown, name = self.figures.show(proof), self.figures.name(proof.what)
        return f"{name} {shown} ({escape(proof.resource)})" if shown else f"{name} ({escape(proof.resource)})"

    def asked_for(self, proof: Evidence) -> str:
        """An open request: for what, since when, and where it stands."""
        since = f", {self.word('asked-for', day=proof.date)}" if proof.date is not None else ""
        return f"{self.figures.name(proof.what)}{since} ({escape(proof.resource)})"

    def word(self, key: str, **figures: Any) -> str:
        """A shared sentence."""
        return self.figures.word(key, **figures)

    def override(self, code: str) -> Mapping[str, str]:
        """One override reason: system, code and display."""
        row = self._overrides[code]
        return {"system": row["system"], "code": row.get("code", code), "display": row[self.language]}

    def departures(self, finding: Finding) -> list[str]:
        """What a policy of the site changed in the rule, one sentence each; none as shipped."""
        told = (d for d in finding.rule.departures if d.concerns(finding.edition, finding.verdict.case))
        return list(dict.fromkeys(self.departure(departure) for departure in told))

    def departure(self, departure: Departure) -> str:
        """One thing a policy of the site changed, with who approved it."""
        if departure.kind is Kind.SEVERITY:
            loud = {"shipped": departure.shipped, "site": departure.site}
            said = self.word("site-severity", **{key: Literal(self.word(f"as-{value}")) for key, value in loud.items()})
        else:
            what = Literal(departure.names[self.language])
            figures = {"what": what, "shipped": departure.shipped, "site": departure.site}
            ours = departure.kind is Kind.OUR_NUMBER
            said = self.word("site-number", **figures) if ours else self.word("site-deviation", **figures)
        why = departure.reason.get(self.language, "")
        because = f" {self.word('site-reason', reason=why.strip().rstrip('.'))}" if why else ""
        approved = self.word("site-approved", who=departure.approved_by, day=departure.approved_on)
        return f"{said}{because} {approved}"

    def group(self, card: str) -> str:
        """The heading of a consolidated card."""
        return str(self._shared["cards"][card][self.language])

    def source(self, finding: Finding) -> str:
        """The section of the guideline a finding rests on, in the edition asked."""
        return finding.rule.sources[finding.edition][self.language]

    def _say(self, template: str, finding: Finding) -> str | None:
        """The sentence with its figures; None when one of them is not known."""
        said, figures = list[str](), finding.verdict.figures
        for words, name, form in _pieces(template):
            said.append(words)
            if name is None:
                continue
            value = figures.get(name, finding.verdict.missing if name == "missing" else None)
            if value is None:
                return None
            is_gaps = isinstance(value, tuple)
            said.append(self.figures.missing(value, form) if is_gaps else self.figures.show(value, form))
        return "".join(said)


def clip(text: str, limit: int = SUMMARY_LIMIT) -> str:
    """The text on one line, cut at a word with an ellipsis when it is too long for a summary."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1].rsplit(' ', 1)[0]}…"


def composite(heading: str, labels: Iterable[str], more: str, limit: int = SUMMARY_LIMIT) -> str:
    """``heading a, b, c`` (the heading brings its colon); those that do not fit are counted in ``more``."""
    names = list(dict.fromkeys(labels))
    for kept in range(len(names), 0, -1):
        rest = len(names) - kept
        tail = f" {more.format(count=rest)}" if rest else ""
        line = f"{heading} {', '.join(names[:kept])}{tail}"
        if len(line) <= limit:
            return line
    return clip(heading.rstrip(" :"), limit)


def _cut_offs(rules: Mapping[str, Rule], edition: str) -> tuple[Any, ...]:
    """The clearances at which a dose changes: near them a clearance is shown with more decimals."""
    numbers = rules["ZOL-DOSE-01"].numbers.get(edition) if "ZOL-DOSE-01" in rules else None
    table = getattr(numbers, "table", None)
    return table.cut_offs if isinstance(table, DoseTable) else ()
