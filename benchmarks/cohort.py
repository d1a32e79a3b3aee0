"""A made-up cohort as Bulk Data, and how a replay of it compares with a DuckDB scan for the latest value per code.

``python -m benchmarks.cohort PATIENTS [OBSERVATIONS]`` writes the cohort once under ``build``, runs both on all cores,
and prints the ratio and the peak memory. Every patient is a shipped synthetic one, moved in time, with a longer history
of laboratory results; so each has something for the rules to think about.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from multiprocessing import get_context
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


def measured(work: Callable[..., None], *given: object) -> tuple[float, float]:
    """Seconds, and the greatest memory of the process and of any one of its workers together (MB)."""
    context = get_context("spawn")
    told = context.SimpleQueue()
    process = context.Process(target=_measure, args=(told, work, given))
    process.start()
    found: tuple[float, float] = told.get()
    process.join()
    return found


def _measure(told: Any, work: Callable[..., None], given: tuple[object, ...]) -> None:
    start = time.perf_counter()
    work(*given)
    seconds = time.perf_counter() - start
    peaks = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    workers = len(os.sched_getaffinity(0))
    told.put((seconds, peaks[0] + workers * peaks[1]))


def scan(folder: Path) -> None:
    """DuckDB: the latest value per patient and code, on all cores."""
    import duckdb

    duckdb.sql(_SCAN.format(file=folder / "Observation.ndjson")).fetchall()


def replay(folder: Path, out: Path, hook: str) -> None:
    """The command, as a hospital runs it."""
    given = ("replay", str(folder), "--hook", hook, "--as-of", f"{DAY}", "--out", str(out), "--again")
    start = "import sys; from cds_service.cli import main; main(sys.argv[1:], standalone_mode=False)"
    subprocess.run([sys.executable, "-c", start, *given], check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """Print one line per hook."""
    patients = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    observations = int(sys.argv[2]) if len(sys.argv) > 2 else OBSERVATIONS
    build = Path("build/cohort")
    folder = write(build / f"{patients}x{observations}", patients, observations)
    size = sum(path.stat().st_size for path in folder.glob("*.ndjson"))
    print(f"{patients} patients, {observations} made-up observations each, {size / 1e6:.0f} MB")
    floor, held = min(measured(scan, folder) for _ in range(3))
    print(f"{'DuckDB scan':14} {floor:8.2f} s           {held:6.0f} MB")
    for hook in ("patient-view", "order-sign"):
        seconds, held = measured(replay, folder, build / "out", hook)
        each = f"{seconds / patients * 1e3:.2f} ms each"
        print(f"{hook:14} {seconds:8.2f} s  {seconds / floor:6.1f} ×  {held:6.0f} MB  {each}")


if __name__ == "__main__":
    main()
