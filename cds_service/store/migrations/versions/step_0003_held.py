"""What the app holds while it is used: launches under way and sessions, sealed, until they end.

No record and nothing that is reported: rows come and go within hours, so nothing guards or links them. The index serves
the removal of what has ended. An installation that goes back to an older version may drop the table: sessions end, and
clinicians open the app again.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from cds_service.store.columns import Instant

revision = "0003"
down_revision = "0002"

_KEY = sa.String(64)


def upgrade() -> None:
    """Make the table."""
    op.create_table("held", *_columns())
    op.create_index("ix_held_ends_at", "held", ["ends_at"])


def _columns() -> list[sa.Column[Any]]:
    return [
        _needed("id", _KEY, primary_key=True),
        _needed("ends_at", Instant()),
        sa.Column("idle_at", Instant()),
        _needed("version", sa.Integer()),
        sa.Column("leased_until", Instant()),
        _needed("key_id", sa.String(16)),
        _needed("ciphertext", sa.LargeBinary()),
    ]


def _needed(name: str, kind: Any, **more: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, **more)
