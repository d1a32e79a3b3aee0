"""Column types that read back the same from SQLite and PostgreSQL."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from typing import Any

import msgspec
from sqlalchemy import DateTime, Dialect, Table, Text
from sqlalchemy.types import TypeDecorator


class Instant(TypeDecorator[datetime]):
    """A moment, always UTC, to the microsecond. SQLite keeps no time zone, so it is put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a moment without time zone: it could mean anything.

        Raises:
            ValueError: the moment has no time zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment in UTC."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo is not None else value.replace(tzinfo=UTC)


class Json(TypeDecorator[Any]):
    """JSON kept as the very text that was hashed, read as lists, dicts, strings and numbers.

    A string that is written is taken to be JSON already; everything else is encoded. PostgreSQL's own json types are
    not used: the hash chain needs the text byte for byte. ``column::jsonb`` queries it there.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Encode what is not text yet."""
        return value if value is None or isinstance(value, str) else encoded(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Decode; numbers with a point keep their digits."""
        return None if value is None else _decoder.decode(value)


def inserting(dialect: str, table: Table) -> Any:
    """An INSERT in the words of one dialect, which knows ``ON CONFLICT``; the other dialect is not even loaded."""
    return import_module(f"sqlalchemy.dialects.{dialect}").insert(table)


def encoded(value: list[Any] | tuple[Any, ...] | Mapping[str, Any]) -> str:
    """JSON text with names in order, so that equal values have equal texts; a Decimal keeps its digits."""
    return _encoder.encode(value).decode()


_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number", order="sorted")
