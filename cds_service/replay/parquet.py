"""Rows of a Parquet file → resources as JSON: from a column that holds their JSON, or from one column per element."""

import base64
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any, BinaryIO, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from fhir_mappers.bundles import BY_NAME
from hooks.exact_json import dumps_exact

T = TypeVar("T")

_BATCH = 512
_JSON_COLUMNS = ("resource", "json", "raw", "value", "content", "body", "data")


def rows_of(file: BinaryIO, name: str, damaged: T) -> Iterator[bytes | T]:
    """Each row as JSON, some hundred rows at a time; ``damaged`` where the file or the rest of it cannot be read."""
    try:
        table = pq.ParquetFile(file)
        column = _json_column(table.schema_arrow)
        kind = None if "resourceType" in table.schema_arrow.names else _type_told_by(name)
        for batch in table.iter_batches(_BATCH, columns=[column] if column else None):
            yield from _texts(batch, column) if column else (_resource(row, kind) for row in batch.to_pylist())
    except (pa.ArrowException, OSError, ValueError, OverflowError):  # a date that Python does not have, among others
        yield damaged


def _texts(batch: pa.RecordBatch, column: str) -> Iterator[bytes]:
    for text in batch.column(column).to_pylist():
        if text is not None:
            yield text.encode("utf-8", "surrogatepass") if isinstance(text, str) else bytes(text)


def _json_column(schema: pa.Schema) -> str | None:
    """The column of whole resources: by its name, or because there is no other."""
    texts = [field.name for field in schema if _is_text(field.type)]
    named = next((name for name in _JSON_COLUMNS if name in texts), None)
    if named is not None and "resourceType" not in schema.names:
        return named
    return texts[0] if len(schema.names) == 1 and texts else None


def _is_text(kind: pa.DataType) -> bool:
    types = pa.types
    checks = (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
    return any(check(kind) for check in checks)


def _type_told_by(name: str) -> str | None:
    """The resource type that a file or a folder above it is named after (``Observation/part-0.parquet``)."""
    parts = [part.split(".")[0].split("-")[0].split("=")[-1] for part in reversed(PurePosixPath(name).parts)]
    return next((part for part in parts if part in BY_NAME), None)


def _resource(row: dict[str, Any], kind: str | None) -> bytes:
    told = {"resourceType": kind} if kind is not None else {}
    return dumps_exact({**told, **(_plain(row) or {})})


def _plain(value: Any) -> Any:
    """As FHIR writes it in JSON: no empty element, dates as text, digits as they are."""
    if isinstance(value, dict):
        found = {name: said for name, each in value.items() if (said := _plain(each)) is not None}
        return found or None
    if isinstance(value, list):
        return [said for each in value if (said := _plain(each)) is not None] or None
    if isinstance(value, datetime):
        return value.isoformat() if value.tzinfo else f"{value.isoformat()}Z"
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return Decimal(str(value)) if isinstance(value, float) else value
