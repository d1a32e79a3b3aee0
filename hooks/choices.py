"""What may be named: editions of the guideline, languages and hooks.

All that a list of options needs to know of the rules, without loading any.
"""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, NamedTuple

_TABLE: Mapping[str, Any] = tomllib.loads(files("hooks").joinpath("guidelines", "editions.toml").read_text("utf-8"))

LANGUAGES = ("en", "fr")
EDITIONS = tuple(_TABLE)
DEFAULT_EDITION = EDITIONS[0]
HOOK_NAMES = (
    "patient-view",
    "order-select",
    "order-sign",
    "order-dispatch",
    "encounter-discharge",
    "appointment-book",
    "medication-refill",
    "app",
)


class Edition(NamedTuple):
    """One published edition: where it can be found and how a card cites it.

    Attributes:
        label: what a card calls it, by language.
    """

    id: str
    label: Mapping[str, str]
    url: str


def load_editions() -> dict[str, Edition]:
    """The editions by id, in order, newest first."""
    return {key: Edition(key, row["label"], row["url"]) for key, row in _TABLE.items()}
