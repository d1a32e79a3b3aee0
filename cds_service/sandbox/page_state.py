"""What the address of the page says: scenario, hook, language, edition, fault of the FHIR server, prefetch or not.

A deep link is only this; everything in it that is not known is as if it were not there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import request

from cds_service.errors import Refusal
from cds_service.sandbox.desk import HOOKS
from cds_service.sandbox.fhir.faults import FAULTS
from cds_service.sandbox.scenarios import Scenario, scenarios
from cds_service.sandbox.words import wanted_language
from hooks.choices import EDITIONS


class UnknownEdition(Refusal):
    """400: an edition of the guideline that does not exist."""

    def __init__(self) -> None:
        super().__init__(
            "There is no such edition of the guideline.",
            "The sandbox lets the caller choose one by the parameter edition.",
            f"Use one of {', '.join(EDITIONS)}, or leave it out.",
            ("edition",),
        )


@dataclass(frozen=True, slots=True)
class PageState:
    """One state of the page. ``asked_for`` is the scenario of the address, also where there is none of that name."""

    scenario: Scenario | None
    asked_for: str | None
    hook: str | None
    language: str
    edition: str | None
    fault: str | None
    prefetch: bool

    def url(self, path: str, **changes: str | None) -> str:
        """The address of this state, with changes; None takes a parameter away."""
        now = {
            "scenario": self.scenario.id if self.scenario else None,
            "hook": self.hook,
            "edition": self.edition,
            "fault": self.fault,
            "prefetch": None if self.prefetch else "off",
            "lang": request.args.get("lang"),
        }
        said = {name: value for name, value in {**now, **changes}.items() if value is not None}
        return f"{path}?{urlencode(said)}" if said else path


def read_state(default_language: str) -> PageState:
    """The state that the address of this request describes."""
    sent = request.args
    known: Mapping[str, Scenario] = {each.id: each for each in scenarios()}
    return PageState(
        scenario=known.get(sent.get("scenario", "")),
        asked_for=sent.get("scenario"),
        hook=_one_of(HOOKS, sent.get("hook")),
        language=wanted_language(default_language),
        edition=_one_of(EDITIONS, sent.get("edition")),
        fault=_one_of(FAULTS, sent.get("fault")),
        prefetch=sent.get("prefetch") != "off",
    )


def edition_of_call() -> str | None:
    """The edition a call of the service asks for, as only the sandbox lets it: ``/cds-services/{id}?edition=``.

    Raises:
        UnknownEdition: there is none of that name.
    """
    named = request.args.get("edition")
    if named is not None and named not in EDITIONS:
        raise UnknownEdition
    return named


def _one_of(known: Mapping[str, object] | tuple[str, ...], value: str | None) -> str | None:
    return value if value in known else None
