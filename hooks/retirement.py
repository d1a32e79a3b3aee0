"""A rule that is retired for everyone: since when, and why. Its id stays reserved and can be looked up for good.

Written by hand into the guideline table of the rule, for example::

    retired = { since = 2027-01-15, reason = { en = "Withdrawn by its authors.", fr = "Retirée par ses auteurs." } }

The release that brings this line no longer asks the rule; ``since`` tells readers when that was decided.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

KEY = "retired"
_MEMBERS = {"since", "reason"}


class BadRetirement(ValueError):
    """What a table says of a retirement cannot be. The message names the rule and the key."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Since which day a rule is asked of nobody, and why, by language."""

    since: date
    reason: Mapping[str, str]

    def as_row(self, language: str) -> dict[str, str]:
        """For the catalogue: the day as YYYY-MM-DD, the reason in one language."""
        return {"since": self.since.isoformat(), "reason": self.reason[language]}


def read_retirement(rule_id: str, table: Mapping[str, Any]) -> Withdrawal | None:
    """The retirement as a table says it; None where it says nothing.

    Raises:
        BadRetirement: it is no table of a day and a reason in both languages.
    """
    said = table.get(KEY)
    if said is None:
        return None
    if not isinstance(said, Mapping) or set(said) != _MEMBERS:
        raise BadRetirement(f"{rule_id} {KEY}: it needs since and reason, and nothing else")
    since, reason = said["since"], said["reason"]
    if not isinstance(since, date) or isinstance(since, datetime):
        raise BadRetirement(f"{rule_id} {KEY}.since: {since!r} is no day (YYYY-MM-DD)")
    if not isinstance(reason, Mapping) or set(reason) != {"en", "fr"} or not all(map(_is_said, reason.values())):
        raise BadRetirement(f"{rule_id} {KEY}.reason: it needs a sentence in English (en) and in French (fr)")
    return Withdrawal(since, dict(reason))


def _is_said(words: object) -> bool:
    return isinstance(words, str) and bool(words.strip())
