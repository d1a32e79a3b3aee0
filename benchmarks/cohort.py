"""A made-up cohort as Bulk Data, and how a replay of it compares with a DuckDB scan for the latest value per code.

``python -m benchmarks.cohort PATIENTS [OBSERVATIONS [HOOK]]`` writes the cohort once under ``build``, runs both on all
cores, and prints the ratio and the peak memory. Every patient is a shipped synthetic one, moved in time, with a longer
history of laboratory results; so each has something for the rules to think about.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.workload import results
from cds_service.sandbox.scenarios import Resource, Scenario, drafts, record, scenarios
from hooks.exact_json import dumps_exact

DAY = date(2026, 3, 2)
OBSERVATIONS = 200
_SCAN = """
    SELECT subject.reference, code.coding[1].code, arg_max(valueQuantity.value, effectiveDateTime)
    FROM read_json('{file}', format='newline_delimited', columns={{
        subject: 'STRUCT(reference VARCHAR)', code: 'STRUCT(coding STRUCT(code VARCHAR)[])',
        valueQuantity: 'STRUCT("value" DOUBLE)', effectiveDateTime: 'VARCHAR'}})
    GROUP BY ALL
"""


def write(folder: Path, patients: int, observations: int = OBSERVATIONS) -> Path:
    """The cohort as one file per type; what is there already is used again."""
    done = folder / "done"
    if done.exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    known = list({each.patient: each for each in scenarios()}.values())
    files: dict[str, Any] = {}
    for number in range(patients):
        for each in _patient(known[number % len(known)], number, observations):
            name = each["resourceType"]
            if name not in files:
                files[name] = open(folder / f"{name}.ndjson", "wb")  # noqa: SIM115 # closed below, all together
            files[name].write(dumps_exact(each) + b"\n")
    for file in files.values():
        file.close()
    done.touch()
    return folder


def _patient(of: Scenario, number: int, observations: int) -> Iterator[Resource]:
    """One more patient: another id in every resource and reference, another number of days in the past."""
    day = DAY - timedelta(days=number % 28)
    for each in (*record(of, day), *drafts(of, day)):
        yield json.loads(dumps_exact(each).replace(of.patient.encode(), f"{of.patient}-{number}".encode()))
    patient = json.loads(dumps_exact(record(of, day)[0]))["id"].replace(of.patient, f"{of.patient}-{number}")
    for each in results(observations, patient, day):
        yield {**each, "id": f"{patient}-{each['id']}"}


Measured = tuple[float, float, float]
"""Seconds by the clock, seconds of processor, and the greatest memory of all processes together (MB)."""


def measured(*command: str) -> Measured:
    """What a command costs, with every process it starts (Linux: their numbers are looked up while they run)."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    spent: dict[str, float] = {}
    most = 0.0
    while process.poll() is None:
        ours = [each for each in Path("/proc").glob("[0-9]*") if _session(each) == process.pid]
        spent |= {each.name: seconds for each in ours if (seconds := _processor(each)) is not None}
        most = max(most, sum(map(_memory, ours)))
        time.sleep(0.1)
    if process.returncode:
        raise SystemExit(f"{command} failed")
    return time.perf_counter() - start, sum(spent.values()), most


def _stat(process: Path) -> list[str]:
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has ended
        return []


def _session(process: Path) -> int | None:
    found = _stat(process)
    return int(found[3]) if found else None


def _processor(process: Path) -> float | None:
    found = _stat(process)
    return (int(found[11]) + int(found[12])) / os.sysconf("SC_CLK_TCK") if found else None


def _memory(process: Path) -> float:
    """In MB; what several share is counted once."""
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def scan(folder: Path) -> Measured:
    """DuckDB: the latest value per patient and code, on all cores; the best of three."""
    query = _SCAN.format(file=folder / "Observation.ndjson")
    return min(measured(sys.executable, "-c", f"import duckdb; duckdb.sql({query!r}).fetchall()") for _ in range(3))


def replay(folder: Path, out: Path, hook: str) -> Measured:
    """The command, as a hospital runs it."""
    given = ("replay", str(folder), "--hook", hook, "--as-of", f"{DAY}", "--out", str(out), "--again")
    start = "import sys; from cds_service.cli import main; main(sys.argv[1:], standalone_mode=False)"
    return measured(sys.executable, "-c", start, *given)


def main() -> None:
    """Print one line per hook."""
    patients = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    observations = int(sys.argv[2]) if len(sys.argv) > 2 else OBSERVATIONS
    build = Path("build/cohort")
    folder = write(build / f"{patients}x{observations}", patients, observations)
    size = sum(path.stat().st_size for path in folder.glob("*.ndjson"))
    print(f"{patients} patients, {observations} made-up observations each, {size / 1e6:.0f} MB")
    floor, least, held = scan(folder)
    print(f"{'DuckDB scan':14} {floor:8.2f} s {least:8.2f} s of processor {held:24.0f} MB")
    for hook in sys.argv[3:] or ("patient-view", "order-sign"):
        seconds, processor, held = replay(folder, build / "out", hook)
        ratios = f"{seconds / floor:6.1f} × and {processor / least:6.1f} ×"
        print(f"{hook:14} {seconds:8.2f} s {processor:8.2f} s of processor {ratios} {held:6.0f} MB")


if __name__ == "__main__":
    main()
