"""For mkdocs: a page for each rule, made from its tables, checks, words and tests when the site is built.

None of these pages is committed: they cannot say anything else than the product.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from cds_service.catalogue import document
from docs.site_cards import Example, examples
from fhir_mappers.record.quantity import Quantity
from hooks.figures import Figures
from hooks.ledger import Ledger, name_of
from hooks.limits import load_editions
from hooks.policy_rules import shipped_ledger
from hooks.texts import LANGUAGES, load_texts
from tests.house.recommendations import Drawn, drawn_tables

FOLDER = "rules"
PENDING = "Clinical review is pending: no clinician has read or checked these numbers yet."
_LOGIC = {"for whom": "For whom", "holds": "As it should be when", "reads": "Reads", "units": "Units"}
_SAID = ("text", "why", "change")
_TOLD = {"en": "English", "fr": "Français"}
_MEANT = {
    "critical": "is kept for what the source calls contraindicated or potentially fatal, and for lasting harm",
    "warning": "is a limit or a step that is not met and can still be mended",
    "info": "is good to know, and never interrupts",
}
_NOBODY = "–"
_OF_ALL = ("test_day_by_day", "test_silence", "test_silence_inside")  # tests of every rule at once
Row = Mapping[str, Any]


def pages() -> Iterator[tuple[str, str]]:
    """Address below ``docs`` and Markdown of every rule, in the order of the checks."""
    french = {row["id"]: row for row in document("fr")}
    shown, tables, ledger = examples(), drawn_tables(), shipped_ledger()
    for row in document("en"):
        rule = row["id"]
        blocks = (
            _heading(row, french[rule]),
            _statement(row, french[rule]),
            _logic(row),
            _boundaries(row, ledger),
            _severities(row, french[rule]),
            _card(shown.get(rule)),
            _limits(row),
            _rows(rule, tables.get(rule, ())),
        )
        yield f"{FOLDER}/{rule}.md", "\n\n".join("\n".join(block) for block in map(list, blocks) if block) + "\n"


@cache
def words() -> dict[str, str]:
    """The words by which each rule may be looked for: of its titles, sentences and logic, in both languages."""
    texts, found = load_texts()[0], dict[str, set[str]]()
    for language in LANGUAGES:
        for row in document(language):
            own = texts.get(row["id"], {}).get(language, {})
            said = (row["title"], *row["says"].values(), *(own.get(key, "") for key in _SAID), *row["logic"].values())
            found.setdefault(row["id"], set()).update(re.findall(r"[^\W\d_]{3,}", " ".join(said).casefold()))
    return {rule: " ".join(sorted(known)) for rule, known in found.items()}


def _heading(row: Row, french: Row) -> Iterator[str]:
    review, hooks = row["review"], ", ".join(row["hooks"])
    yield from (f"# {row['id']}: {row['title']}", "", f"*{french['title']}*", "")
    yield from _retired(row, french)
    signed = f"Read by {review['read_by']}, checked by {review['checked_by']} on {review['checked_on']}."
    yield from (f"> {signed if review['checked_by'] else PENDING}", "")
    yield from ("| Read by | Numbers checked by | On | To be looked at again |", "|---|---|---|---|")
    yield from (f"| {' | '.join(review[key] or _NOBODY for key in review)} |", "")
    severities = ", ".join(dict.fromkeys(row["severity"].values())) or "on no card of its own"
    yield f"**Kind**: {row['kind']} · **asked at**: {hooks} · **speaks as**: {severities}"
    yield f"· **strength in the guideline**: {row['strength']}"


def _retired(row: Row, french: Row) -> Iterator[str]:
    """Of a rule that nobody is asked any more, since when and why, in both languages."""
    if row["retired"] is None:
        return
    since = row["retired"]["since"]
    yield from ('!!! warning "Retired for everyone · Retirée pour tous"', "")
    yield from (f"    Since {since} no service asks this rule. {row['retired']['reason']}", "")
    yield from (f"    Depuis le {since}, aucun service n'applique cette règle. {french['retired']['reason']}", "")


def _statement(row: Row, french: Row) -> Iterator[str]:
    """What the rule says, in both languages: an informational rule its sentence, the others why and what changes it."""
    texts = load_texts()[0].get(row["id"], {})
    yield from ("## Statement", "")
    for language, title in zip(LANGUAGES, (row["title"], french["title"]), strict=True):
        own = texts.get(language, {})
        said = [own[key] for key in _SAID if key in own]
        yield from (f"**{_TOLD[language]}.** {title}. {_filled(' '.join(said), row, language)}".rstrip(), "")


def _filled(text: str, row: Row, language: str) -> str:
    """A sentence with the numbers of the newest edition that has the rule; figures of a patient stay open."""
    numbers = dict(_flat(next(iter(row["numbers"].values()), {})))

    def figure(found: re.Match[str]) -> str:
        try:
            return Figures(language, load_texts()[1]).quantity(Quantity.of(numbers[found[1]]))
        except (KeyError, ValueError):
            return found[0]

    return re.sub(r"\{(\w+)(?::short)?\}", figure, text)


def _logic(row: Row) -> Iterator[str]:
    if row["logic"]:
        yield from ("## Logic in words", "")
        yield from (f"- **{name}**: {row['logic'][key]}" for key, name in _LOGIC.items() if key in row["logic"])


def _boundaries(row: Row, ledger: Ledger) -> Iterator[str]:
    """The numbers of all editions side by side; in bold where they differ."""
    editions = load_editions()
    yield from ("## Boundaries, edition by edition", "", f"| Number | {' | '.join(editions)} |", "|---" * 4 + "|")
    flat = {edition: dict(_flat(numbers)) for edition, numbers in row["numbers"].items()}
    for name in dict.fromkeys(name for numbers in flat.values() for name in numbers):
        cells = [flat.get(edition, {}).get(name, "–") for edition in editions]
        differ = len({cell for cell in cells if cell != "–"}) > 1
        mark = "" if f"{row['id']}.{name}" in ledger.borrowed else _ours(ledger, f"{row['id']}.{name}")
        called = _called(f"{row['id']}.{name}", ledger)
        yield f"| {called}`{name}`{mark} | {' | '.join(f'**{cell}**' if differ else cell for cell in cells)} |"
    yield f"| Source | {' | '.join(row['source'].get(edition, 'not in this edition') for edition in editions)} |"
    if flat:
        yield from (
            "",
            "**Bold**: editions differ. †: this project's choice; a site may change it in its [policy](../policy.md).",
        )


def _flat(numbers: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Addresses as in the policy of a site: ``table.floors.3``."""
    for name, value in numbers.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        elif isinstance(value, list):
            yield from _flat({str(place): one for place, one in enumerate(value, 1)}, f"{above}{name}.")
        else:
            yield f"{above}{name}", str(value).removesuffix(" 1")  # a ratio has the unit 1


def _called(address: str, ledger: Ledger) -> str:
    """What a reader calls a number, where it has a name; one that is borrowed is called as in its own rule."""
    steps = address.split(".")
    for end in range(len(steps), 0, -1):
        if (lender := ledger.borrowed.get(".".join(steps[:end]))) is not None:
            return _called(".".join((lender, *steps[end:])), ledger)
    try:
        return f"{name_of(address)['en']}<br>"
    except KeyError:  # of a fixed number nobody needs to speak
        return ""


def _ours(ledger: Ledger, name: str) -> str:
    number = ledger.numbers.get(name)
    return " †" if number is not None and number.ours else ""


def _severities(row: Row, french: Row) -> Iterator[str]:
    if not row["severity"]:
        return
    yield from ("## Severity, and what is said", "", "| Case | Severity | First line |", "|---|---|---|")
    for case, severity in row["severity"].items():
        lines = "<br>".join(f"`{said['says'][case]}`" for said in (row, french) if case in said["says"])
        yield f"| {case.replace('_', ' ')} | {severity} | {lines or '–'} |"
    yield from ("", "`{braces}` are figures of the patient; `:short` is their short form.", "")
    why = load_texts()[0].get(row["id"], {}).get("en", {}).get("why", "")
    yield f"**Why so.** The guideline's own word: *{row['strength']}*. {why}".rstrip()
    loudest = [severity for severity in _MEANT if severity in row["severity"].values()]
    yield from (f"*{severity.capitalize()}* {_MEANT[severity]}." for severity in loudest)


def _card(example: Example | None) -> Iterator[str]:
    if example is None:
        return
    yield from ("## Example card", "", example.about)
    for language, card in example.cards.items():
        yield from ("", f'=== "{_TOLD[language]}"', "", f'    !!! {card.style} "{card.summary}"', "")
        yield from (f"        {line}".rstrip() for line in card.lines)


def _limits(row: Row) -> Iterator[str]:
    """What the rule cannot know, and what in it is not the guideline's."""
    unknown = row["logic"].get("unknown")
    yield from ("## Known limits", "")
    if row["reason"]:
        yield f"- It is not computed. {row['reason']}"
    elif not row["severity"]:
        yield "- It is told, not computed: nothing of the patient is compared with it."
    if unknown:
        yield f"- It cannot be judged when: {unknown}. It then names what is missing, where that could matter."
    if row["ours"]:
        yield f"- This project's choice, not the guideline's: {'; '.join(row['ours'])}."
    if row["severity"]:
        yield "- It sees what the EHR sends and what can be fetched. Silence is not clearance: [safety](../safety.md)."
    if not row["review"]["checked_by"]:
        yield "- No clinician has signed it."


def _rows(rule: str, tables: Iterable[Drawn]) -> Iterator[str]:
    """The drawn tables that concern the rule, its own first. The search leaves them out: they would drown all."""
    found = sorted((_about(rule, drawn) for drawn in tables), key=lambda drawn: Path(drawn.path).stem in _OF_ALL)
    if found:
        yield from ("## Test rows { data-search-exclude }", "")
    for drawn in found:
        yield from (f'??? note "{drawn.path}, {drawn.count} rows"', "", "    ```text")
        yield from (f"    {line}".rstrip() for line in drawn.text.splitlines())
        yield from ("    ```", "")


def _about(rule: str, drawn: Drawn) -> Drawn:
    """Of a table whose rows name rules the rows that name this one; any other table as it is."""
    lines = drawn.text.strip("\n").splitlines()
    naming = [line for line in lines[2:] if rule in line]
    return Drawn(drawn.path, "\n".join([*lines[:2], *(naming or lines[2:])]))
