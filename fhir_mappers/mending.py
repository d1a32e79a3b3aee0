"""What real EHRs send instead of FHIR, made into the shape it was meant to have, or refused.

Only resources that could not be decoded as they are come here. Mended: an object where a list belongs, a list where one
object belongs, a bare string for a CodeableConcept, a number written as text. Dropped and noted: a value that is no
value, so that the result stands as unreadable rather than absent. Everything else that we need and cannot read refuses
the whole resource.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar, cast

from msgspec import inspect as shape

from fhir_mappers.datatypes import Named, Shape

S = TypeVar("S", bound=Shape)

_NEEDLESS = frozenset({"id", "display", "text", "fullUrl", "search", "contained", "referenceRange"})
_VALUES = ("value", "dose", "rate", "component", "strength", "amount", "quantity", "dosage")


class Unmendable(ValueError):
    """An element that is needed has a shape nobody can read; the message is its path."""


class _Mender:
    """One pass over one resource. ``soft`` drops and notes whatever cannot be mended instead of refusing."""

    def __init__(self, soft: bool) -> None:
        self._soft = soft
        self.dropped: list[str] = []

    def struct(self, sent: object, cls: type[S], path: str) -> S:
        if isinstance(sent, list) and sent:
            sent = sent[0]
        if isinstance(sent, str) and issubclass(cls, Named):
            return cls(text=sent)
        if not isinstance(sent, dict):
            raise Unmendable(path)
        found = {}
        for name, sent_as, kind in _fields(cls):
            if sent.get(sent_as) is not None:
                found[name] = self._field(sent[sent_as], kind, f"{path}.{sent_as}" if path else sent_as, sent_as)
        return cls(**found)

    def _field(self, sent: object, kind: shape.Type, path: str, name: str) -> Any:
        try:
            return self.any(sent, kind, path)
        except Unmendable as error:
            if name in _NEEDLESS:
                return None
            if not self._soft and not name.startswith(_VALUES):
                raise
            self.dropped.append(str(error))
            return None

    def any(self, sent: object, kind: shape.Type, path: str) -> Any:
        if isinstance(kind, shape.UnionType):
            return self._union(sent, kind, path)
        if isinstance(kind, shape.StructType):
            return self.struct(sent, cast(type[Shape], kind.cls), path)
        if isinstance(kind, shape.ListType):
            items = sent if isinstance(sent, list) else [sent]
            return [self.any(item, kind.item_type, path) for item in items if item is not None]
        return _scalar(sent, kind, path)

    def _union(self, sent: object, kind: shape.UnionType, path: str) -> Any:
        options = [option for option in kind.types if not isinstance(option, shape.NoneType)]
        wanted = _NATURAL.get(type(sent))
        exact = next((option for option in options if wanted and isinstance(option, wanted)), None)
        return self.any(sent, exact or options[0], path)


_NATURAL: dict[type, type[shape.Type]] = {dict: shape.StructType, list: shape.ListType, str: shape.StrType}


def _text(sent: object) -> str | None:
    return sent if isinstance(sent, str) else None


def _flag(sent: object) -> bool | None:
    return sent if isinstance(sent, bool) else None


def _decimal(sent: object) -> Decimal | None:
    if isinstance(sent, bool) or not isinstance(sent, int | float | Decimal | str):
        return None
    try:
        number = Decimal(str(sent))
    except (ArithmeticError, ValueError):
        return None
    return number if number.is_finite() else None


def _whole(sent: object) -> int | None:
    number = _decimal(sent)
    if number is None or abs(number.adjusted()) > 18 or number != number.to_integral_value():
        return None
    return int(number)


_SCALARS: dict[type[shape.Type], Callable[[object], object]] = {
    shape.StrType: _text,
    shape.BoolType: _flag,
    shape.DecimalType: _decimal,
    shape.IntType: _whole,
}


def _scalar(sent: object, kind: shape.Type, path: str) -> object:
    if isinstance(sent, list) and len(sent) == 1:
        sent = sent[0]
    value = _SCALARS[type(kind)](sent)
    if value is None:
        raise Unmendable(path)
    return value


@cache
def _fields(cls: type[Shape]) -> tuple[tuple[str, str, shape.Type], ...]:
    described = cast(shape.StructType, shape.type_info(cls))
    return tuple((field.name, field.encode_name, field.type) for field in described.fields)


def mend(sent: object, cls: type[S]) -> tuple[S, tuple[str, ...]]:
    """Parsed JSON as the shape it was meant to have, and the paths of the values that had to be dropped.

    Raises:
        Unmendable: naming the element, when one that is needed cannot be read.
    """
    mender = _Mender(soft=False)
    return mender.struct(sent, cls, ""), tuple(mender.dropped)


def mend_softly(sent: object, cls: type[S]) -> tuple[S, tuple[str, ...]]:
    """The same for a draft, which must be looked at however it is written: nothing but a non-object is refused."""
    mender = _Mender(soft=True)
    return mender.struct(sent, cls, ""), tuple(mender.dropped)


__all__ = ["Unmendable", "mend", "mend_softly"]
