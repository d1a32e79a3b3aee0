"""A cohort in files: the shipped synthetic patients, as a Bulk Data export would give them; and replays of it."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from cds_service.replay import run
from cds_service.replay.plan import Plan, Side
from cds_service.replay.sources import find
from cds_service.sandbox.scenarios import Resource, Scenario, drafts, record, scenarios
from hooks.exact_json import dumps_exact

DAY = date(2026, 3, 2)
SECRET = b"a key of the tests, 32 bytes long"


def people(most: int | None = None) -> list[Scenario]:
    """One scenario of each patient."""
    return list({each.patient: each for each in reversed(scenarios())}.values())[:most]


def resources(of: Scenario, with_drafts: bool = True) -> list[Resource]:
    """The record of a patient on the day, what is being written included."""
    return record(of, DAY) + (drafts(of, DAY) if with_drafts else [])


def export(folder: Path, patients: Iterable[Scenario], with_drafts: bool = True) -> Path:
    """One NDJSON file per type, as Bulk Data has it."""
    by_type: dict[str, list[bytes]] = {}
    for each in patients:
        for resource in resources(each, with_drafts):
            by_type.setdefault(resource["resourceType"], []).append(dumps_exact(resource))
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in by_type.items():
        (folder / f"{name}.ndjson").write_bytes(b"".join(line + b"\n" for line in dict.fromkeys(lines)))
    return folder


def plan(hook: str = "patient-view", *editions: str, **more: Any) -> Plan:
    """A plan for the day."""
    sides = tuple(Side(edition) for edition in editions or ("aura-2026",))
    return Plan(hook, more.pop("as_of", DAY), sides, more.pop("language", "en"), SECRET, **more)


def replayed(source: Path | Sequence[Path], out: Path, asked: Plan, workers: int = 1, **more: Any) -> run.Done:
    """A replay by the engine of this machine."""
    sources = [source] if isinstance(source, Path) else source
    out.mkdir(parents=True, exist_ok=True)
    formats = more.pop("formats", ("json",))
    engine = run.local(asked, find(sources), out, workers, lambda stage, done, of: None)
    return run.replay(asked, engine, out, formats=formats, **more)


def rows(path: Path) -> list[dict[str, Any]]:
    """All rows of a table."""
    found: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return found


def digests(out: Path) -> dict[str, str]:
    """Every file of a result, by the digest of its bytes."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(out.iterdir())}
