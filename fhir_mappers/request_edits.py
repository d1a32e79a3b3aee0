"""A change of the day a drafted order is to be carried out. See ``draft_edits``."""

import re
from datetime import date

from fhir_mappers import timing_edits
from fhir_mappers.draft_edits import Change
from fhir_mappers.rates import Json

_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(T.*)?")


def postpone(to: date) -> Change:
    """An order planned before ``to`` is carried out from that day on; the period of a request stays as long as it was.

    A day that is not known to the day, or one repeated by a timing, is left alone: it cannot be moved with certainty.
    """
    later = timing_edits.postpone(to)
    return lambda order: _request(order, to) if order.get("resourceType") == "ServiceRequest" else later(order)


def _request(order: Json, to: date) -> bool:
    if "occurrenceTiming" in order:
        return False
    period = order.get("occurrencePeriod")
    if period is not None:
        return isinstance(period, dict) and _moved(period, to)
    stated = order.get("occurrenceDateTime")
    planned = None if stated is None else _day(stated)
    if stated is not None and planned is None:
        return False
    if planned is None or planned < to:
        order["occurrenceDateTime"] = to.isoformat()
    return True


def _moved(period: Json, to: date) -> bool:
    first, last = _day(period.get("start")), _day(period.get("end"))
    if first is None or ("end" in period and last is None):
        return False
    if first < to:
        period["start"] = to.isoformat()
        if last is not None:
            period["end"] = (last + (to - first)).isoformat()
    return True


def _day(sent: object) -> date | None:
    match = _DAY.fullmatch(sent) if isinstance(sent, str) else None
    try:
        return date.fromisoformat(match[1]) if match is not None else None
    except ValueError:
        return None
