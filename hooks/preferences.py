"""What a caller asks for in the ``extension`` of its request: HL7 PDDI-CDS and Da Vinci CRD configuration.

HL7 PDDI-CDS (STU1, "PDDI Configuration Items"): ``pddi-configuration-items``, in its prose ``configuration-items``; an
object of booleans, or a list of ``{"code", "value"}``. Da Vinci CRD ("Hook configuration"):
``davinci-crd.configuration``, an object of booleans and integers. What is not offered, malformed or contradictory is
ignored: no call fails because of its configuration, and in doubt the card is shown.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hooks.quiet import SELECTING

PDDI = "pddi-configuration-items"
PDDI_IN_PROSE = "configuration-items"
CRD = "davinci-crd.configuration"
CRD_OPTIONS = "davinci-crd.configuration-options"
SIGNING = "order-sign"
MAX_CARDS = "max-cards"
_VALUES = ("value", "valueBoolean")
_SPELT = {"true": True, "false": False}

# code: name, description, the one hook where it means something (None: every hook)
_PDDI_ITEMS: Mapping[str, tuple[str, str, str | None]] = {
    "cache-for-order-sign-filtering": (
        "Remember what was shown",
        "Remembers the cards shown to this user for these orders, so that order-sign need not repeat them.",
        SELECTING,
    ),
    "filter-out-repeated-alerts": (
        "Leave out repeated cards",
        "Leaves out cards this user was shown at order-select for the same orders, unless a fact has changed since.",
        SIGNING,
    ),
    "alert-non-serious": (
        "Show information cards",
        "When false, only warnings and critical cards are shown.",
        None,
    ),
    "show-evidence-support": (
        "Show the evidence",
        "When false, cards carry no machine-readable trace; what they rest on is still told in words.",
        None,
    ),
}


@dataclass(frozen=True, slots=True)
class Preferences:
    """What this caller wants of this answer; by default everything is shown."""

    remember_shown: bool = False
    drop_repeated: bool = False
    non_serious: bool = True
    evidence: bool = True
    max_cards: int | None = None
    switched_off: frozenset[str] = frozenset()


def preferences(extension: Mapping[str, object], hook: str) -> Preferences:
    """Read the extension of a request made at ``hook``. Never raises."""
    items = _items(extension)
    chosen = extension.get(CRD)
    kinds = chosen if isinstance(chosen, Mapping) else {}
    maximum = kinds.get(MAX_CARDS)
    return Preferences(
        remember_shown=hook == SELECTING and items.get("cache-for-order-sign-filtering", False),
        drop_repeated=hook == SIGNING and items.get("filter-out-repeated-alerts", False),
        non_serious=items.get("alert-non-serious", True),
        evidence=items.get("show-evidence-support", True),
        max_cards=maximum if type(maximum) is int and maximum >= 1 else None,
        switched_off=frozenset(str(code) for code, wanted in kinds.items() if wanted is False),
    )


def offered(hook: str, kinds: Iterable[tuple[str, str]]) -> dict[str, list[dict[str, Any]]]:
    """The extension of a service in discovery: what may be asked of it, under the names of both guides.

    ``kinds`` are the kinds of card it can show, each with its heading.
    """
    items = [
        _option(code, "boolean", name, effect)
        for code, (name, effect, at) in _PDDI_ITEMS.items()
        if at is None or at == hook
    ]
    cards = [
        _option(code, "boolean", heading, f"When false, no card '{heading}' is shown unless it is critical.")
        for code, heading in kinds
    ]
    most = "The gravest cards are kept, critical ones always; the last card lists what was left out."
    return {PDDI: items, CRD_OPTIONS: [*cards, _option(MAX_CARDS, "integer", "Maximum number of cards", most)]}


def _option(code: str, kind: str, name: str, description: str) -> dict[str, Any]:
    return {"code": code, "type": kind, "name": name, "description": description}


def _items(extension: Mapping[str, object]) -> dict[str, bool]:
    """The PDDI items under either name; one that is said both ways is as if it had not been sent."""
    said: dict[str, set[bool]] = {}
    for name in (PDDI, PDDI_IN_PROSE):
        for code, value in _pairs(extension.get(name)):
            if (wanted := _boolean(value)) is not None:
                said.setdefault(code, set()).add(wanted)
    return {code: values.pop() for code, values in said.items() if len(values) == 1}


def _pairs(sent: object) -> Iterator[tuple[str, object]]:
    """Code and value, from an object, or from a list of objects of either shape."""
    for one in sent if isinstance(sent, list) else [sent]:
        if not isinstance(one, Mapping):
            continue
        code = one.get("code")
        if isinstance(code, str):
            yield from ((code, one[name]) for name in _VALUES if name in one)
        else:
            yield from ((str(key), value) for key, value in one.items())


def _boolean(value: object) -> bool | None:
    """True or false, also spelt as a string: the reference implementation of the guide reads both."""
    return value if isinstance(value, bool) else _SPELT.get(value) if isinstance(value, str) else None
