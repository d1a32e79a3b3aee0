"""A replay from the first file to the last page: read, ask, write, compare, report."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from cds_service.pipeline import Parts
from cds_service.replay import burden, changes, changes_page, results
from cds_service.replay.local import Local, Progress
from cds_service.replay.plan import Plan, parts_of
from cds_service.replay.reasons import Half
from cds_service.replay.results import ACCOUNT, Account
from cds_service.replay.sources import File
from cds_service.replay.words import Words
from cds_service.replay.work import Answered, Tally
from cds_service.store.keys import made_ring

LOCAL, SPARK = "local", "spark"
_PARTS = 3  # of the writing: tables, report, comparison


class Engine(Protocol):
    """What reads and asks. Both give the same."""

    def read(self) -> Tally:
        """Read the source."""

    def asides(self) -> Iterator[bytes]:
        """The lines set aside, as Arrow streams, in any order."""

    def ask(self, types: Sequence[str]) -> Iterator[Answered]:
        """What is said, in the order of the patients' keyed hashes."""

    def clear(self) -> None:
        """Remove what lay in between."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A finished replay to compare with."""

    folder: Path
    account: Account

    @property
    def label(self) -> str:
        """How it is called on the page."""
        policy = f", policy {self.account.policies[0][:8]}" if self.account.policies[0] else ""
        about = self.account
        return f"{about.editions[0]}{policy}, {about.software} ({about.configuration})"


@dataclass(frozen=True, slots=True)
class Done:
    """What was written."""

    account: Account
    set_aside: int
    files: list[Path]


class NotComparable(ValueError):
    """The earlier replay cannot be compared with; the message says why."""


class Unfinished(ValueError):
    """The folder holds something that must not be overwritten; the message says what to do."""


def replay(
    plan: Plan,
    engine: Engine,
    out: Path,
    earlier: Earlier | None = None,
    formats: tuple[str, ...] = ("html", "csv", "json"),
    smallest: int = 5,
    progress: Progress = lambda stage, done, of: None,
) -> Done:
    """Read, ask and write; the account comes last, so that a folder with one is whole. ``progress`` is told of the
    writing; of reading and asking the engine tells.
    """
    work = out / "work"
    tally = engine.read()
    aside = results.write_aside(engine.asides(), out, work)
    asked = results.write_tables(plan, engine.ask(tally.types), out)
    progress("write", 1, _PARTS)
    account = results.account(plan, tally, asked)
    parts = [parts_of(side) for side in plan.sides]
    files = burden.write_report(plan, account, dict(parts[0].rules), out, work, formats, smallest)
    progress("write", 2, _PARTS)
    mine = Half(_label(plan, 0), *results.findings_of(out), parts[0], plan.sides[0].edition)
    halves = _halves(plan, earlier, mine, parts, out)
    if halves is not None:
        words = Words(plan.language, parts[0].rules)
        totals = changes.write_changes(*halves, words, out, work)
        files.append(changes_page.write_page(halves, plan.hook, totals, words, out, work))
    progress("write", _PARTS, _PARTS)
    engine.clear()
    results.write_account(account, out)
    return Done(account, aside, files)


def _halves(
    plan: Plan, earlier: Earlier | None, mine: Half, parts: Sequence[Parts], out: Path
) -> tuple[Half, Half] | None:
    """What is compared: an earlier replay with this one, or the two sides of this one."""
    if earlier is not None:
        return Half(earlier.label, *results.findings_of(earlier.folder)), mine
    if len(plan.sides) == 1:
        return None
    return mine, Half(_label(plan, 1), *results.others_of(out), parts[1], plan.sides[1].edition)


def local(plan: Plan, files: Sequence[File], out: Path, workers: int, progress: Progress) -> Engine:
    """The engine of this machine."""
    return Local(plan, files, out / "work", workers, progress)


def prepare(out: Path, again: bool) -> None:
    """A folder for results, for its owner alone.

    Raises:
        Unfinished: it holds a finished replay, and was not to be used again.
        OSError: it cannot be made.
    """
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    account = out / ACCOUNT
    if account.exists() and not again:
        raise Unfinished(f"{out} holds a finished replay: choose another folder, or say --again.")
    account.unlink(missing_ok=True)


def earlier_replay(folder: Path, plan: Plan) -> Earlier:
    """A finished replay of the same hook, whose patients are named in the same way.

    Raises:
        NotComparable: it is not.
    """
    try:
        account = msgspec.json.decode((folder / ACCOUNT).read_bytes(), type=Account)
    except (OSError, msgspec.DecodeError):
        raise NotComparable(f"{folder} holds no finished replay.") from None
    if account.hook != plan.hook:
        raise NotComparable(f"{folder} is a replay of {account.hook}.")
    if account.named != plan.names or (not plan.names and account.key_id != results.key_id(plan)):
        raise NotComparable(f"{folder} names patients in another way: use the same --key, and --with-ids for both.")
    return Earlier(folder, account)


def secret_in(path: Path) -> bytes:
    """The key of the hashes, made on first use and readable by its owner only.

    Raises:
        BadSecret: it can neither be read nor made.
    """
    made_ring(path)
    return hashlib.sha256(path.read_bytes().strip()).digest()


def is_earlier(folder: str) -> bool:
    """Whether a folder holds a finished replay."""
    return os.path.exists(os.path.join(folder, ACCOUNT))


def _label(plan: Plan, number: int) -> str:
    side = plan.sides[number]
    return f"{side.edition}, policy {Path(side.policy).name}" if side.policy else side.edition
