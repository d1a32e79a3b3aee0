"""What an installation chooses among, editions of the guideline and languages: all that a list of options needs."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, NamedTuple

_TABLE: Mapping[str, Any] = tomllib.loads(files("hooks").joinpath("guidelines", "editions.toml").read_text("utf-8"))

LANGUAGES = ("en", "fr")
EDITIONS = tuple(_TABLE)
DEFAULT_EDITION = EDITIONS[0]


class Edition(NamedTuple):
    """One published edition: where it can be found and how a card cites it."""

    id: str
    label: Mapping[str, str]
    url: str


def load_editions() -> dict[str, Edition]:
    """The editions by id, in order, newest first."""
    return {key: Edition(key, row["label"], row["url"]) for key, row in _TABLE.items()}
