"""Every house rule fails when it is broken on purpose: one small offending tree for each way of breaking it."""

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.house import rules

PADDING = "\n".join(f"LINE_{number} = {number}" for number in range(40)) + "\n"
HASH = "    --hash=sha256:" + "0" * 64

# What the rules must let pass: package data, pure halves of impure modules, dates that are given, words inside strings.
INNOCENT = {
    "cds_service/app.py": (
        "import os\nimport time\n\nfrom hooks import cards\n\nNOW = time.time()\nprint(open, os.environ, cards)\n"
    ),
    "hooks/cards.py": (
        "from datetime import date, time\nfrom importlib.resources import files\nfrom urllib.parse import urlsplit\n\n"
        "from fhir_mappers import build\n\n\n"
        "class Call:\n    requests: str\n    time: int\n\n\n"
        "def show(today: date, print_width: int) -> str:\n"
        '    """Mentions print(), open() and # type: ignore, but only mentions them."""\n'
        '    text = files("hooks").joinpath("texts/calcium.toml").read_text()\n'
        '    return f"{today.now}{time.min}{urlsplit(text)}{build}{print_width}"'
        "  # type: ignore[attr-defined]  # shown on purpose\n"
    ),
    "hooks/checks/calcium.py": (
        "from dataclasses import dataclass\n\nfrom fhir_mappers.record.quantity import Quantity\n"
        "from hooks.check import Check\n\nTHINGS = (dataclass, Quantity, Check)\n"
    ),
    "fhir_mappers/record/quantity.py": (
        "from decimal import Decimal\n\nfrom fhir_mappers.record import dates\n\nX = (Decimal, dates)\n"
    ),
    "fhir_mappers/__init__.py": '"""Short, and may be."""\n',
    "requirements.lock": (
        "# by the following command:\n#\n#    make lock\n#\n"
        f"flask==3.1.3 \\\n{HASH}\n    # via osteohooks (pyproject.toml)\n"
    ),
}


class Breach(NamedTuple):
    """One way to break a rule: put this into that file, and the rule says so."""

    rule: rules.Rule
    file: str
    source: str
    said: str


def _function(lines: int, extra: str = "") -> str:
    return f'def f() -> None:\n    """Doc.\n\n    More.\n    """\n{extra}' + "    x = 1\n" * lines


down, narrow, plain = rules.imports_go_down, rules.checks_see_only_the_record, rules.record_is_plain
world, silent, locks = rules.only_the_street_touches_the_world, rules.silencers_have_reasons, rules.locks_are_portable

BREACHES = [
    Breach(down, "fhir_mappers/build.py", "from hooks import check", "fhir_mappers may not import hooks.check"),
    Breach(down, "fhir_mappers/build.py", "import cds_service.app", "fhir_mappers may not import cds_service.app"),
    Breach(down, "hooks/cards.py", "from cds_service.app import create_app", "hooks may not import cds_service"),
    Breach(down, "hooks/deep/cards.py", "from ...cds_service import app", "hooks may not import cds_service.app"),
    Breach(down, "hooks/cards.py", "def late() -> None:\n    import cds_service\n", "hooks/cards.py:2: hooks may not"),
    Breach(
        down, "cds_service/app.py", "from tests.support import patients", "cds_service may not import tests.support"
    ),
    Breach(
        narrow,
        "hooks/checks/jaw.py",
        "from fhir_mappers.build import build_record",
        "may not import fhir_mappers.build",
    ),
    Breach(narrow, "hooks/checks/jaw.py", "from fhir_mappers import build", "may not import fhir_mappers.build"),
    Breach(narrow, "hooks/checks/jaw.py", "from hooks.cards import show", "may not import hooks.cards"),
    Breach(narrow, "hooks/checks/jaw.py", "from ..texts import say", "may not import hooks.texts"),
    Breach(narrow, "hooks/checks/jaw.py", "from . import calcium", "may not import hooks.checks.calcium"),
    Breach(narrow, "hooks/checks/jaw.py", "import msgspec", "may not import msgspec"),
    Breach(plain, "fhir_mappers/record/dates.py", "import msgspec", "may not import msgspec"),
    Breach(plain, "fhir_mappers/record/dates.py", "from msgspec import json", "may not import msgspec.json"),
    Breach(plain, "fhir_mappers/record/dates.py", "from ..units import convert", "may not import fhir_mappers.units"),
    Breach(world, "hooks/cards.py", "from datetime import datetime\nNOW = datetime.now()", "datetime.datetime.now"),
    Breach(world, "hooks/cards.py", "import datetime as dt\nNOW = dt.datetime.utcnow()", "datetime.datetime.utcnow"),
    Breach(world, "hooks/cards.py", "from datetime import date as d\nf = dict(default=d.today)", "datetime.date.today"),
    Breach(world, "hooks/cards.py", "import time\nNOW = time.time()", "time.time touches the world"),
    Breach(world, "hooks/cards.py", "from time import monotonic", "time.monotonic touches the world"),
    Breach(world, "fhir_mappers/build.py", "import os\nX = os.environ['X']", "os.environ touches the world"),
    Breach(world, "fhir_mappers/build.py", "from os import environ", "os.environ touches the world"),
    Breach(world, "fhir_mappers/build.py", "X = open('x')", "open touches the world"),
    Breach(world, "fhir_mappers/build.py", "from pathlib import Path", "pathlib.Path touches the world"),
    Breach(world, "fhir_mappers/build.py", "import io\nX = io.open('x')", "io.open touches the world"),
    Breach(world, "fhir_mappers/record/dates.py", "import requests", "requests touches the world"),
    Breach(world, "hooks/cards.py", "from urllib.request import urlopen", "urllib.request.urlopen touches the world"),
    Breach(world, "hooks/cards.py", "import socket", "socket touches the world"),
    Breach(world, "hooks/cards.py", "import importlib\nX = importlib.import_module('os')", "importlib.import_module"),
    Breach(world, "hooks/cards.py", "import sys\nsys.stdout.write('')", "sys.stdout touches the world"),
    Breach(world, "hooks/cards.py", "def f() -> None:\n    print('x')", "hooks/cards.py:2: print touches the world"),
    Breach(world, "hooks/cards.py", "import logging\nX = logging.FileHandler('x')", "logging.FileHandler"),
    Breach(world, "hooks/cards.py", "from logging.handlers import SocketHandler", "logging.handlers.SocketHandler"),
    Breach(rules.files_are_small, "hooks/cards.py", "X = 1\n" * 210, "251 lines, at most 250"),
    Breach(rules.functions_are_small, "hooks/cards.py", _function(31), "f has 31 lines, at most 30"),
    Breach(rules.functions_are_small, "hooks/cards.py", f"async {_function(31)}", "f has 31 lines"),
    Breach(silent, "hooks/cards.py", "X: int = ''  # type: ignore", "type: ignore without the error it silences"),
    Breach(silent, "hooks/cards.py", "X: int = ''  # type: ignore[assignment]", "type: ignore without a reason"),
    Breach(silent, "hooks/cards.py", "X: int = ''  # type:ignore[assignment]  #", "without a reason"),
    Breach(silent, "hooks/cards.py", "if X:  # pragma: no cover\n    Y = 1", "pragma: no cover without a reason"),
    Breach(locks, "requirements.lock", "--index-url https://example.org/simple\n", "names a host or a path"),
    Breach(locks, "requirements.lock", "--find-links /some/folder\n", "names a host or a path"),
    Breach(
        locks, "requirements.lock", f"flask==3.1.3 \\\n{HASH}\n    # via -r /home/me/x.in\n", "names a host or a path"
    ),
    Breach(locks, "requirements-test.lock", "flask==3.1.3\n", "not pinned by version and hash"),
    Breach(locks, "requirements-test.lock", f"flask>=3.1.3 \\\n{HASH}\n", "not pinned by version and hash"),
]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A small house that keeps every rule."""
    for file, source in INNOCENT.items():
        _put(tmp_path / file, source)
    return tmp_path


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_a_house_in_order_passes(rule: rules.Rule, house: Path) -> None:
    assert rule(house) == []


@pytest.mark.parametrize("breach", BREACHES, ids=lambda b: f"{b.rule.__name__}-{b.said}")
def test_a_breach_is_named(breach: Breach, house: Path) -> None:
    _put(house / breach.file, breach.source)
    said = breach.rule(house)
    assert [sentence for sentence in said if breach.said in sentence and sentence.startswith(breach.file)], said


def test_a_file_too_short_is_named(house: Path) -> None:
    (house / "hooks/cards.py").write_text("X = 1\n" * 39, encoding="utf-8")
    assert rules.files_are_small(house) == [
        "hooks/cards.py:39: 39 lines, at least 40: let it move in with a neighbour",
    ]


def test_limits_are_inclusive(house: Path) -> None:
    (house / "hooks/cards.py").write_text("X = 1\n" * 250, encoding="utf-8")
    (house / "hooks/texts.py").write_text(_function(30, "\n    # free\n" * 5), encoding="utf-8")
    (house / "hooks/limits.py").write_text("X = 1\n" * 40, encoding="utf-8")
    assert rules.files_are_small(house) == []
    assert rules.functions_are_small(house) == []


def test_every_rule_has_been_seen_to_bite() -> None:
    assert {breach.rule for breach in BREACHES} == set(rules.RULES)


def _put(path: Path, source: str) -> None:
    """Write the file; a module is made long enough not to break the rule on short files by the way."""
    path.parent.mkdir(parents=True, exist_ok=True)
    long_enough = source if path.name.startswith("__") or path.suffix != ".py" else f"{source}\n{PADDING}"
    path.write_text(long_enough, encoding="utf-8")
