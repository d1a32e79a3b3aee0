"""The results as Parquet: the same bytes for the same rows, however they came here."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cds_service.replay.plan import BASE, OTHER

_TEXT, _COUNT = pa.string(), pa.int32()
_CALL = [("patient", _TEXT), ("call", _COUNT), ("day", pa.date32()), ("hook", _TEXT)]

FINDINGS = pa.schema(
    [
        *_CALL,
        ("rule", _TEXT),
        ("draft", _TEXT),  # the order it is about, or ""
        ("ordinal", _COUNT),  # among the findings of one rule about one order
        ("status", _TEXT),  # fires | needs-data | silent
        ("case", _TEXT),
        ("severity", _TEXT),
        ("shown", pa.bool_()),
        ("withheld", _TEXT),  # why it was not shown
        ("card", _COUNT),  # the card of the call that carries it
        ("because", _TEXT),  # why it fell silent
        ("missing", pa.list_(_TEXT)),
        ("summary", _TEXT),
        ("words", _TEXT),  # digest of everything the card says about it
    ]
)
"""One row per finding that fires or needs data, and per rule that fell silent because of another one."""

CALLS = pa.schema(
    [
        *_CALL,
        ("service", _TEXT),
        ("edition", _TEXT),
        ("policy", _TEXT),
        ("speaking", _COUNT),
        ("cards_shown", _COUNT),
        ("cards_withheld", _COUNT),
        ("refused", _TEXT),  # why it could not be answered
        ("broken", pa.list_(_TEXT)),  # rules that failed
    ]
)
"""One row per call."""

ASIDE = pa.schema([("file", _TEXT), ("sha256", _TEXT), ("why", _TEXT), ("length", pa.int64()), ("line", pa.binary())])
"""One row per line that was set aside; of one that is too long to hold, no content."""

SCHEMAS = {BASE: FINDINGS, f"{BASE}-calls": CALLS, OTHER: FINDINGS, f"{OTHER}-calls": CALLS}
_ROWS = 2**16  # of one row group: the same groups, and so the same bytes, whatever the parts were


def packed(schema: pa.Schema, rows: Sequence[tuple[Any, ...]]) -> bytes:
    """Rows as an Arrow stream, to travel between processes."""
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_batch(pa.record_batch(arrays, schema=schema))
    return bytes(sink.getvalue())


def unpacked(stream: bytes) -> pa.Table:
    """The rows of `packed`."""
    with pa.ipc.open_stream(stream) as reader:
        return reader.read_all()


class Writer:
    """Writes one Parquet file in row groups of a fixed size; it has its name only when it is whole."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path, self._draft = path, path.with_name(f".{path.name}.draft")
        self._file = pq.ParquetWriter(self._draft, schema, compression="zstd", store_schema=False)
        self._rest = schema.empty_table()

    def add(self, stream: bytes) -> int:
        """The next rows; how many."""
        came = unpacked(stream)
        self._rest = pa.concat_tables([self._rest, came])
        while self._rest.num_rows >= _ROWS:
            self._write(self._rest.slice(0, _ROWS))
            self._rest = self._rest.slice(_ROWS)
        return int(came.num_rows)

    def close(self) -> None:
        """Write what is left."""
        if self._rest.num_rows:
            self._write(self._rest)
        self._file.close()
        self._draft.replace(self._path)

    def _write(self, table: pa.Table) -> None:
        self._file.write_table(table.combine_chunks(), row_group_size=_ROWS)


def read_rows(path: Path, columns: Sequence[str] | None = None) -> Iterator[list[dict[str, Any]]]:
    """The rows of a file, some thousand at a time."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(8192, columns=list(columns) if columns else None):
            yield batch.to_pylist()


def packed_all(rows: dict[str, list[tuple[Any, ...]]], names: Iterable[str]) -> dict[str, bytes]:
    """Each table, by name."""
    return {name: packed(SCHEMAS[name], rows.get(name, [])) for name in names}
