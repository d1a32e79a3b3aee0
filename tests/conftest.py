"""The whole suite: what takes long begins first, and how long anything takes on a busy machine fails nothing."""

import gc
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

settings.register_profile("suite", deadline=None)
settings.load_profile("suite")

LONG = (
    "tests/browser/",
    "tests/cohorts/",
    "tests/house/",
    "tests/hooks/test_fingerprint.py",
    "tests/hooks/test_policy.py",
    "tests/hooks/test_rule_texts.py",
    "tests/hooks/test_withholding.py",
    "tests/operations/test_conformance.py",
    "tests/operations/test_conformance_command.py",
    "tests/operations/test_leaks.py",
    "tests/operations/test_openapi.py",
    "tests/operations/test_serving.py",
    "tests/replay/test_spark.py",
    "tests/store/test_writer.py",
    "tests/store/test_kill.py",
    "tests/store/test_feedback_fuzz.py",
    "tests/fetching/test_parity.py",
    "tests/fetching/test_faults.py",
    "tests/fetching/test_real_server.py",
    "tests/checks/test_day_by_day.py",
    "tests/checks/test_properties.py",
    "tests/checks/test_silence.py",
    "tests/checks/test_silence_inside.py",
    "tests/service/test_fuzz.py",
    "tests/service/test_patients.py",
    "tests/service/test_server.py",
    "tests/service/test_whole_service.py",
    "tests/site/test_policy_cli.py",
    "tests/auth/test_start.py",
)
"""They ask the whole product many times over, or other processes; a worker that begins one of them last keeps the others
waiting."""

TOGETHER = ("tests/browser/",)
"""One worker takes all of them: they share one browser."""


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """What one worker takes as a whole: the tests of a file, as a rule, share what it starts."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::")[0]
        return next((folder for folder in TOGETHER if file.startswith(folder)), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


def pytest_collection_finish() -> None:
    """The tests themselves never become garbage: looking through all of them again and again costs minutes."""
    gc.freeze()
