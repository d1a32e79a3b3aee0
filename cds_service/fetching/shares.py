"""A search whose address would be too long, asked as several: the codes shared out, the answers one list again."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import msgspec

from cds_service.fetching.limits import NotObtained
from cds_service.fetching.pages import BUNDLE, Wish, read_page
from fhir_mappers.record.answer import UNREADABLE

_CODE = "code="
_COMMA = ","


class _Resource(msgspec.Struct, rename="camel"):
    resource_type: str | None = None
    id: str | None = None


class _Entry(msgspec.Struct):
    resource: _Resource | None = None


_entry = msgspec.json.Decoder(_Entry)


def shared_out(wish: Wish, room: int) -> tuple[Wish, ...]:
    """The wish as searches whose paths have at most ``room`` characters, the same codes in the same order; the wish
    itself where it is short, has no codes to share out, or was begun by the EHR. A single code is never cut.
    """
    kind, _, query = wish.path.partition("?")
    parameters = query.split("&")
    listed = [place for place, parameter in enumerate(parameters) if parameter.startswith(_CODE)]
    if len(wish.path) <= room or wish.begun is not None or len(listed) != 1:
        return (wish,)
    (place,) = listed
    codes = parameters[place].removeprefix(_CODE).split(_COMMA)
    left = room - len(wish.path) + len(_COMMA.join(codes))
    before, after = parameters[:place], parameters[place + 1 :]
    lists = (f"{_CODE}{_COMMA.join(share)}" for share in _shares(codes, left))
    return tuple(replace(wish, path=f"{kind}?{'&'.join([*before, codes_of, *after])}") for codes_of in lists)


def _shares(codes: Iterable[str], room: int) -> Iterator[list[str]]:
    """The codes in lists of at most ``room`` characters with their commas."""
    share: list[str] = []
    for code in codes:
        if share and len(_COMMA.join([*share, code])) > room:
            yield share
            share = []
        share.append(code)
    yield share


def joined(answers: list[bytes]) -> bytes:
    """The lists as one. A resource with codes of two shares comes twice, and counts once.

    Raises:
        NotObtained: one of them is no list that can be joined.
    """
    if len(answers) == 1:
        return answers[0]
    entries: dict[object, msgspec.Raw] = {}
    for answer in answers:
        page = read_page(answer)
        if page.resource_type != BUNDLE or (page.entry is None and b'"entry"' in answer):
            raise NotObtained(UNREADABLE)  # only whole lists can be joined, or what is in it would be lost
        for entry in page.entry or ():
            entries.setdefault(_who(entry), entry)
    return b'{"resourceType":"Bundle","type":"searchset","entry":[%b]}' % b",".join(map(bytes, entries.values()))


def _who(entry: msgspec.Raw) -> object:
    """The type and the id of a resource; one that tells none is like no other."""
    try:
        resource = _entry.decode(entry).resource
    except msgspec.DecodeError:
        resource = None
    told = resource is not None and resource.id is not None
    return (resource.resource_type, resource.id) if resource is not None and told else object()
