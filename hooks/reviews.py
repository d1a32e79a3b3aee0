"""Who read a rule, who checked its numbers, and when somebody looks again: empty until a clinician does.

Written by hand into the guideline table of the rule, for example::

    read_by = "Dr A. Example, thoracic oncology"
    checked_by = "Dr B. Example, hospital pharmacy"
    checked_on = 2026-12-01
    review_by = 2027-12-01

Whoever checks is another person than the one who read: two pairs of eyes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

KEYS = frozenset({"read_by", "checked_by", "checked_on", "review_by"})


class BadReview(ValueError):
    """What a table says of its review cannot be. The message names the rule and the key."""


class State(StrEnum):
    """How far the clinical review of a rule has come on a day."""

    PENDING = "pending"  # nobody has read it
    READ = "read"  # read, but its numbers are not checked
    CHECKED = "checked"
    DUE = "due"  # checked once, and to be looked at again


@dataclass(frozen=True, slots=True)
class Review:
    """What a table says; nothing at all is the usual case as long as the review is pending."""

    read_by: str | None = None
    checked_by: str | None = None
    checked_on: date | None = None
    review_by: date | None = None

    def state(self, today: date) -> State:
        """On the day it was to be looked at again it is due."""
        if self.checked_by is None:
            return State.PENDING if self.read_by is None else State.READ
        return State.DUE if self.review_by is not None and self.review_by <= today else State.CHECKED

    def as_row(self) -> dict[str, str | None]:
        """For the catalogue: every key, null where nobody has signed; days as YYYY-MM-DD."""
        return {
            "read_by": self.read_by,
            "checked_by": self.checked_by,
            "checked_on": self.checked_on.isoformat() if self.checked_on else None,
            "review_by": self.review_by.isoformat() if self.review_by else None,
        }


def read_review(rule_id: str, table: Mapping[str, Any]) -> Review:
    """The review as a table says it.

    Raises:
        BadReview: a name is blank, a day is no day, a check is without reader, day or next day, or by the reader.
    """
    review = Review(
        _name(rule_id, "read_by", table.get("read_by")),
        _name(rule_id, "checked_by", table.get("checked_by")),
        _day(rule_id, "checked_on", table.get("checked_on")),
        _day(rule_id, "review_by", table.get("review_by")),
    )
    if problem := _contradiction(review):
        raise BadReview(f"{rule_id}: {problem}")
    return review


def _contradiction(review: Review) -> str | None:
    given = [value is not None for value in (review.checked_by, review.checked_on, review.review_by)]
    if any(given) and not all(given):
        return "checked_by, checked_on and review_by go together"
    if review.checked_by is not None and review.read_by is None:
        return "checked_by without read_by: two people sign"
    if review.checked_by is not None and review.checked_by == review.read_by:
        return "read_by and checked_by are the same person: two people sign"
    if review.checked_on and review.review_by and review.review_by <= review.checked_on:
        return "review_by is not after checked_on"
    return None


def _name(rule_id: str, key: str, value: object) -> str | None:
    if value is None or (isinstance(value, str) and value.strip()):
        return value
    raise BadReview(f"{rule_id} {key}: {value!r} is no name")


def _day(rule_id: str, key: str, value: object) -> date | None:
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    raise BadReview(f"{rule_id} {key}: {value!r} is no day (YYYY-MM-DD)")
