"""Writes what a replay found into its folder: Parquet, what was set aside, the account of it all."""

import base64
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from cds_service.replay.plan import BASE, OTHER, Plan
from cds_service.replay.spill import write_whole
from cds_service.replay.tables import SCHEMAS, Writer, unpacked
from cds_service.replay.work import Answered, Tally, tables_of
from cds_service.store.entries import config_version, software_version

ACCOUNT, SET_ASIDE = "replay.json", "set-aside.ndjson"
_MEMORY = "256MB"


class Account(msgspec.Struct, rename="camel"):
    """What was replayed, by what, and what became of every line. Nothing in it depends on the machine."""

    hook: str
    as_of: str
    editions: list[str]
    policies: list[str | None]
    language: str
    named: bool
    complete: bool
    software: str
    configuration: str
    key_id: str
    types: list[str]
    read: dict[str, int]
    asked: dict[str, int]


def write_tables(plan: Plan, answers: Iterable[Answered], out: Path) -> dict[str, int]:
    """Write the tables, as the answers come; returns the counts of all."""
    writers = {name: Writer(out / f"{name}.parquet", SCHEMAS[name]) for name in tables_of(plan)}
    counts: dict[str, int] = {}
    for answered in answers:
        for name, writer in writers.items():
            rows = writer.add(answered.tables[name])
            counts[name] = counts.get(name, 0) + rows
        for name, count in answered.counts.items():
            counts[name] = counts.get(name, 0) + count
    for writer in writers.values():
        writer.close()
    return dict(sorted(counts.items()))


def write_aside(streams: Iterable[bytes], out: Path, work: Path) -> int:
    """Write the lines that were set aside, in the order of files and contents, out of core; returns how many."""
    count = 0
    with database(work) as sorting:
        sorting.execute("CREATE TABLE aside (file TEXT, sha256 TEXT, why TEXT, length BIGINT, line BLOB)")
        for stream in streams:
            came = unpacked(stream)  # noqa: F841 # DuckDB finds it by its name
            sorting.execute("INSERT INTO aside SELECT * FROM came")
        found = sorting.execute("SELECT * FROM aside ORDER BY file, sha256, why, length")
        with open(out / SET_ASIDE, "wb") as file:
            while rows := found.fetchmany(256):
                file.writelines(msgspec.json.encode(_told(*row)) + b"\n" for row in rows)
                count += len(rows)
    return count


def account(plan: Plan, tally: Tally, asked: dict[str, int]) -> Account:
    """The account of what was replayed."""
    days = f"{plan.first or ''}..{plan.last or ''}" if plan.first or plan.last else "each-event"
    return Account(
        plan.hook,
        plan.as_of.isoformat() if plan.as_of else days,
        [side.edition for side in plan.sides],
        [side.digest for side in plan.sides],
        plan.language,
        plan.names,
        plan.complete,
        software_version(),
        config_version(),
        key_id(plan),
        tally.types,
        tally.counts,
        asked,
    )


def write_account(found: Account, out: Path) -> None:
    """Write it, last of all: a folder with an account is whole."""
    write_whole(out / ACCOUNT, msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")


def key_id(plan: Plan) -> str:
    """Tells keys of hashes apart without giving them away."""
    return hashlib.sha256(b"replay key id" + plan.secret).hexdigest()[:16]


def database(work: Path) -> duckdb.DuckDBPyConnection:
    """A database that spills to the folder when memory is short. No extension is ever fetched."""
    limits: dict[str, Any] = {
        "memory_limit": _MEMORY,
        "temp_directory": str(work / "duckdb"),
        "threads": 2,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    path = work / "sorting.duckdb"
    path.unlink(missing_ok=True)
    return duckdb.connect(str(path), config=limits)


def findings_of(out: Path) -> tuple[Path, Path]:
    """The findings and the calls of the first side of a finished replay."""
    return out / f"{BASE}.parquet", out / f"{BASE}-calls.parquet"


def others_of(out: Path) -> tuple[Path, Path]:
    """The findings and the calls of the second side."""
    return out / f"{OTHER}.parquet", out / f"{OTHER}-calls.parquet"


def _told(file: str, sha256: str, why: str, length: int, line: bytes | None) -> dict[str, Any]:
    about: dict[str, Any] = {"file": file, "why": why, "sha256": sha256, "length": length}
    if line is None:
        return about
    try:
        return {**about, "line": line.decode("utf-8")}
    except UnicodeDecodeError:
        return {**about, "base64": base64.b64encode(line).decode()}
