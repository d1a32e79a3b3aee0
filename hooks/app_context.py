"""What a card tells the app it opens: the rule that spoke, or the form to fill in (CDS Hooks 2.0.1, ``appContext``).

It passes through the EHR and its authorization server, so it is one short plain word that survives them, and whatever
comes back is taken only where it looks like a name of ours.
"""

import json
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from fhir_mappers.forms import Form
from fhir_mappers.record.answer import UNAVAILABLE
from hooks.cards import Composed
from hooks.check import Outcome
from hooks.evaluate import Finding
from hooks.questionnaires import form_asking
from hooks.response import Card, Link, LinkType
from hooks.texts import Speaker

_LONGEST = 500  # characters of what an EHR hands back
_NAMES = {"rule": re.compile(r"[A-Z][A-Z0-9-]{0,39}"), "form": re.compile(r"[a-z][a-z0-9-]{0,59}")}


@dataclass(frozen=True, slots=True)
class AppContext:
    """Where the app opens. Both None: at the patient.

    Attributes:
        rule: id of the rule whose card was followed.
        form: id of the form to fill in.
    """

    rule: str | None = None
    form: str | None = None

    def __str__(self) -> str:
        """As it stands in ``appContext``: ``rule=ZOL-DOSE-01``, ``form=mirels``, or both joined by ``&``."""
        said = {"rule": self.rule, "form": self.form}
        return urlencode({name: value for name, value in said.items() if value is not None})


def read_app_context(sent: object) -> AppContext:
    """What an EHR handed back: our own text, or the same as JSON; anything else opens the app at the patient."""
    if not isinstance(sent, str | dict) or len(sent) > _LONGEST:
        return AppContext()
    pairs = sent if isinstance(sent, dict) else _pairs(sent)
    return AppContext(_name(pairs, "rule"), _name(pairs, "form"))


def with_app(made: Composed, address: str, speaker: Speaker) -> Card:
    """The card with one link that opens the app: at the form whose answers it waits for, else at its leading rule.

    Args:
        made: the card and what lies behind it.
        address: where the EHR launches the app.
        speaker: for the words.
    """
    form = next(filter(None, map(waits_for, made.findings)), None)
    context = AppContext(made.findings[0].rule.id if made.findings else None, None if form is None else form.id)
    title = None if form is None else form.title[speaker.language]
    label = speaker.word("open-app") if title is None else speaker.word("open-form").format(form=title)
    link = Link(label=label, url=address, type=LinkType.SMART, app_context=str(context) or None)
    return made.card.model_copy(update={"links": (*(made.card.links or ()), link)})


def with_page(card: Card, address: str, speaker: Speaker) -> Card:
    """The card with a link to the page where its rule can be read.

    Args:
        card: with the links it has.
        address: of the page, absolute.
        speaker: for the words.
    """
    link = Link(label=speaker.word("read-on"), url=address, type=LinkType.ABSOLUTE)
    return card.model_copy(update={"links": (*(card.links or ()), link)})


def waits_for(finding: Finding) -> Form | None:
    """The form that asks for what a finding lacks; none for what could not be read, because the record may hold it."""
    if finding.verdict.outcome is not Outcome.UNDECIDED:
        return None
    return form_asking(finding.rule.id, {lack.what for lack in finding.verdict.missing if lack.why not in UNAVAILABLE})


def _pairs(text: str) -> dict[object, object]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return dict(parse_qsl(text))
    return found if isinstance(found, dict) else {}


def _name(pairs: dict[object, object], kind: str) -> str | None:
    value = pairs.get(kind)
    return value if isinstance(value, str) and _NAMES[kind].fullmatch(value) else None
