"""The generated page of rules is the one the tables make, and no computable rule is without test rows."""

from cds_service.catalogue import rows
from tests.house.recommendations import PAGE, page, test_rows


def test_the_page_is_renewed() -> None:
    assert PAGE.read_text("utf-8") == page(), "run python -m tests.house.recommendations"


def test_every_rule_with_a_check_has_rows() -> None:
    counted = test_rows()
    asked = (row for row in rows("en") if row["class"] in ("C", "Q") and row["hooks"] != ["app"])
    bare = [row["id"] for row in asked if not counted[row["id"]]]
    assert bare == []
