"""A replay says about each patient what the service would have said, whatever the files look like."""

import gzip
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cds_service.pipeline import advise, build_parts, read
from cds_service.prefetch import Completed
from cds_service.replay import judging, local
from cds_service.replay.local import Local, SomethingElse
from cds_service.replay.sources import NothingToRead, find
from cds_service.replay.work import judge
from cds_service.sandbox.scenarios import hook_request_bytes
from hooks.cards import arranged
from hooks.evaluate import Broken, Findings
from hooks.exact_json import dumps_exact
from hooks.request import HookRequest
from hooks.services import services
from tests.replay.cohort import DAY, SECRET, digests, export, people, plan, replayed, resources, rows

TEN = people(10)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(tmp_path_factory.mktemp("source") / "bulk", TEN)


@pytest.fixture(scope="module")
def reference(source: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    out = tmp_path_factory.mktemp("reference")
    replayed(source, out, plan("patient-view", "aura-2026", "aura-earlier"))
    return digests(out)


def test_it_says_what_the_service_says_to_the_same_patients(tmp_path: Path) -> None:
    patients = people(25)
    source = export(tmp_path / "bulk", patients, with_drafts=False)
    replayed(source, tmp_path / "out", plan(names=True, complete=True))
    found = rows(tmp_path / "out" / "findings.parquet")
    said = {(row["patient"], row["rule"], row["case"], row["summary"]) for row in found if row["status"] != "silent"}
    parts, service = build_parts(lambda: DAY, "aura-2026"), next(s for s in services() if s.hook == "patient-view")
    expected = set()
    for each in patients:
        call = HookRequest.parse(hook_request_bytes(each, DAY, "patient-view"), "patient-view")
        reply = advise(call, service, parts, "en")
        expected |= {
            (call.context.patient_id, f.rule.id, f.verdict.case, reply.speaker.summary(f))
            for f in reply.findings.speaking
        }
    assert said == expected
    assert len(expected) > 10


@pytest.mark.parametrize("hook", ["order-sign", "patient-view"])
def test_cards_are_counted_and_ordered_as_if_they_had_been_written(hook: str) -> None:
    asked = judge(plan(hook)).sides[0]
    for each in people()[::2]:
        call = HookRequest.parse(hook_request_bytes(each, DAY, hook), hook)
        had = Completed(call.prefetch)
        record = read(call, asked.parts, DAY, had)
        short = judging._heard(call, asked, "en", record, had)
        wishing = replace(call, extension={"of": "another"})  # which nobody knows, so that every card is written
        assert short == judging._heard(wishing, asked, "en", record, had)
    broken = Findings(broken=(Broken("ZOL-CI-01", "ZeroDivisionError"),))
    assert arranged(broken) == [()]


def _gzipped(source: Path, to: Path) -> Path:
    to.mkdir()
    for path in source.iterdir():
        (to / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    return to


def _scattered(source: Path, to: Path) -> Path:
    """Several files in folders, lines in another order, Windows line ends, duplicates, nothing at the end."""
    for path in source.iterdir():
        lines = path.read_bytes().split(b"\n")[:-1]
        for number in range(3):
            part = to / f"part{number}" / path.name
            part.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(b"\r\n".join(reversed(lines[number::3] + lines[:2])))
    return to


def _bundles(source: Path, to: Path) -> Path:
    """One Bundle per patient, printed for people."""
    to.mkdir()
    for number, each in enumerate(TEN):
        entries = [{"resource": json.loads(dumps_exact(resource))} for resource in resources(each)]
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
        (to / f"{number}.json").write_text(json.dumps(bundle, indent=1))
    return to


def _parquet(source: Path, to: Path) -> Path:
    to.mkdir()
    for path in source.iterdir():
        lines = path.read_text().splitlines()
        pq.write_table(
            pa.table({"id": list(map(str, range(len(lines)))), "resource": lines}), to / f"{path.stem}.parquet"
        )
    return to


def _nested(source: Path, to: Path) -> Path:
    """Parquet with a column per element, some dates as dates."""
    for path in source.iterdir():
        found = [json.loads(line, parse_float=Decimal) for line in path.read_bytes().splitlines()]
        (to / path.stem).mkdir(parents=True)
        for number, each in enumerate(found):
            kind = each.pop("resourceType")
            if kind == "Patient":
                each["birthDate"] = date.fromisoformat(each["birthDate"])
            try:
                table = pa.Table.from_pylist([each])
            except pa.ArrowInvalid:  # decimals of several widths in one list: this one in a column of JSON
                table = pa.table({"resource": [path.read_text().splitlines()[number]]})
            pq.write_table(table, to / path.stem / f"part-{number}.parquet")
    return to


@pytest.mark.parametrize("shape", [_gzipped, _scattered, _bundles, _parquet, _nested])
def test_the_shape_of_the_files_changes_nothing(
    shape,
    source: Path,
    reference: dict[str, str],
    tmp_path: Path,  # type: ignore[no-untyped-def]  # any of the above
) -> None:
    replayed(shape(source, tmp_path / "source"), tmp_path / "out", plan("patient-view", "aura-2026", "aura-earlier"))
    found = digests(tmp_path / "out")
    tables = [name for name in reference if name.endswith((".parquet", "changes.html"))]
    assert {name: found[name] for name in tables} == {name: reference[name] for name in tables}


def test_workers_pieces_and_cuts_change_no_byte(
    source: Path, reference: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "pieces", lambda files: _pieces(files, 5000))
    monkeypatch.setattr(local, "cuts_for", lambda weight: 7)
    replayed(source, tmp_path / "out", plan("patient-view", "aura-2026", "aura-earlier"), workers=2)
    assert digests(tmp_path / "out") == reference


_pieces = local.pieces


def test_an_interrupted_replay_goes_on(
    source: Path, reference: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = plan("patient-view", "aura-2026", "aura-earlier")
    monkeypatch.setattr(local, "cuts_for", lambda weight: 4)

    def stop(stage: str, done: int, of: int) -> None:
        if stage == "ask" and done == 2:
            raise KeyboardInterrupt

    first = Local(asked, find([source]), tmp_path / "out" / "work", 1, stop)
    with pytest.raises(KeyboardInterrupt):
        list(first.ask(first.read().types))
    read: list[str] = []
    monkeypatch.setattr(local, "_read_piece", lambda *given: read.append("again"))
    replayed(source, tmp_path / "out", asked)
    assert digests(tmp_path / "out") == reference
    assert not read


def test_an_interrupted_replay_is_not_taken_for_another(source: Path, tmp_path: Path) -> None:
    Local(plan(), find([source]), tmp_path / "work", 1, lambda *_: None)
    with pytest.raises(SomethingElse):
        Local(plan(language="fr"), find([source]), tmp_path / "work", 1, lambda *_: None)


def test_nobody_is_named_without_being_asked(source: Path, tmp_path: Path) -> None:
    replayed(source, tmp_path / "out", plan("order-sign"), formats=("html", "csv", "json"))
    ids = {each.patient for each in TEN} | {resource["id"] for each in TEN for resource in resources(each)}
    for path in (tmp_path / "out").iterdir():
        content = path.read_bytes() if path.suffix != ".parquet" else repr(rows(path)).encode()
        assert not [name for name in ids if name.encode() in content], path.name
    assert SECRET not in b"".join(path.read_bytes() for path in (tmp_path / "out").iterdir())


def test_no_source_is_said(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(NothingToRead):
        find([tmp_path])


def test_what_was_not_exported_is_unknown_and_not_absent(tmp_path: Path) -> None:
    source = export(tmp_path / "bulk", people(10))
    (source / "Procedure.ndjson").unlink(missing_ok=True)
    replayed(source, tmp_path / "unknown", plan("order-sign"))
    (source / "Procedure.ndjson").write_bytes(b"")
    replayed(source, tmp_path / "absent", plan("order-sign"))
    missing = [
        {gap for row in rows(tmp_path / name / "findings.parquet") for gap in row["missing"] if "not-fetched" in gap}
        for name in ("unknown", "absent")
    ]
    assert missing[0] - missing[1]


def test_each_event_is_a_call_that_knows_nothing_of_later_days(tmp_path: Path) -> None:
    source = export(tmp_path / "bulk", people(3))
    replayed(source, tmp_path / "out", plan(as_of=None, first=date(2026, 1, 1), names=True))
    calls = rows(tmp_path / "out" / "findings-calls.parquet")
    days = [row["day"] for row in calls]
    assert len(set(days)) > 3
    assert min(days) >= date(2026, 1, 1)
    last = max(calls, key=lambda row: row["day"])
    replayed(source, tmp_path / "one", plan(as_of=last["day"], names=True))
    for day_by_day, alone in [[rows(tmp_path / name / "findings.parquet") for name in ("out", "one")]]:
        pick = [[r["rule"] for r in found if (r["patient"], r["day"]) == (last["patient"], last["day"])]
                for found in (day_by_day, alone)]  # fmt: skip
        assert pick[0] == pick[1]
