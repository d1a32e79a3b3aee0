"""A cohort of copies: however many patients, in however many cuts, each is told what it would be told alone.

``REPLAY_COPIES=1000`` asks about a thousand copies of each shipped patient; by default a few.
"""

import os
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from cds_service.replay import local
from cds_service.replay.spill import cuts_for
from hooks.exact_json import dumps_exact
from tests.replay.cohort import people, plan, replayed, resources, rows

COPIES = int(os.environ.get("REPLAY_COPIES", "4"))


def _cohort(folder: Path, copies: int) -> Path:
    """Bulk Data of so many copies of every shipped patient, each under its own id, in the order of the copies."""
    folder.mkdir()
    held = [
        (each.patient.encode(), resource["resourceType"], dumps_exact(resource) + b"\n")
        for each in people()
        for resource in resources(each)
    ]
    with ExitStack() as files:
        kinds = {kind for _, kind, _ in held}
        open_for = {kind: files.enter_context(open(folder / f"{kind}.ndjson", "wb")) for kind in kinds}
        for copy in range(copies):
            for patient, kind, line in held:
                open_for[kind].write(line.replace(b"syn-" + patient, b"syn-%d-%s" % (copy, patient)))
    return folder


def _told(out: Path) -> dict[str, list[dict[str, Any]]]:
    """What each patient is told."""
    found = rows(out / "findings.parquet")
    return {
        patient: [{**row, "patient": ""} for row in same] for patient, same in groupby(found, lambda r: r["patient"])
    }


def test_every_copy_of_a_patient_is_told_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = plan("order-sign", names=True)
    replayed(_cohort(tmp_path / "one", 1), tmp_path / "alone", asked)
    alone = {name.removeprefix("syn-0-"): told for name, told in _told(tmp_path / "alone").items()}
    assert len(alone) > 30
    monkeypatch.setattr(local, "cuts_for", lambda weight: max(5, cuts_for(weight)))
    done = replayed(_cohort(tmp_path / "many", COPIES), tmp_path / "out", asked, workers=min(2, COPIES // 100 + 1))
    assert done.account.asked["patients"] == len(people()) * COPIES
    found = _told(tmp_path / "out")
    assert len(found) == len(alone) * COPIES
    for name, told in found.items():
        assert told == alone[name.removeprefix("syn-").partition("-")[2]], name
