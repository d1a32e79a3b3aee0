"""Every word of the pages stands in both languages, is used, and has no other figures in one of them."""

import re
from pathlib import Path

import pytest

from cds_service.sandbox import words as module
from cds_service.sandbox.desk import HOOKS
from cds_service.sandbox.fhir.faults import FAULTS
from cds_service.sandbox.words import BadWords, words
from hooks.limits import EDITIONS
from hooks.response import Indicator

FOLDER = Path(module.__file__).parent
TEMPLATES = "\n".join(path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("templates/**/*.html")))
SCRIPTS = "\n".join(path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("static/*.js")))
BUILT = {
    *HOOKS,
    *(f"fault-{name}" for name in FAULTS),
    *(f"edition-{name}" for name in EDITIONS),
    *(f"sex-{sex}" for sex in ("male", "female", "other", "unknown")),
    *(indicator.value for indicator in Indicator),
    *(f"{kind}-{unit}" for kind in ("unit", "per", "each") for unit in ("d", "wk", "mo", "a")),
    *(f"priority-{each}" for each in ("routine", "urgent", "stat")),
    *(f"status-{each}" for each in ("draft", "active", "stopped", "proposed")),
    *(
        "filed",
        "not-filed",
        "orders",
        "renewals",
        "appointments",
        "new",
        "changed",
        "request",
        "response",
        "copy-request",
        "copy-response",
    ),
    *("problems", "allergies", "results", "treatments", "given", "acts", "planned", "answers"),
}


def used() -> set[str]:
    in_templates = set(re.findall(r"""w\[["']([\w-]+)["']\]""", TEMPLATES))
    in_scripts = set(re.findall(r"""words\.(\w+)""", SCRIPTS)) | set(re.findall(r"""words\["([\w-]+)"\]""", SCRIPTS))
    return in_templates | in_scripts | BUILT


def test_everything_said_has_words_and_no_word_is_left_over() -> None:
    assert sorted(used() - set(words("en"))) == []
    assert sorted(set(words("en")) - used()) == []


def test_both_languages_have_the_same_figures_and_differ() -> None:
    english, french = words("en"), words("fr")
    assert english.keys() == french.keys()
    for key in english:
        assert re.findall(r"\d+", english[key]) == re.findall(r"\d+", french[key]), key
    alike = {key for key in english if english[key] == french[key]}
    assert alike <= {"allergies", "date", "dose", "source", "info", "status-active", "appointment", "synthetic"}


def test_no_sentence_stands_in_a_script() -> None:
    """Whatever is shown comes from the table or from what was answered."""
    quoted = re.findall(r'textContent: "([^"]+)"|\.textContent = "([^"]+)"', SCRIPTS)
    assert quoted == []


def test_a_word_in_one_language_only_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.tomllib, "loads", lambda text: {"hello": {"en": "Hello", "fr": " "}})
    words.cache_clear()
    try:
        with pytest.raises(BadWords, match="hello"):
            words("en")
    finally:
        words.cache_clear()
