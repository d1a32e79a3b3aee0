"""What Spark has its executors do, done here without Spark: the same functions, one after the other."""

from functools import partial
from itertools import groupby
from pathlib import Path

import pytest

from cds_service.replay import spark
from cds_service.replay.lines import Unreadable, measured
from cds_service.replay.record import name_of
from cds_service.replay.spark_session import _java
from cds_service.replay.tables import FINDINGS, unpacked
from tests.replay.cohort import export, people, plan, replayed, rows


def test_the_pieces_of_spark_give_the_same_rows(tmp_path: Path) -> None:
    source, asked = export(tmp_path / "bulk", people(5)), plan("order-sign")
    replayed(source, tmp_path / "out", asked)
    names = {spark._plain(f"file:{path}"): path.name for path in source.iterdir()}
    lines = [
        spark._line(names, (f"file://{path}", line))
        for path in source.iterdir()
        for line in path.read_bytes().splitlines()
    ]
    routed = list(spark._route(asked, lines))
    tallies = [one[1] for one in routed if spark._is_of(spark._TALLY, one)]
    records = [one for one in routed if spark._is_of(spark._RECORD, one)]
    shelf = [spark._by_name(one) for one in records if spark._is_drug(one)]
    needed = {spark._needed(one) for one in records if spark._needs_drug(one)}
    drugs = [(name, (patient, drug)) for name, patient in needed for other, drug in shelf if other == name]
    pairs = [spark._keyed(asked, one) for one in records if spark._is_ours(one)]
    pairs += [spark._keyed_drug(asked, one) for one in drugs]
    pairs.sort(key=lambda pair: pair[0])
    types = tuple({name for tally in tallies for name in tally.types})
    cut = partial(spark._cut, 4)
    said = [
        part for _, held in groupby(pairs, key=lambda pair: cut(pair[0])) for part in spark._ask(asked, types, held)
    ]
    found = [row for part in said for row in unpacked(spark._answered.decode(part).tables["findings"]).to_pylist()]
    assert found == rows(tmp_path / "out" / "findings.parquet")
    assert set(found[0]) == set(FINDINGS.names)
    assert [cut(key) for key, _ in pairs] == sorted(cut(key) for key, _ in pairs)
    assert all(name_of(spark._record.decode(drug)) == name for name, drug in shelf)


def test_documents_are_opened_and_long_lines_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    hows = {"x.json": "document"}
    assert list(spark._opened({"s3a:/b/x y.json": "x.json"}, hows, ("s3a://b/x%20y.json", b"{\n}"))) == [
        ("x.json", b"{\n}")
    ]
    monkeypatch.setattr("cds_service.replay.lines.LONGEST_LINE", 2)
    assert measured(b"ab") == b"ab"
    assert isinstance(measured(b"abc"), Unreadable)


def test_the_java_of_the_extra_stands_behind_a_door(tmp_path: Path) -> None:
    door = _java(tmp_path) / "bin" / "java"
    text = door.read_text()
    assert "jdk.incubator.vector" in text
    assert door.stat().st_mode & 0o111
