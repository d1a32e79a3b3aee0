"""Whatever stands in a file: nothing is fatal, nothing is lost, and memory is bounded."""

import gzip
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.replay import lines
from cds_service.replay.lines import DAMAGED_GZIP, DAMAGED_PARQUET, Unreadable, lines_in, lines_of
from cds_service.replay.routing import NO_PATIENT, NOT_FHIR, NOT_JSON, NOT_UTF8, OTHER_HOOK, TOO_LONG
from cds_service.replay.sources import DOCUMENT, GZIP, LINES, PARQUET, find, pieces
from tests.replay.cohort import export, people, plan, replayed, rows


def _aside(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "set-aside.ndjson").read_text().splitlines()]


OBSERVATION = b'{"resourceType":"Observation","subject":{"reference":"Patient/p"}%s}'


BAD: list[tuple[bytes, str]] = [
    (b'{"resourceType":"Condition"', NOT_JSON),
    (b"[]", NOT_JSON),
    (b'"Patient"', NOT_JSON),
    (b'{"resourceType":"Patient","id":"\\ud800"}', NOT_JSON),
    (b'{"resourceType":"Condition","id":7,"subject":{"reference":"\\ud800"}}', NOT_JSON),
    (b'{"resourceType":"Patient","id":"\xff"}', NOT_UTF8),
    (b"[" * 200_000, NOT_JSON),
    (b'{"resourceType":"Condition","note":' + b"[" * 200_000 + b"]" * 200_000 + b"}", NOT_JSON),
    (b"{}", NOT_FHIR),
    (b'{"resourceType":7}', NOT_FHIR),
    (b'{"resourceType":"Condition","id":"c"}', NO_PATIENT),
    (b'{"resourceType":"Patient"}', NO_PATIENT),
    (b'{"resourceType":"Condition","subject":{"reference":"Group/7"}}', NO_PATIENT),
    (b'{"hook":"order-sign","context":{"patientId":"p"}}', OTHER_HOOK),
    (b'{"hook":"patient-view","context":[]}', NO_PATIENT),
    (b'{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Condition"}}]}', NO_PATIENT),
    (b'{"resourceType":"Bundle","entry":{"resource":{"resourceType":"Condition"}}}', NO_PATIENT),
    (b'{"resourceType":"Bundle","entry":[{"resource":7}]}', NOT_JSON),
]


def test_a_bad_line_is_set_aside_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number, (line, _) in enumerate(BAD):
        (tmp_path / "in" / f"{number:02}.ndjson").write_bytes(line + b'\n{"resourceType":"Patient","id":"p"}\n')
    done = replayed(tmp_path / "in", tmp_path / "out", plan())
    assert done.set_aside == len(BAD)
    told = _aside(tmp_path / "out")
    assert [row["file"] for row in told] == [f"{number:02}.ndjson" for number in range(len(BAD))]
    assert [row["why"] for row in told] == [why for _, why in BAD]
    assert told[0]["line"] == BAD[0][0].decode()
    assert "base64" in told[5]
    assert done.account.asked["patients"] == 1
    assert done.account.asked["duplicates"] == len(BAD) - 1


def test_wrong_types_are_left_to_the_reader(tmp_path: Path) -> None:
    source = tmp_path / "x.ndjson"
    bad = [b',"code":"creatinine"', b',"code":{"coding":[7]}', b',"issued":[1]', b',"id":{"a":1},"code":{"coding":{}}']
    source.write_bytes(b"\n".join(OBSERVATION % each for each in bad) + b'\n{"resourceType":"Patient","id":"p"}')
    done = replayed(source, tmp_path / "out", plan())
    assert done.set_aside == 0
    assert done.account.read["kept: Observation"] == len(bad)
    assert [row["refused"] for row in rows(tmp_path / "out" / "findings-calls.parquet")] == [None]


def test_a_truncated_gzip_gives_what_it_holds(tmp_path: Path) -> None:
    whole = gzip.compress(b"".join(b'{"resourceType":"Patient","id":"%d"}\n' % n for n in range(20_000)))
    (tmp_path / "Patient.ndjson.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "other.ndjson.gz").write_bytes(b"no gzip at all")
    found = list(lines_in(pieces(find([tmp_path]))[0]))
    assert found.count(Unreadable(DAMAGED_GZIP)) == 1
    assert len(found) > 5_000
    assert list(lines_in(pieces(find([tmp_path]))[1])) == [Unreadable(DAMAGED_GZIP)]


def test_gzip_members_follow_each_other() -> None:
    both = gzip.compress(b"one\ntw") + gzip.compress(b"o\nthree")
    assert list(lines_of(BytesIO(both), GZIP, "x.ndjson.gz")) == [b"one", b"two", b"three"]


def test_a_line_that_is_too_long_is_named_by_its_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST_LINE", 3_000_000)
    sent = b"a\n" + b"x" * 5_000_000 + b"\nb\n" + b"y" * 5_000_000
    first, long, second, last = lines_of(BytesIO(sent), LINES, "x.ndjson")
    assert (first, second) == (b"a", b"b")
    assert isinstance(long, Unreadable)
    assert (long.why, long.length) == (TOO_LONG, 5_000_000)
    assert isinstance(last, Unreadable)
    assert last.sha256 != long.sha256


def test_a_document_too_long_to_hold_is_taken_for_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST_LINE", 2_000_000)
    sent = b"\n".join([b"x" * 100_000] * 40)
    assert len(list(lines_of(BytesIO(sent), DOCUMENT, "x.json"))) == 40


def test_damaged_parquet_is_said() -> None:
    assert list(lines_of(BytesIO(b"PAR1 nonsense PAR1"), PARQUET, "x.parquet")) == [Unreadable(DAMAGED_PARQUET)]


@given(st.lists(st.binary(max_size=12).filter(lambda line: b"\n" not in line), max_size=12), st.integers(1, 20))
@settings(max_examples=50, deadline=None)
def test_every_line_belongs_to_exactly_one_piece(sent: list[bytes], size: int) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.ndjson"
        path.write_bytes(b"\n".join(sent))
        found = [line for piece in pieces(find([path]), size) for line in lines_in(piece)]
    assert [line for line in found if line] == [line for line in sent if line]


def test_the_newest_version_counts_and_the_others_are_counted(tmp_path: Path) -> None:
    export(tmp_path, people(4))
    conditions = (tmp_path / "Condition.ndjson").read_bytes().splitlines()
    sent = json.loads(conditions[0])
    newer = {**sent, "meta": {"lastUpdated": "2030-01-01T00:00:00Z", "versionId": "9"}}
    withdrawn = {**newer, "verificationStatus": {"coding": [{"code": "entered-in-error"}]}, "meta": {"versionId": "3"}}
    more = [conditions[0], json.dumps(newer).encode(), json.dumps(withdrawn).encode()]
    replayed(tmp_path, tmp_path / "before", plan())
    (tmp_path / "Condition.1.ndjson").write_bytes(b"\n".join(more))
    done = replayed([tmp_path / "Condition.1.ndjson", *tmp_path.glob("*.ndjson")], tmp_path / "after", plan())
    assert done.account.asked["superseded"] == 2
    assert rows(tmp_path / "before" / "findings.parquet") == rows(tmp_path / "after" / "findings.parquet")


def test_a_patient_for_whom_our_own_code_fails_is_told_and_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cds_service.replay import judging

    def fail(*given: object) -> None:
        raise ZeroDivisionError

    source = export(tmp_path / "bulk", people(2))
    monkeypatch.setattr(judging, "consider", fail)
    done = replayed(source, tmp_path / "out", plan())
    assert done.account.asked["calls failed"] == 2
    assert {row["refused"] for row in rows(tmp_path / "out" / "findings-calls.parquet")} == {
        "failed: ZeroDivisionError"
    }
