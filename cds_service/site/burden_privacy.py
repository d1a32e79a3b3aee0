"""Small numbers in the report: nobody may be recognised by being the only one.

A ward is told apart only when enough patients stand behind it; smaller ones are pooled. A number by rule and ward that
rests on fewer patients is hidden; where hiding one would let it be computed from the sum, a second one is hidden too.
Numbers of patients below the limit are never told. Counts of calls by rule or by service, over the whole site, are.
"""

from collections.abc import Mapping

SMALLEST = 5
OTHER_WARDS = "other"
Ward = str | None
"""The short code of a ward; None where the EHR does not tell."""


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
