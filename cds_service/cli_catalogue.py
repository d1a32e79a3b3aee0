"""``osteohooks catalogue`` and ``osteohooks review``: every rule as it is carried, and who has yet to look at it."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

import click

from cds_service.catalogue import document, rows, schema, table
from cds_service.settings import load_settings
from hooks.limits import Rule, load_rules
from hooks.registry import CHECKS
from hooks.reviews import State
from hooks.texts import LANGUAGES

_SAID = {
    State.PENDING: "nobody has read it",
    State.READ: "read, its numbers are not checked",
    State.DUE: "to be looked at again",
    State.CHECKED: "checked",
}
_RETIRED = "retired"


@click.command()
@click.option("--json", "as_data", is_flag=True, help="Print JSON, with logic, numbers by edition and reviews.")
@click.option("--schema", "as_schema", is_flag=True, help="Print the JSON Schema that the JSON keeps to.")
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", show_default=True)
def catalogue(as_data: bool, as_schema: bool, lang: str) -> None:
    """List every rule: id, title, hooks, severities, editions, source."""
    if as_schema:
        click.echo(json.dumps(schema(), ensure_ascii=False, indent=2))
    elif as_data:
        click.echo(json.dumps(document(lang), ensure_ascii=False, indent=2))
    else:
        click.echo(table(rows(lang)))


@click.command()
@click.option("--on", type=click.DateTime(formats=["%Y-%m-%d"]), help="What is due on this day (default today).")
@click.option("--all", "everything", is_flag=True, help="Also list what is checked and not due.")
@click.option("--json", "as_data", is_flag=True, help="Print JSON instead of text.")
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Language of the titles.")
def review(on: datetime | None, everything: bool, as_data: bool, lang: str) -> None:
    """List the rules whose clinical review is due: never read, never checked, or to be looked at again.

    Those that are retired for everyone stand apart, at the end. Who read and who checked a rule stands in its guideline
    table (docs/extend.md); it is empty until a clinician did.
    """
    today = on.date() if on else load_settings().today()
    rules = load_rules(CHECKS)
    retired = [rule for rule in rules.values() if rule.withdrawn is not None]
    states = {rule.id: rule.review.state(today) for rule in rules.values() if rule.withdrawn is None}
    listed = [rules[rule] for rule, state in states.items() if everything or state is not State.CHECKED]
    if as_data:
        found = [_row(rule, states.get(rule.id, _RETIRED), lang) for rule in (*listed, *retired)]
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for rule in listed:
        click.echo(_line(rule, states[rule.id], lang))
    for rule in retired:
        click.echo(_gone(rule, lang))
    click.echo(_sum(states, len(retired)))


def _row(rule: Rule, state: str, lang: str) -> dict[str, object]:
    gone = rule.withdrawn.as_row(lang) if rule.withdrawn else None
    return {"id": rule.id, "title": rule.title[lang], "state": state, **rule.review.as_row(), "retired": gone}


def _gone(rule: Rule, lang: str) -> str:
    said = rule.withdrawn.as_row(lang) if rule.withdrawn else {}
    return f"{rule.id:18} {'retired since {since}'.format(**said):34} {rule.title[lang]} ({said['reason']})"


def _line(rule: Rule, state: State, lang: str) -> str:
    said = rule.review
    names = [f"read by {said.read_by}"] if said.read_by else []
    names += (
        [f"checked by {said.checked_by} on {said.checked_on}, again by {said.review_by}"] if said.checked_by else []
    )
    return f"{rule.id:18} {_SAID[state]:34} {rule.title[lang]}{''.join(f' ({name})' for name in names)}"


def _sum(states: Mapping[str, State], retired: int) -> str:
    counted = Counter(states.values())
    told = [f"{counted[state]} {_SAID[state]}" for state in State if counted[state]]
    told += [f"{retired} {_RETIRED}"] if retired else []
    return f"{len(states) + retired} rules: {', '.join(told)}."
