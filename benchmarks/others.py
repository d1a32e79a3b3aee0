"""``python -m benchmarks.others [--quick]``: the same bodies given to what a team would use instead of us.

The floor (orjson), our pipeline and the contenders take turns, each in its process and without HTTP: from the bytes of
the request to an answer, or to the values from which an answer would have to be made. How: `benchmarks/contenders.py`.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import orjson

from benchmarks.floor import CARD
from benchmarks.servers import ROOT
from benchmarks.split import InProcess, settle
from benchmarks.workload import body

PYTHON = ROOT / ".venv" / "bench" / "bin" / "python"
SCRIPT = Path(__file__).with_name("contenders.py")
SIZES = (20, 200, 2000)
NAMES = {
    "fhirpath": "FHIRPath engine, 20 expressions",
    "validation": "fhir.resources, whole validation",
    "healthchain": "HealthChain, its FHIR adapter",
}
ROUNDS, LEAST, SECONDS = 30, 2, 25.0  # rounds for each size: fewer where they take longer, and never fewer than LEAST


@dataclass(slots=True)
class Contender:
    """One of them, started or found unusable."""

    name: str
    process: subprocess.Popen[str] | None = None
    version: str = ""
    unusable: str = ""
    seconds: dict[int, list[float]] = field(default_factory=dict)

    def call(self, size: int, path: Path) -> None:
        """Let it do its work once, if it can."""
        if self.unusable or self.process is None:
            return
        told = self.ask(f"{path}\n")
        if "seconds" in told:
            self.seconds.setdefault(size, []).append(told["seconds"])
        else:
            self.unusable = told["unusable"]

    def ask(self, line: str = "") -> dict[str, object]:
        """Its next line."""
        assert self.process is not None
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(line)
            self.process.stdin.flush()
            said = self.process.stdout.readline()
        except BrokenPipeError:
            said = ""
        return json.loads(said) if said else {"unusable": f"its process ended (see {_log(self.name)})"}


@dataclass(frozen=True, slots=True)
class Compared:
    """Median seconds by size of the floor and of our pipeline, and the contenders."""

    floor: Mapping[int, float]
    ours: Mapping[int, float]
    contenders: tuple[Contender, ...]

    def ratios(self) -> dict[str, dict[str, dict[str, float]]]:
        """By name and size: how many times the floor, and how many times us."""
        return {
            each.name: {
                str(size): {
                    "over_floor": round(median(taken) / self.floor[size], 2),
                    "over_ours": round(median(taken) / self.ours[size], 2),
                }
                for size, taken in each.seconds.items()
            }
            for each in self.contenders
        }


def compare(service: InProcess, today: date, seconds: float = SECONDS) -> Compared:
    """Run all sizes."""
    floor: dict[int, list[float]] = {}
    ours: dict[int, list[float]] = {}
    with TemporaryDirectory() as folder, ExitStack() as running:
        contenders = tuple(running.enter_context(_started(name)) for name in NAMES)
        for size in SIZES:
            sent = body(size, today)
            path = Path(folder) / f"{size}.json"
            path.write_bytes(sent)
            settle(service, sent)
            for each in contenders:
                each.call(size, path)  # the first call of each is not counted
                each.seconds.pop(size, None)
            end = time.monotonic() + seconds
            for number in range(ROUNDS):
                floor.setdefault(size, []).append(_seconds(_floor, sent))
                ours.setdefault(size, []).append(_seconds(service.answer, sent))
                for each in contenders:
                    each.call(size, path)
                if number + 1 >= LEAST and time.monotonic() > end:
                    break
    return Compared(_medians(floor), _medians(ours), contenders)


def show(found: Compared) -> None:
    """Print them as a table; one line for each that cannot be used."""
    print("\nWhat a team would use instead, without HTTP: times the floor (orjson and a constant card) / times us\n")
    print(f"{'results':>48}" + "".join(f"{size:>18}" for size in SIZES))
    print(f"{'Osteohooks, pipeline':>48}" + "".join(f"{found.ours[s] / found.floor[s]:>16.1f} /1" for s in SIZES))
    ratios = found.ratios()
    for each in found.contenders:
        told = (ratios[each.name].get(str(size)) for size in SIZES)
        cells = (f"{one['over_floor']:.1f} /{one['over_ours']:.1f}" if one else "-" for one in told)
        print(f"{f'{NAMES[each.name]} ({each.version})':>48}" + "".join(f"{cell:>18}" for cell in cells))
        if each.unusable:
            print(f"{each.name} could not be used: {each.unusable}")


@contextmanager
def _started(name: str) -> Iterator[Contender]:
    if not PYTHON.exists():
        yield Contender(name, unusable="it is not installed: 'make bench' puts it into .venv/bench")
        return
    with (ROOT / _log(name)).open("wb") as words:
        process = subprocess.Popen(
            [str(PYTHON), str(SCRIPT), name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=words, text=True
        )
        try:
            contender = Contender(name, process)
            first = contender.ask()
            contender.version, contender.unusable = str(first.get("version", "")), str(first.get("unusable", ""))
            yield contender
        finally:
            process.terminate()
            process.wait()


def _log(name: str) -> str:
    (ROOT / "build").mkdir(exist_ok=True)
    return f"build/bench-{name}.log"


def _floor(sent: bytes) -> bytes:
    orjson.loads(sent)
    return orjson.dumps({"cards": [CARD]})


def _seconds(work: Callable[[bytes], object], sent: bytes) -> float:
    start = time.perf_counter()
    work(sent)
    return time.perf_counter() - start


def _medians(taken: Mapping[int, list[float]]) -> dict[int, float]:
    return {size: median(seconds) for size, seconds in taken.items()}


def main(arguments: list[str]) -> None:
    """Compare and tell."""
    today = date.today()
    show(compare(InProcess(today), today, 2.0 if "--quick" in arguments else SECONDS))


if __name__ == "__main__":
    main(sys.argv[1:])
