"""``osteohooks replay``: what the rules would have said to a cohort, before they are switched on (docs/replay.md)."""

import importlib.util
import sys
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cds_service.settings import Settings, load_settings
from cds_service.site.burden_files import FORMATS
from cds_service.site.burden_privacy import SMALLEST
from hooks.choices import EDITIONS, LANGUAGES
from hooks.policy import BadPolicy

if TYPE_CHECKING:
    from cds_service.replay.plan import Plan
    from cds_service.replay.run import Earlier, Engine

EACH_EVENT, SHIPPED = "each-event", "shipped"
_STAGES = {"read": "Reading", "ask": "Asking", "write": "Writing"}
_DAY = click.DateTime(formats=["%Y-%m-%d"])
_FOLDER = click.Path(file_okay=False, path_type=Path)


class _Moment(click.ParamType[date | None]):
    """A day, or each day on which something came into the record."""

    name = "DATE|each-event"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> date | None:
        if value == EACH_EVENT:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is neither a day (YYYY-MM-DD) nor {EACH_EVENT}", param, context)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The options, as they were given."""

    hook: str
    as_of: date | None
    first: datetime | None
    last: datetime | None
    edition: str | None
    policy: str | None
    against: str | None
    out: Path
    engine: str
    master: str | None
    workers: int | None
    lang: str | None
    with_ids: bool
    complete: bool
    key: Path | None
    formats: tuple[str, ...]
    smallest: int
    again: bool


@click.command()
@click.argument("source", nargs=-1, required=True)
@click.option("--hook", type=click.Choice(("patient-view", "order-sign")), required=True)
@click.option("--as-of", type=_Moment(), required=True, help="The day of all calls, or each day with something new.")
@click.option("--from", "first", type=_DAY, help="With each-event: no call before this day.")
@click.option("--to", "last", type=_DAY, help="With each-event: no call after this day.")
@click.option("--edition", type=click.Choice(EDITIONS), help="Edition of the guideline.")
@click.option("--policy", help="A policy file, or `shipped` for none; by default the installation's.")
@click.option("--against", help="Compare with: an edition, a policy file, `shipped`, or the folder of a replay.")
@click.option("--out", type=_FOLDER, required=True, help="Folder of the results; nothing is written elsewhere.")
@click.option("--engine", type=click.Choice(("local", "spark")), default="local", show_default=True)
@click.option("--master", help="Of Spark, for example yarn; by default what spark-submit says, else all cores here.")
@click.option("--workers", type=click.IntRange(1, 512), help="Processes; by default one for each core.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of sentences and pages.")
@click.option("--with-ids", is_flag=True, help="Name patients and orders by their ids instead of keyed hashes.")
@click.option("--complete", is_flag=True, help="What no file holds was looked for and is not there.")
@click.option("--key", type=click.Path(dir_okay=False, path_type=Path), help="File of the key of the hashes.")
@click.option("--format", "formats", type=click.Choice(FORMATS), multiple=True, default=FORMATS, show_default=True)
@click.option("--smallest", type=click.IntRange(min=1), default=SMALLEST, show_default=True, help="As in `report`.")
@click.option("--again", is_flag=True, help="Overwrite a finished replay in the folder.")
def replay(source: tuple[str, ...], **options: Any) -> None:
    """Tell what the rules would have said to every patient of a cohort: FHIR Bulk Data and other files in, findings as
    Parquet, the burden of alerts and, with --against, what changes, out.
    """
    asked = _Asked(**options)
    missing = [name for name in ("duckdb", "pyarrow") if importlib.util.find_spec(name) is None]
    if missing:
        _stop(f"{' and '.join(missing)} not installed: pip install 'osteohooks[replay]'")
    from cds_service.replay import run
    from cds_service.replay.local import SomethingElse
    from cds_service.replay.sources import NothingToRead
    from cds_service.store.keys import BadSecret

    try:
        settings = load_settings(edition=asked.edition, language=asked.lang)
        plan, earlier = _plan(asked, settings)
        run.prepare(asked.out, asked.again)
        engine, shown = _engine(asked, plan, source), _Bar()
        done = run.replay(plan, engine, asked.out, earlier, asked.formats, asked.smallest, shown)
    except BadPolicy as wrong:
        _stop("\n".join(wrong.problems))
    except SomethingElse:
        _stop(f"{asked.out} holds an unfinished replay of something else: choose another folder, or remove its work/.")
    except (BadSecret, NothingToRead, run.NotComparable, run.Unfinished) as wrong:
        _stop(str(wrong))
    except OSError as error:
        _stop(f"{error.filename or asked.out}: {error.strerror or 'cannot be read or written'}")
    _tell(done)


def _plan(asked: _Asked, settings: Settings) -> "tuple[Plan, Earlier | None]":
    from cds_service.replay import run
    from cds_service.replay.plan import Plan, side_of

    policy = str(settings.policy) if settings.policy and asked.policy is None else asked.policy
    base = None if policy in (None, SHIPPED) else policy
    earlier = asked.against if asked.against and run.is_earlier(asked.against) else None
    sides = [side_of(settings.edition, base)]
    if asked.against and earlier is None:
        sides.append(_other(asked.against, settings.edition, base))
    plan = Plan(
        asked.hook,
        asked.as_of,
        tuple(sides),
        settings.language,
        run.secret_in(asked.key or settings.state_dir / "replay.key"),
        asked.first.date() if asked.first else None,
        asked.last.date() if asked.last else None,
        asked.with_ids,
        asked.complete,
    )
    return plan, run.earlier_replay(Path(earlier), plan) if earlier else None


def _other(against: str, edition: str, base: str | None) -> Any:
    """Another edition under the same policy, or the same edition under another policy."""
    from cds_service.replay.plan import side_of

    if against in EDITIONS:
        return side_of(against, base)
    if against == SHIPPED:
        return side_of(edition, None)
    if not Path(against).exists():
        known = ", ".join((*EDITIONS, SHIPPED))
        raise click.BadParameter(f"{against} is no file and no folder, and none of {known}", param_hint="--against")
    return side_of(edition, against)


def _engine(asked: _Asked, plan: "Plan", source: tuple[str, ...]) -> "Engine":
    from cds_service.replay import run
    from cds_service.replay.local import cores
    from cds_service.replay.sources import find

    if asked.engine == "spark":
        if importlib.util.find_spec("pyspark") is None:
            _stop("pyspark not installed: pip install 'osteohooks[replay,spark]'")
        from cds_service.replay.spark import Spark

        return Spark(plan, source, asked.out / "work", asked.master, asked.workers or cores(), _Bar())
    return run.local(plan, find(Path(name) for name in source), asked.out, asked.workers or cores(), _Bar())


class _Bar:
    """A progress bar on standard error for each stage; nothing where that is no terminal."""

    def __init__(self) -> None:
        self._bars: dict[str, Any] = {}
        self._ended: set[str] = set()

    def __call__(self, stage: str, done: int, of: int) -> None:
        if stage not in self._bars:
            label, hidden = _STAGES.get(stage, stage), not sys.stderr.isatty()
            self._bars[stage] = click.progressbar(length=max(of, 1), label=label, file=sys.stderr, hidden=hidden)
            self._bars[stage].__enter__()
        bar = self._bars[stage]
        bar.update(done - bar.pos)
        if done >= of and stage not in self._ended:
            self._ended.add(stage)
            bar.render_finish()


def _tell(done: Any) -> None:
    asked = done.account.asked
    click.echo(f"{asked.get('patients', 0)} patients, {asked.get('calls', 0)} calls, {asked['findings']} findings")
    for why, count in asked.items():
        if why.startswith("calls "):
            click.echo(f"{count} calls were {why.removeprefix('calls ')}: see findings-calls.parquet")
    if done.set_aside:
        click.echo(f"{done.set_aside} lines were set aside: see set-aside.ndjson")
    for path in done.files:
        click.echo(str(path))


def _stop(why: str) -> Any:
    click.echo(why, err=True)
    sys.exit(1)
