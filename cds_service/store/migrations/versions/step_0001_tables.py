"""The tables of the first release, and the beginning of both chains."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from cds_service.store.columns import Instant, Json

revision = "0001"
down_revision = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_KEY = sa.String(64)
_UUID = sa.Uuid(as_uuid=False)
_BEGINNING = "0" * 64


def upgrade() -> None:
    """Make everything."""
    _calls()
    _decisions()
    _cards()
    _feedback()
    _chains()
    _captures()
    _tokens()
    _memory()
    _memos()
    _watch()


def _needed(name: str, kind: Any, **more: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, **more)


def _link() -> list[sa.Column[Any]]:
    names: dict[str, Any] = {"form": sa.Integer(), "key_id": sa.String(16), "previous_hash": _KEY, "hash": _KEY}
    return [_needed(name, kind) for name, kind in names.items()]


def _calls() -> None:
    names = ("client", "tenant", "service", "hook")
    versions = ("edition", "language", "config_version", "software_version")
    op.create_table(
        "calls",
        _needed("seq", _SEQUENCE, autoincrement=False, primary_key=True),
        _needed("id", _UUID),
        _needed("at", Instant()),
        _needed("as_of", sa.Date()),
        *(_needed(name, sa.Text()) for name in names),
        _needed("hook_instance", _UUID),
        _needed("patient_key", _KEY),
        _needed("user_key", _KEY),
        sa.Column("ward", sa.Text()),
        *(_needed(name, sa.Text()) for name in versions),
        sa.Column("policy_version", sa.Text()),
        _needed("duration_us", sa.Integer()),
        _needed("checks", sa.Integer()),
        _needed("unanswered", Json()),
        _needed("broken", Json()),
        _needed("silent", sa.Boolean()),
        _needed("cards_shown", sa.Integer()),
        _needed("cards_withheld", sa.Integer()),
        *_link(),
        sa.UniqueConstraint("id", name="uq_calls_id"),
    )
    op.create_index("ix_calls_at", "calls", ["at"])


def _decisions() -> None:
    op.create_table(
        "decisions",
        _needed("call_seq", _SEQUENCE),
        _needed("position", sa.Integer()),
        *(_needed(name, sa.Text()) for name in ("rule", "case", "status", "severity")),
        sa.Column("draft_key", _KEY),
        sa.Column("fingerprint", sa.Text()),
        *(_needed(name, Json()) for name in ("figures", "evidence_hashes", "missing")),
        sa.Column("card", _UUID),
        _needed("shown", sa.Boolean()),
        sa.Column("withheld_because", sa.Text()),
        sa.ForeignKeyConstraint(["call_seq"], ["calls.seq"], name="fk_decisions_call_seq"),
        sa.PrimaryKeyConstraint("call_seq", "position", name="pk_decisions"),
        sqlite_with_rowid=False,
    )


def _cards() -> None:
    op.create_table(
        "cards",
        _needed("uuid", _UUID, primary_key=True),
        _needed("call_seq", _SEQUENCE),
        _needed("position", sa.Integer()),
        *(_needed(name, sa.Text()) for name in ("client", "tenant", "service", "indicator")),
        *(_needed(name, Json()) for name in ("rules", "suggestions", "reasons")),
        _needed("shown", sa.Boolean()),
        sa.ForeignKeyConstraint(["call_seq"], ["calls.seq"], name="fk_cards_call_seq"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_cards_call_seq", "cards", ["call_seq"])


def _feedback() -> None:
    op.create_table(
        "feedback",
        _needed("seq", _SEQUENCE, autoincrement=False, primary_key=True),
        _needed("id", _UUID),
        _needed("card", _UUID),
        *(_needed(name, sa.Text()) for name in ("client", "tenant", "service")),
        _needed("received_at", Instant()),
        _needed("outcome_at", Instant()),
        _needed("outcome", sa.Text()),
        _needed("accepted", Json()),
        *(sa.Column(name, sa.Text()) for name in ("reason_system", "reason_code", "comment")),
        sa.Column("comment_hash", _KEY),
        _needed("digest", _KEY),
        *_link(),
        sa.UniqueConstraint("id", name="uq_feedback_id"),
        sa.UniqueConstraint("card", "digest", name="uq_feedback_card"),
    )
    op.create_index("ix_feedback_received_at", "feedback", ["received_at"])


def _chains() -> None:
    signed: tuple[tuple[str, Any], ...] = ("hash", _KEY), ("key_id", sa.String(16)), ("signature", _KEY)
    ends = op.create_table(
        "chains",
        _needed("name", sa.Text(), primary_key=True),
        _needed("seq", sa.BigInteger()),
        *(_needed(name, kind) for name, kind in signed),
    )
    beginning = {"seq": 0, "hash": _BEGINNING, "key_id": "", "signature": ""}
    op.bulk_insert(ends, [{"name": name, **beginning} for name in ("calls", "feedback")])
    op.create_table(
        "anchors",
        _needed("chain", sa.Text()),
        _needed("seq", sa.BigInteger()),
        _needed("older_than", Instant()),
        _needed("purged_at", Instant()),
        _needed("entries", sa.BigInteger()),
        _needed("intact", sa.Boolean()),
        *(_needed(name, kind) for name, kind in signed),
        sa.PrimaryKeyConstraint("chain", "seq", name="pk_anchors"),
    )


def _captures() -> None:
    op.create_table(
        "captures",
        _needed("call", _UUID, primary_key=True),
        _needed("at", Instant()),
        _needed("key_id", sa.Text()),
        _needed("ciphertext", sa.LargeBinary()),
    )
    op.create_index("ix_captures_at", "captures", ["at"])


def _tokens() -> None:
    op.create_table(
        "seen_tokens",
        _needed("issuer", sa.Text()),
        _needed("jti_hash", _KEY),
        _needed("expires_at", Instant()),
        sa.PrimaryKeyConstraint("issuer", "jti_hash", name="pk_seen_tokens"),
    )
    op.create_index("ix_seen_tokens_expires_at", "seen_tokens", ["expires_at"])


def _memory() -> None:
    op.create_table(
        "memory",
        _needed("id", _SEQUENCE, primary_key=True),
        _needed("tenant_key", sa.Text()),
        _needed("patient_key", _KEY),
        *(_needed(name, sa.Text()) for name in ("rule", "fingerprint", "kind", "severity")),
        _needed("day", sa.Date()),
        _needed("hook", sa.Text()),
        sa.Column("draft", sa.Text()),
        sa.Column("user_key", _KEY),
    )
    op.create_index("ix_memory_patient", "memory", ["tenant_key", "patient_key", "day"])


def _memos() -> None:
    op.create_table(
        "memos",
        _needed("card", _UUID, primary_key=True),
        _needed("tenant_key", sa.Text()),
        _needed("patient_key", _KEY),
        sa.Column("user_key", _KEY),
        _needed("day", sa.Date()),
        *(_needed(name, sa.Text()) for name in ("service", "hook")),
        *(_needed(name, Json()) for name in ("traces", "suggestions")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_memos_day", "memos", ["day"])


def _watch() -> None:
    names = ("client", "tenant", "kind", "system", "code")
    op.create_table(
        "watch",
        _needed("day", sa.Date()),
        *(_needed(name, sa.Text()) for name in names),
        _needed("seen", sa.BigInteger()),
        sa.PrimaryKeyConstraint("day", *names, name="pk_watch"),
        sqlite_with_rowid=False,
    )
