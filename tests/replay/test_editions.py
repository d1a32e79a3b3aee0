"""The page of what the newest edition changes is what a replay says today."""

from tests.replay.editions import PAGE, page


def test_the_page_is_renewed() -> None:
    assert PAGE.read_text("utf-8") == page(), "renew it: python -m tests.replay.editions"
