"""The page as HTML: valid by itself, safe whatever a record says, the same words in two languages."""

import base64
import hashlib
import re
from collections import Counter
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cds_service.app_pages import drawing
from cds_service.app_pages.page import Links, alone_policy, patient_page, style
from cds_service.app_pages.palette import DARK, LIGHT, MARKERS, darkened
from cds_service.app_pages.series import Axis, Mark
from cds_service.app_pages.words import BadWords as _BadWords
from cds_service.app_pages.words import Words, block, inline, page_words, plain
from tests.app_pages.seen import html, view, viewed
from tests.support.bedside import Bedside

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [*(ROOT / "cds_service/app_pages").rglob("*.py"), *(ROOT / "cds_service/app_pages").rglob("*.html")]
KEPT = ("shape", "area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr")


class Read(HTMLParser):
    """What a page holds, and whether its elements are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in KEPT:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


PAGES = ["lung-zol-kidney-failing", "prostate-xgeva-overdue", "lung-bone-metastases-untreated"]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_well_formed_and_carries_no_script_or_style(name: str, language: str) -> None:
    page = Read(html(name, language))
    assert page.all("html") == [{"lang": language}]
    assert [each["src"] for each in page.all("script")] == ["/static/app.js"]
    assert page.all("style") == []
    for tag, attributes in page.tags:
        assert "style" not in attributes, tag
        assert not [key for key in attributes if key.startswith("on")], tag
    ids = Counter(attributes["id"] for _, attributes in page.tags if "id" in attributes)
    assert [each for each, count in ids.items() if count > 1] == []
    anchors = {str(each["href"])[1:] for each in page.all("a") if str(each["href"]).startswith("#")}
    assert anchors <= set(ids)


@pytest.mark.parametrize("name", PAGES)
def test_every_picture_says_what_it_shows_and_has_a_table(name: str) -> None:
    page, seen = Read(html(name)), view(name)
    shown = [*([seen.course] if seen.course.lanes else []), *seen.curves]
    assert len(page.all("img")) == len(shown)
    assert all(str(each["src"]).startswith("data:image/svg+xml;base64,") and each["alt"] for each in page.all("img"))
    assert all(one.tables for one in seen.curves)
    labels = {each.get("aria-label") for _, each in page.tags}
    assert {f"{one.title} 1" for one in shown if one.tables} <= labels


def test_nothing_of_a_record_is_taken_for_markup() -> None:
    bedside = Bedside()
    assert bedside.patient is not None
    bedside.patient["name"] = [{"family": "<script>alert(1)</script>", "given": ["A&B"]}]
    bedside.patient["id"] = "p1"
    bedside.observed("calcium_total", "2.30 mmol/L @ 2026-06-01", id="a<b>&c")
    text = patient_page(viewed(bedside), Links())
    assert "<SCRIPT>" not in text
    assert "A&amp;B &lt;SCRIPT&gt;ALERT(1)&lt;/SCRIPT&gt;" in text
    assert "a<b>" not in text


def test_the_rule_of_a_card_is_open_and_named() -> None:
    seen = view("lung-zol-kidney-failing")
    page = patient_page(seen, Links(), "NEPH-STOP-01")
    assert '<details class="finding warning" id="rule-NEPH-STOP-01" open>' in page
    assert 'href="#rule-NEPH-STOP-01"' in page
    unknown = patient_page(seen, Links(), "<NO-RULE>")
    assert "NO-RULE" not in unknown
    assert " open>" not in unknown


def test_alone_it_is_one_file_under_a_policy_of_its_own() -> None:
    page = patient_page(view("lung-zol-kidney-failing"), Links(), alone=True)
    assert "/static/" not in page
    written = re.search("<style>(.*)</style>", page, re.S)
    assert written is not None
    assert written[1] == style()
    digest = base64.b64encode(hashlib.sha256(written[1].encode()).digest()).decode()
    assert f"sha256-{digest}" in alone_policy()
    assert Read(page).all("script") == []


def test_without_the_extra_the_tables_stand_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "can_draw", lambda: False)
    page = patient_page(view("lung-zol-kidney-failing"), Links())
    assert "<img" not in page
    assert "Pictures are not drawn" in page
    assert Read(page).text.count("As a table") >= 3
    assert re.search(r'<details class="no-print" open><summary>As a table', page)


def test_links_are_there_where_they_lead_somewhere() -> None:
    seen = viewed(Bedside().given("zometa", "2026-05-20", "4 mg"), form_of=lambda rule: "mirels")
    links = Links(
        "/app",
        {"s": "ticket", "lang": "en"},
        lambda language: f"/app?lang={language}",
        lambda form: f"/app/forms/{form}",
        lambda rule: f"/app/reference/x#{rule}",
        "/app/forms",
        "/app/forms/sins",
        ("/smart/close", {"csrf": "token"}),
    )
    page = Read(patient_page(seen, links))
    addresses = [str(each["href"]) for each in page.all("a")]
    assert {"/app?lang=fr", "/app/forms/mirels", "/app/forms/sins", "/app/reference/x#CA-INTAKE-01"} <= set(addresses)
    assert [each["action"] for each in page.all("form")] == ["/app", "/smart/close"]
    fields = {each["name"]: each["value"] for each in page.all("input")}
    assert fields == {"s": "ticket", "lang": "en", "csrf": "token"}
    bare = Read(patient_page(seen, Links()))
    assert bare.all("form") == []
    assert all(str(each["href"]).startswith("#") for each in bare.all("a"))


def test_an_empty_chart_is_a_calm_page() -> None:
    text = Read(patient_page(viewed(Bedside()), Links())).text
    assert "Nothing is due by what is on record." in text
    assert "Nothing on record to draw." in text
    assert "No date follows from the record." in text


# --- pictures ---


def picture(name: str, key: str) -> str:
    seen = view(name)
    of = seen.course if key == "course" else next(curve for curve in seen.curves if curve.key == key)
    return drawing.draw(of, seen.axis, page_words("en")).light


def svg(address: str) -> str:
    return base64.b64decode(address.removeprefix("data:image/svg+xml;base64,")).decode()


@pytest.mark.parametrize("key", ["course", "clearance", "calcium", "vitamin-d"])
def test_a_picture_has_only_colours_of_the_palette(key: str) -> None:
    drawn = svg(picture("lung-zol-kidney-failing", key))
    assert set(re.findall("#[0-9a-f]{6}", drawn)) <= set(LIGHT.values())
    dark = darkened(drawn)
    assert set(re.findall("#[0-9a-f]{6}", dark)) <= set(DARK.values())
    assert "<script" not in drawn
    assert picture("lung-zol-kidney-failing", key) == picture("lung-zol-kidney-failing", key)


def test_every_colour_has_a_counterpart_and_every_mark_a_colour() -> None:
    assert set(LIGHT) == set(DARK)
    assert len(set(LIGHT.values())) == len(LIGHT)
    assert {colour for _, colour in MARKERS.values()} <= set(LIGHT)


LABELS = [
    ([(0, "4 mg"), (28, "4 mg"), (56, "3.3 mg")], ["4 mg", "", "3.3 mg"]),  # what repeats is not said again
    ([(0, "dentist"), (3, "X-ray"), (100, "dentist")], ["", "dentist, X-ray", "dentist"]),  # they touch
    ([(0, "dentist"), (10, "X-ray"), (100, "dentist")], ["", "X-ray", "dentist"]),  # no room beside the first
    ([(100, "a word so long that it would leave the picture on the right hand side of everything")], [""]),
]


@pytest.mark.parametrize(("marks", "written"), LABELS)
def test_labels_keep_out_of_each_others_way(marks: list[tuple[int, str]], written: list[str]) -> None:
    days = Axis(date(2026, 1, 1), date(2026, 4, 1), date(2026, 7, 1))
    shown = [Mark(days.first + timedelta(days=day), label) for day, label in marks]
    assert drawing._labels(shown, days) == written


def test_months_are_named_in_the_language_of_the_reader() -> None:
    import matplotlib.text

    drawn: list[str] = []
    original = matplotlib.text.Text.set_text

    def listen(self: matplotlib.text.Text, text: str) -> None:
        drawn.append(str(text))
        original(self, text)

    seen = view("lung-zol-kidney-failing", "fr")
    matplotlib.text.Text.set_text = listen  # type: ignore[method-assign]  # put back below
    try:
        drawing.draw(next(c for c in seen.curves if c.key == "calcium"), seen.axis, page_words("fr"))
    finally:
        matplotlib.text.Text.set_text = original  # type: ignore[method-assign]  # as it was
    assert "janv. 2026" in drawn
    assert "2,4" in drawn


# --- words ---


FAMILIES = (
    "tone",
    "light",
    "state",
    "origin",
    "kind",
    "sex",
    "born",
    "event",
    "plan",
    "short",
    "legend",
    "chapter",
    "at",
    "aura",
    "band",
)


def test_every_word_is_used_and_every_key_that_is_used_has_words() -> None:
    text = "\n".join(path.read_text("utf-8") for path in SOURCES)
    called = set(re.findall(r"""\bw(?:ords)?\(\s*["']([\w-]+)["']\s*[,)]""", text))
    known = page_words("en")
    assert [key for key in sorted(called) if not known.has(key)] == []
    quoted = set(re.findall(r"""["']([\w-]+)["']""", text))
    assert [key for key in known.keys if key not in quoted and key.partition("-")[0] not in FAMILIES] == []


def test_words_in_one_language_only_stop_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from cds_service.app_pages import words as module

    (tmp_path / "words.toml").write_text(
        '[one]\nen = "a {day}"\nfr = "b"\n[two]\nen = "a"\n[good]\nen = "a"\nfr = "b"\n'
    )
    monkeypatch.setattr(module, "files", lambda package: tmp_path)
    page_words.cache_clear()
    try:
        with pytest.raises(_BadWords, match="one, two"):
            page_words("en")
    finally:
        page_words.cache_clear()


def test_texts_of_cards_become_html_or_plain_text() -> None:
    assert inline("**a** \\*b\\* &lt;i&gt; <b>") == "<strong>a</strong> *b* &lt;i&gt; &lt;b&gt;"
    assert inline("[x](https://example.org)") == "[x](https://example.org)"
    assert block("a\n\n- b") == "<p>a</p>\n<ul>\n<li>b</li>\n</ul>\n"
    assert plain("60 \\[mL\\] &lt;x&gt;") == "60 [mL] <x>"
    assert Words("en", {"a": "b {c}"})("a", c=1) == "b 1"
