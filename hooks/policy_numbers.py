"""The numbers of a policy: checks each against the ledger, then writes them into a copy of the tables."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any

from fhir_mappers.record.quantity import Quantity
from hooks.departures import Departure, Kind
from hooks.ledger import Ledger, Number, about_numbers, name_of, put
from hooks.limits import EDITIONS
from hooks.policy import LimitChange, Policy

_FARTHEST = 4
_WHOLE = ("d", "mo", "a")


@dataclass(frozen=True, slots=True)
class Change:
    """One number in one edition, as it will stand."""

    number: Number
    edition: str
    value: str | int | bool
    said: LimitChange

    @property
    def shipped(self) -> Any:
        """The number it replaces, as written."""
        return self.number.shipped[self.edition]

    @property
    def is_new(self) -> bool:
        """False where the policy only repeats what is shipped."""
        return bool(_plain(self.value) != _plain(self.shipped))


def changes(policy: Policy, ledger: Ledger) -> tuple[list[Change], list[str]]:
    """Every number the policy changes, those that follow included; and what is wrong with it, one sentence each."""
    found: dict[tuple[str, str], Change] = {}
    problems: list[str] = []
    for said in policy.limits:
        wrong = list(_wrong(said, ledger))
        problems += [f"{said.name}: {sentence}" for sentence in wrong]
        for change in () if wrong else _followed(said, ledger):
            key = (change.number.name, change.edition)
            if key in found:
                problems.append(f"{said.name}: it is set twice for edition {change.edition}; leave one of the two.")
            found[key] = change
    return list(found.values()), problems or list(_out_of_order(found, ledger))


def write(changed: Iterable[Change], tables: Mapping[str, Any], conventions: dict[str, Any]) -> None:
    """Put the numbers into the tables, in place."""
    for change in changed:
        head, _, path = change.number.name.partition(".")
        if change.number.is_shared:
            conventions[head][path]["value"] = change.value
        else:
            row = next(row for row in tables[head]["edition"] if row["id"] == change.edition)
            put(row, path, change.value)


def departures(changed: Iterable[Change], policy: Policy, ledger: Ledger) -> dict[str, list[Departure]]:
    """What the cards of each rule must tell: every number it rests on that is not the shipped one."""
    told: dict[str, list[Departure]] = {}
    for change in (one for one in changed if one.is_new and not one.number.is_shared):
        departure = _departure(change, policy)
        for (rule, edition), resting in ledger.uses.items():
            if edition == change.edition and change.number.name in resting:
                told.setdefault(rule, []).append(departure)
    return told


def _departure(change: Change, policy: Policy) -> Departure:
    ours = change.edition in change.number.ours
    return Departure(
        Kind.OUR_NUMBER if ours else Kind.DEVIATION,
        change.number.name,
        name_of(change.number.name),
        _plain(change.shipped),
        _plain(change.value),
        policy.approved_by,
        policy.approved_on,
        change.said.reason,
        change.edition,
    )


def _followed(said: LimitChange, ledger: Ledger) -> Iterator[Change]:
    """The change itself and those that must stay equal to it."""
    for name in (said.name, *ledger.leads.get(said.name, ())):
        number = ledger.numbers[name]
        for edition in said.editions or EDITIONS:
            if edition in number.shipped:
                yield Change(number, edition, said.value, said)


def _wrong(said: LimitChange, ledger: Ledger) -> Iterator[str]:
    number = ledger.numbers.get(said.name)
    if number is None:
        yield _unknown(said.name, ledger)
    elif number.note is not None:
        yield f"it cannot be changed: {number.note}."
    elif leader := ledger.leader.get(said.name):
        yield f"it always equals {leader}: change that one."
    else:
        chosen = said.editions or tuple(number.shipped)
        yield from _wrong_editions(said, number, ledger)
        yield from _wrong_standing(said, number, chosen)
        for shipped in dict.fromkeys(number.shipped[edition] for edition in chosen if edition in number.shipped):
            yield from _wrong_value(said, shipped)


def _unknown(name: str, ledger: Ledger) -> str:
    if home := ledger.borrowed.get(name):
        return f"it is taken from {home}: change that one."
    near = get_close_matches(name, [*ledger.numbers, *ledger.borrowed], n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return f"there is no such number.{hint} 'osteohooks policy limits' lists them all."


def _wrong_editions(said: LimitChange, number: Number, ledger: Ledger) -> Iterator[str]:
    if said.editions is None:
        return
    if lacking := [edition for edition in said.editions if edition not in number.shipped]:
        yield f"edition {', '.join(lacking)} does not have it; those that do are {', '.join(number.shipped)}."
    followers = [ledger.numbers[name] for name in ledger.leads.get(said.name, ())]
    if (number.is_shared or any(one.is_shared for one in followers)) and set(said.editions) != set(number.shipped):
        yield "it holds in every edition: leave out 'editions'."


def _wrong_standing(said: LimitChange, number: Number, chosen: tuple[str, ...]) -> Iterator[str]:
    """Whose number it is, and what changing it takes."""
    theirs = [edition for edition in chosen if edition in number.shipped and edition not in number.ours]
    if theirs and not said.deviation:
        yield (
            f"it is the guideline's number in {', '.join(theirs)}. A site may depart from it only with "
            "'deviation = true' and a reason; the card then says so."
        )
    if said.deviation and not theirs:
        yield "it is this project's choice, not the guideline's: 'deviation' does not apply, leave it out."
    if said.deviation:
        yield from missing_reason(said.reason)


def missing_reason(reason: Mapping[str, str]) -> Iterator[str]:
    """A deviation is explained on the card, in both languages."""
    if not all(reason.get(language, "").strip() for language in ("en", "fr")):
        yield 'a deviation needs its reason in both languages: reason = { en = "...", fr = "..." }.'


def _wrong_value(said: LimitChange, shipped: Any) -> Iterator[str]:
    ours, theirs = _plain(said.value), _plain(shipped)
    if type(ours) is not type(theirs):
        yield f"{said.value!r} does not fit, write it like {shipped!r}."
    elif isinstance(ours, Quantity) and isinstance(theirs, Quantity) and ours.unit != theirs.unit:
        yield f"its unit is {theirs.unit}, not {ours.unit}: write it like {shipped!r}."
    elif isinstance(ours, Quantity) and ours.unit in _WHOLE and ours.value != ours.value.to_integral_value():
        yield f"{said.value!r} is no whole number: write it like {shipped!r}."
    else:
        yield from _far_off(said, _number(ours), _number(theirs), shipped)


def _far_off(said: LimitChange, ours: Decimal, theirs: Decimal, shipped: Any) -> Iterator[str]:
    most = about_numbers()["at_most"].get(said.name)
    if not ours.is_finite() or ours < 0 or (ours == 0 and theirs != 0):
        yield f"{said.value!r} must be above zero."
    elif most is not None and ours > Quantity.of(most).value:
        yield f"{said.value!r} would silence its rule; at most {most}."
    elif theirs and not theirs / _FARTHEST <= ours <= theirs * _FARTHEST:
        yield f"{said.value!r} is over {_FARTHEST} times off the shipped {shipped!r}: check decimal point and unit."


def _out_of_order(found: Mapping[tuple[str, str], Change], ledger: Ledger) -> Iterator[str]:
    """Chains that the changed numbers break, in the editions where they do."""
    said: set[str] = set()
    for chain in ledger.chains:
        names, signs = chain.split()[::2], chain.split()[1::2]
        for edition in EDITIONS:
            for low, sign, high in zip(names, signs, names[1:], strict=False):
                pair = [_standing(name, edition, found, ledger) for name in (low, high)]
                if None in pair or not {(low, edition), (high, edition)} & found.keys():
                    continue
                below, above = (_number(_plain(raw)) for raw in pair)
                if not (below < above or (sign == "<=" and below == above)):
                    word = "below" if sign == "<" else "at most"
                    said.add(f"{low} ({pair[0]}) must be {word} {high} ({pair[1]}).")
    yield from sorted(said)


def _standing(name: str, edition: str, found: Mapping[tuple[str, str], Change], ledger: Ledger) -> Any:
    change = found.get((name, edition))
    return change.value if change else ledger.numbers[name].shipped.get(edition)


def _plain(raw: Any) -> Any:
    """A quantity, a decimal, a whole number, a truth value, or the text that is none of them."""
    if not isinstance(raw, str):
        return raw
    try:
        return Quantity.of(raw) if " " in raw else Decimal(raw)
    except (ValueError, InvalidOperation):
        return raw


def _number(value: Any) -> Decimal:
    if isinstance(value, Quantity):
        return value.value
    return Decimal("NaN") if isinstance(value, str) else Decimal(value)
