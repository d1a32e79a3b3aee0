"""Wards, and small numbers in the report: nobody may be recognised by being the only one.

A ward is told apart only when enough patients stand behind it; smaller ones are pooled. A number by rule and ward that
rests on fewer patients is hidden; where hiding one would let it be computed from the sum, a second one is hidden too.
Numbers of patients below the limit are never told. Counts of calls by rule or by service, over the whole site, are.
"""

import re
from collections.abc import Mapping

SMALLEST = 5
OTHER_WARDS = "other"
WARD_EXTENSION = "io.github.osteohooks.ward"
Ward = str | None
"""The short code of a ward; None where the EHR does not tell."""

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,23}")
_LONG_NUMBER = re.compile(r"\d{6,}")  # a ward has a short number, a patient or a stay a long one


def ward_of(extension: Mapping[str, object], default: Ward = None) -> Ward:
    """The ward of a call, from the request's ``extension["io.github.osteohooks.ward"]``, else that of its client.

    A code of the hospital, not a text: what is longer than 24 characters, or holds anything but letters, digits and
    ``. _ -``, or a long number, is ignored, so that nobody's name or number slips in. No call fails because of it.
    """
    sent = extension.get(WARD_EXTENSION)
    told = (text for text in (sent, default) if isinstance(text, str))
    return next((text for text in told if _CODE.fullmatch(text) and not _LONG_NUMBER.search(text)), None)


def pool(people: Mapping[Ward, int], smallest: int) -> dict[Ward, Ward]:
    """The name each ward is told under: its own, or `OTHER_WARDS` while too few patients stand behind it.

    A pool that is itself too small takes the next smallest ward in.
    """
    by_size = sorted(people, key=lambda ward: (people[ward], ward or ""))
    small = [ward for ward in by_size if people[ward] < smallest]
    while small and sum(people[ward] for ward in small) < smallest and len(small) < len(by_size):
        small.append(by_size[len(small)])
    return {ward: OTHER_WARDS if ward in small else ward for ward in people}


def pooled(people: Mapping[Ward, int], names: Mapping[Ward, Ward]) -> dict[Ward, int]:
    """How many patients stand behind each name. Who was in two wards of the pool counts twice."""
    found: dict[Ward, int] = {}
    for ward, count in people.items():
        found[names[ward]] = found.get(names[ward], 0) + count
    return found


def hidden(calls: Mapping[Ward, int], people: Mapping[Ward, int], smallest: int) -> dict[Ward, int | None]:
    """One rule's calls by ward, None where hidden; never one alone, or the sum over the site would tell it."""
    by_size = sorted((ward for ward in calls if people[ward]), key=lambda ward: (people[ward], ward or ""))
    small = [ward for ward in by_size if people[ward] < smallest]
    kept = set(by_size[:2] if len(small) == 1 else small)
    return {ward: None if ward in kept else count for ward, count in calls.items()}


def masked(people: int, smallest: int) -> int | None:
    """A number of patients; None where it is too small to be told."""
    return people if people == 0 or people >= smallest else None
