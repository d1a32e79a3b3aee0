"""A chart told in words: facts separated by commas, each a verb, a thing and so many days ago.

``ill lung_cancer 400``, ``given xgeva 28 120``, ``had calcium_total 2.40 mmol/L 2``, ``born 1956-01-15``, ``clears 80``.
Days in the future are negative. Drafts are separated by semicolons: ``zometa 4 28 30`` (mg, every so many days, over so
many minutes), ``xgeva 120 28 sc``, ``service ctx_serum``, ``stop xgeva``, ``visit ctx_serum 08:30`` (an appointment being
booked); ``on -21`` plans a draft, ``for x`` gives its reason, ``as urgent`` its priority.
"""

from collections.abc import Callable
from typing import Any

from tests.support.bedside import Bedside, concept
from tests.support.booking import proposed, requested
from tests.support.chart import ago, booked, dispensed, stops
from tests.support.renal import clearing


def chart(facts: str, patient: Bedside | None = None) -> Bedside:
    """The patient of the facts; they are added to those there are."""
    patient = patient or Bedside()
    for fact in filter(None, (part.strip() for part in facts.split(","))):
        verb, what, *more = fact.split(" ")
        _VERBS[verb](patient, what, more)
    return patient


def write(patient: Bedside, drafts: str) -> Bedside:
    """The patient with the drafts of the session."""
    for draft in filter(None, (part.strip() for part in drafts.split(";"))):
        words, extra = draft.split(" "), dict[str, Any]()
        for word, name in (("on", "starts"), ("for", "reason"), ("as", "priority")):
            if word in words:
                place = words.index(word)
                extra[name] = ago(words[place + 1]) if word == "on" else words[place + 1]
                del words[place : place + 2]
        if words[0] == "service":
            requested(patient, words[1])
        elif words[0] == "visit":
            proposed(patient, words[1], f"2026-06-10T{words[2] if words[2:] else '08:00'}:00+02:00")
        elif words[0] == "stop":
            stops(patient, words[1])
        else:
            _order(patient, words, extra)
    return patient


def _order(patient: Bedside, words: list[str], extra: dict[str, Any]) -> None:
    product, dose, days, how = (*words, "", "", "")[:4]
    extra |= {"every": f"{days} d"} if days else {}
    extra |= {"route": "route_sc"} if how == "sc" else ({"over": f"{how} min"} if how else {})
    unit = "[iU]" if product in ("cholecalciferol", "ergocalciferol") else "mg"
    patient.drafts_order(product.replace("_", " "), f"{dose} {unit}" if dose else None, **extra)


def _clears(patient: Bedside, what: str, more: list[str]) -> None:
    """Mililitres a minute; the creatinine of so many days ago, the weight of so many."""
    days = [ago(day) for day in more]
    taken = dict(zip(("creatinine", "weight"), days, strict=False))
    clearing(what, sex=str((patient.patient or {})["gender"]), bedside=patient, **taken)


def _given(patient: Bedside, what: str, more: list[str]) -> None:
    unit = "[iU]" if what == "cholecalciferol" else "mg"
    patient.given(what.replace("_", " "), ago(more[0]), f"{more[1]} {unit}" if more[1:] else None)


def _took(patient: Bedside, what: str, more: list[str]) -> None:
    """So many weekly doses of 50,000 IU of vitamin D, the first one so many days ago."""
    for week in range(int(what)):
        patient.given("cholecalciferol", ago(int(more[0]) - 7 * week), "50000 [iU]")


def _ended(patient: Bedside, what: str, more: list[str]) -> None:
    """An order of long ago that was completed, its end so many days ago."""
    validity = {"validityPeriod": {"start": ago(1500), "end": ago(more[0])}}
    patient.ordered(what, ago(1500), status="completed", dispenseRequest=validity)


def _asked(patient: Bedside, what: str, more: list[str]) -> None:
    row = {"status": "active", "intent": "order", "code": concept(what), "authoredOn": ago(more[0])}
    patient.add("serviceRequests", "ServiceRequest", row)


def _cared(patient: Bedside, what: str, more: list[str]) -> None:
    """Told yesterday: something began so many days ago."""
    row = {"status": "final", "code": concept(what), "effectiveDateTime": ago(1), "valueDateTime": ago(more[0])}
    patient.add("observations", "Observation", row)


def _irradiated(patient: Bedside, what: str, more: list[str]) -> None:
    patient.done("radiotherapy", ago(more[0]), bodySite=[concept(what)])


_VERBS: dict[str, Callable[[Bedside, str, list[str]], Any]] = {
    "born": lambda patient, what, more: patient.person(born=what),
    "sex": lambda patient, what, more: patient.person(sex=what),
    "clears": _clears,
    "ill": lambda patient, what, more: patient.ill(what, ago(more[0]) if more else None),
    "done": lambda patient, what, more: patient.done(what, ago(more[0])),
    "irradiated": _irradiated,
    "had": lambda patient, what, more: patient.observed(what, f"{' '.join(more[:-1])} @ {ago(more[-1])}"),
    "given": _given,
    "took": _took,
    "dispensed": lambda patient, what, more: dispensed(patient, what, ago(more[0])),
    "ordered": lambda patient, what, more: patient.ordered(what.replace("_", " "), ago(more[0])),
    "stopped": lambda patient, what, more: patient.ordered(what.replace("_", " "), ago(more[0]), status="stopped"),
    "ended": _ended,
    "told": lambda patient, what, more: patient.stated(what.replace("_", " "), ago(more[0])),
    "asked": _asked,
    "booked": lambda patient, what, more: booked(patient, what, ago(more[0])),
    "cared": _cared,
}
