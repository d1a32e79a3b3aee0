"""QuestionnaireResponse → measurements: ``item.linkId`` is a local code, each answer one result."""

from collections.abc import Iterator

from fhir_mappers.clerk import Clerk, Place
from fhir_mappers.codings import Understood, date_of
from fhir_mappers.datatypes import Code, Codes, Given, Item, Quantity, Valued
from fhir_mappers.measurements import Results, Sample
from fhir_mappers.record.answer import IMPRECISE
from fhir_mappers.shapes import QuestionnaireResponse
from fhir_mappers.terminology import LOCAL_SYSTEM

_DONE = frozenset({"completed", "amended"})


def read_answers(sent: QuestionnaireResponse, place: Place, clerk: Clerk, results: Results) -> None:
    """File the answers of a finished form, dated by ``authored``; questions we do not know are passed over."""
    known = [(code, answer) for item in _items(sent.item) if (code := _question(item, clerk)).concepts
             for answer in item.answer or ()]  # fmt: skip
    if not known or clerk.status(place, sent.status) not in _DONE:
        return
    when = date_of(sent.authored)
    if when is None:
        clerk.note(place, IMPRECISE, "no date")
        return
    for code, answer in known:
        results.file(code, Sample(_valued(answer), code.token, place.resource, place.origin, when))


def _items(items: list[Item] | None) -> Iterator[Item]:
    """All items at every level, also those below answers; a loop, so that no depth exhausts the stack."""
    waiting = list(reversed(items or ()))
    while waiting:
        item = waiting.pop()
        yield item
        below = [*(item.item or ()), *(inner for answer in item.answer or () for inner in answer.item or ())]
        waiting.extend(reversed(below))


def _question(item: Item, clerk: Clerk) -> Understood:
    return clerk.coder.code(Code(LOCAL_SYSTEM, item.link_id.strip() if item.link_id else None))


def _valued(answer: Given) -> Valued:
    quantity = answer.value_quantity
    if quantity is None and answer.value_decimal is not None:
        quantity = Quantity(value=answer.value_decimal)
    return Valued(
        value_quantity=quantity,
        value_integer=answer.value_integer,
        value_boolean=answer.value_boolean,
        value_date_time=answer.value_date_time or answer.value_date,
        value_string=answer.value_string,
        value_codeable_concept=None if answer.value_coding is None else Codes([answer.value_coding]),
    )
