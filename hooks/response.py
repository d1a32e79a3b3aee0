"""What we answer: discovery and cards as CDS Hooks 2.0.1 defines them, with the specification's own limits.

Nothing empty leaves the house: absent optional elements and empty lists or objects are omitted (spec, "Use of JSON"), a
blank string is an error of ours and refused here. Field names are Python's; on the wire they are the specification's.
"""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Any, Self
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from hooks.exact_json import dumps_exact, tidy

SPECIFICATION = "2.0.1"
SUMMARY_LIMIT = 139  # code points: the specification says fewer than 140

_HTML = re.compile(r"(?<!\\)((?:\\\\)*)<(?=[A-Za-z/!?])")  # a bracket after an even number of backslashes
_RELATIVE = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9\-._]{1,64}")
_BREAK = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("is blank")
    return text


def _one_line(text: str) -> str:
    if _BREAK.search(text):
        raise ValueError("is not a single line")
    return text


def _http_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", url):
        raise ValueError("is not an absolute http(s) URL")
    return url


def _no_html(markdown: str) -> str:
    """Escape what a client could take for HTML: the public sandbox renders it, and values come from records."""
    return _HTML.sub(r"\1\\<", markdown) if "<" in markdown else markdown


def _relative_reference(text: str) -> str:
    if not _RELATIVE.fullmatch(text):
        raise ValueError("is not a relative reference Type/id")
    return text


def _absent_if_empty(value: object) -> object:
    return None if isinstance(value, (list, tuple, dict)) and not value else value


def _tidy_object(value: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return tidy(value) if value is not None else None


Text = Annotated[str, AfterValidator(_not_blank)]
Summary = Annotated[Text, Field(max_length=SUMMARY_LIMIT), AfterValidator(_one_line)]
Markdown = Annotated[Text, AfterValidator(_no_html)]
Url = Annotated[str, AfterValidator(_http_url)]
Extension = Annotated[dict[str, Any] | None, AfterValidator(_tidy_object)]


class Indicator(StrEnum):
    """How urgent a card is, from the clinician's point of view."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class SelectionBehavior(StrEnum):
    """How many of a card's suggestions may be taken."""

    AT_MOST_ONE = "at-most-one"
    ANY = "any"


class ActionType(StrEnum):
    """What is to be done with a resource."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


class LinkType(StrEnum):
    """A page, or a SMART app that is launched with the patient's context."""

    ABSOLUTE = "absolute"
    SMART = "smart"


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Coding(_Wire):
    """A code with its system, CDS Hooks' short form of FHIR's Coding."""

    code: Text
    system: Text
    display: Text | None = None


class OverrideReason(Coding):
    """A reason a user may give for not following a card; shown, so ``display`` is required."""

    display: Text


class Source(_Wire):
    """The guideline a card rests on, not the software. ``topic`` is optional in the specification; Inferno wants it."""

    label: Text
    url: Url | None = None
    icon: Url | None = None
    topic: Coding


class Action(_Wire):
    """One change to one resource. ``resource`` may hold Decimal numbers: they leave with all their digits."""

    type: ActionType
    description: Text
    resource: Annotated[dict[str, Any] | None, AfterValidator(_tidy_object)] = None
    resource_id: Annotated[str, AfterValidator(_relative_reference)] | None = None
    extension: Extension = None

    @model_validator(mode="after")
    def _names_what_it_changes(self) -> Self:
        if self.type is ActionType.DELETE:
            if self.resource is not None or self.resource_id is None:
                raise ValueError("delete needs resourceId and no resource")
        elif self.resource is None or self.resource_id is not None or not self.resource.get("resourceType"):
            raise ValueError("create and update need a whole resource and no resourceId")
        if self.type is ActionType.UPDATE and self.resource is not None and not self.resource.get("id"):
            raise ValueError("update needs a resource with an id")
        return self


class Suggestion(_Wire):
    """Actions that are taken together with one click."""

    label: Text
    uuid: UUID = Field(default_factory=uuid4)
    is_recommended: bool | None = None
    actions: Annotated[tuple[Action, ...] | None, BeforeValidator(_absent_if_empty)] = None
    extension: Extension = None


class Link(_Wire):
    """A way to read on."""

    label: Text
    url: Url
    type: LinkType
    app_context: Text | None = None
    autolaunchable: bool | None = None
    extension: Extension = None

    @model_validator(mode="after")
    def _context_is_for_apps(self) -> Self:
        if self.app_context is not None and self.type is not LinkType.SMART:
            raise ValueError("appContext is for smart links only")
        return self


class Card(_Wire):
    """One piece of advice. ``uuid`` is new for every answer, so that feedback can be attributed."""

    uuid: UUID = Field(default_factory=uuid4)
    summary: Summary
    detail: Markdown | None = None
    indicator: Indicator
    source: Source
    suggestions: Annotated[tuple[Suggestion, ...] | None, BeforeValidator(_absent_if_empty)] = None
    selection_behavior: SelectionBehavior | None = None
    override_reasons: Annotated[tuple[OverrideReason, ...] | None, BeforeValidator(_absent_if_empty)] = None
    links: Annotated[tuple[Link, ...] | None, BeforeValidator(_absent_if_empty)] = None
    extension: Extension = None

    @model_validator(mode="after")
    def _can_be_chosen_from(self) -> Self:
        suggestions = self.suggestions or ()
        if bool(suggestions) != (self.selection_behavior is not None):
            raise ValueError("selectionBehavior belongs to suggestions, and suggestions need it")
        recommended = sum(suggestion.is_recommended is True for suggestion in suggestions)
        if recommended > 1 and self.selection_behavior is SelectionBehavior.AT_MOST_ONE:
            raise ValueError("at most one suggestion can be recommended when at most one can be chosen")
        reasons = [(reason.system, reason.code) for reason in self.override_reasons or ()]
        if len(set(reasons)) != len(reasons):
            raise ValueError("an override reason is offered twice")
        return self


class Answer(_Wire):
    """The body of a successful call. No system actions: they need an agreement with the EHR beforehand."""

    cards: tuple[Card, ...]
    extension: Extension = None

    @model_validator(mode="after")
    def _uuids_are_unique(self) -> Self:
        uuids = [card.uuid for card in self.cards]
        uuids += [suggestion.uuid for card in self.cards for suggestion in card.suggestions or ()]
        if len(set(uuids)) != len(uuids):
            raise ValueError("a uuid occurs twice")
        return self


class DiscoveryService(_Wire):
    """One entry of discovery. Prefetch templates keep their order: a later one may build on an earlier one (3.0)."""

    hook: Text
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9\-._~]+$")]
    title: Text
    description: Text
    usage_requirements: Text | None = None
    prefetch: Annotated[dict[str, Text] | None, BeforeValidator(_absent_if_empty)] = None
    version: Text = SPECIFICATION
    extension: Extension = None


class Discovery(_Wire):
    """The body of ``GET /cds-services``."""

    services: tuple[DiscoveryService, ...]

    def to_wire(self) -> bytes:
        """JSON in the order of the list."""
        return dumps_exact(self)


def to_wire(cards: Iterable[Card], extension: Mapping[str, Any] | None = None) -> bytes:
    """The JSON body of an answer; ``{"cards":[]}`` when there is nothing to say."""
    answer = Answer(cards=tuple(cards), extension=dict(extension) if extension else None)
    return dumps_exact(answer)
