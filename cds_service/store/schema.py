"""The tables. ``migrations`` makes them; a test compares both.

The decision log (`calls`, `decisions`, `cards`) and `feedback` are append-only and hash-chained, see
`cds_service.store.chain`. Patients, users and orders appear as keyed hashes only (`cds_service.store.keys`). ``client``
and ``tenant`` are the id of the EHR client and the tenant claim of its token ("" when it has none).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from cds_service.store.columns import Instant, Json

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)
_Sequence = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts rows by INTEGER alone
_Key = String(64)  # a keyed hash, hexadecimal
_Uuid = Uuid(as_uuid=False)  # read and written as text: it is hashed and sent as text

# One row per answered call. `seq` counts without gaps in the order of the chain, which is nearly that of time.
calls = Table(
    "calls",
    metadata,
    Column("seq", _Sequence, primary_key=True, autoincrement=False),
    Column("id", _Uuid, nullable=False, unique=True),
    Column("at", Instant, nullable=False, index=True),
    Column("as_of", Date, nullable=False),
    Column("client", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("hook", Text, nullable=False),
    Column("hook_instance", _Uuid, nullable=False),
    Column("patient_key", _Key, nullable=False),
    Column("user_key", _Key, nullable=False),
    Column("ward", Text),
    Column("edition", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("config_version", Text, nullable=False),
    Column("software_version", Text, nullable=False),
    Column("policy_version", Text),
    Column("duration_us", Integer, nullable=False),
    Column("checks", Integer, nullable=False),  # rules asked
    Column("unanswered", Json, nullable=False),  # {"prefetch key": "why it could not be had"}
    Column("broken", Json, nullable=False),  # {"rule": "kind of error"} of checks that failed
    Column("silent", Boolean, nullable=False),  # shadow mode kept something back
    Column("cards_shown", Integer, nullable=False),
    Column("cards_withheld", Integer, nullable=False),
    Column("form", Integer, nullable=False),  # version of the canonical form that was hashed
    Column("key_id", String(16), nullable=False),
    Column("previous_hash", _Key, nullable=False),
    Column("hash", _Key, nullable=False),
)

# One row per finding that speaks (fires or needs data), shown or not.
decisions = Table(
    "decisions",
    metadata,
    Column("call_seq", _Sequence, ForeignKey("calls.seq"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("rule", Text, nullable=False),
    Column("case", Text, nullable=False),
    Column("status", Text, nullable=False),  # fires | needs-data
    Column("severity", Text, nullable=False),  # info | warning | critical
    Column("draft_key", _Key),  # the order it is about
    Column("fingerprint", Text),  # digest of the facts it rests on, as the memory of what was said uses it
    Column("figures", Json, nullable=False),  # the numbers of the decision: the only values of a patient in the log
    Column("evidence_hashes", Json, nullable=False),  # keyed hashes of the facts, in order
    Column("missing", Json, nullable=False),  # {"what": "why"}
    Column("card", _Uuid),  # the card that carries it, shown or not
    Column("shown", Boolean, nullable=False),
    Column("withheld_because", Text),  # silent, left-out, or words of hooks.quiet.Reason
    PrimaryKeyConstraint("call_seq", "position"),
    sqlite_with_rowid=False,
)

# One row per card made; only those shown can have feedback.
cards = Table(
    "cards",
    metadata,
    Column("uuid", _Uuid, primary_key=True),
    Column("call_seq", _Sequence, ForeignKey("calls.seq"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("client", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("indicator", Text, nullable=False),
    Column("rules", Json, nullable=False),  # ["ZOL-DOSE-01", ...]
    Column("suggestions", Json, nullable=False),  # ["uuid", ...]
    Column("reasons", Json, nullable=False),  # override reasons offered: [["system", "code"], ...]
    Column("shown", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

# One row per report of what became of a card; a card may be reported more than once, a repeat is not stored again.
feedback = Table(
    "feedback",
    metadata,
    Column("seq", _Sequence, primary_key=True, autoincrement=False),
    Column("id", _Uuid, nullable=False, unique=True),
    Column("card", _Uuid, nullable=False),
    Column("client", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("received_at", Instant, nullable=False, index=True),
    Column("outcome_at", Instant, nullable=False),
    Column("outcome", Text, nullable=False),  # accepted | overridden
    Column("accepted", Json, nullable=False),  # uuids of accepted suggestions
    Column("reason_system", Text),
    Column("reason_code", Text),
    Column("comment", Text),  # free text of a user: may be erased, its hash stays
    Column("comment_hash", _Key),
    Column("digest", _Key, nullable=False),  # of what was reported: the same twice is stored once
    Column("form", Integer, nullable=False),
    Column("key_id", String(16), nullable=False),
    Column("previous_hash", _Key, nullable=False),
    Column("hash", _Key, nullable=False),
    UniqueConstraint("card", "digest"),
)

# The end of each chain ("calls", "feedback"): locked while a link is added, signed, so that a cut-off end is noticed.
chains = Table(
    "chains",
    metadata,
    Column("name", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", _Key, nullable=False),
    Column("key_id", String(16), nullable=False),
    Column("signature", _Key, nullable=False),
)

# What stands for a purged span: everything up to `seq` is gone, and the next link follows `hash`.
anchors = Table(
    "anchors",
    metadata,
    Column("chain", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", _Key, nullable=False),
    Column("older_than", Instant, nullable=False),
    Column("purged_at", Instant, nullable=False),
    Column("entries", BigInteger, nullable=False),
    Column("intact", Boolean, nullable=False),  # whether the chain held when the span was purged
    Column("key_id", String(16), nullable=False),
    Column("signature", _Key, nullable=False),
    PrimaryKeyConstraint("chain", "seq"),
)

# The request of a call, encrypted, for tenants that asked for it.
captures = Table(
    "captures",
    metadata,
    Column("call", _Uuid, primary_key=True),  # calls.id
    Column("at", Instant, nullable=False, index=True),
    Column("key_id", Text, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
)

# Identifiers of tokens that were used, until they expire.
seen_tokens = Table(
    "seen_tokens",
    metadata,
    Column("issuer", Text, nullable=False),
    Column("jti_hash", _Key, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    PrimaryKeyConstraint("issuer", "jti_hash"),
)

# What became of findings shown to the users of a patient: hooks.quiet.Remembered.
memory = Table(
    "memory",
    metadata,
    Column("id", _Sequence, primary_key=True),
    Column("tenant_key", Text, nullable=False),
    Column("patient_key", _Key, nullable=False),
    Column("rule", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("hook", Text, nullable=False),
    Column("draft", Text),  # digest of the reference of an order
    Column("user_key", _Key),
    Index("ix_memory_patient", "tenant_key", "patient_key", "day"),
)

# Cards that were shown, so that feedback can become memory: hooks.quiet.CardMemo.
memos = Table(
    "memos",
    metadata,
    Column("card", _Uuid, primary_key=True),
    Column("tenant_key", Text, nullable=False),
    Column("patient_key", _Key, nullable=False),
    Column("user_key", _Key),
    Column("day", Date, nullable=False, index=True),
    Column("service", Text, nullable=False),
    Column("hook", Text, nullable=False),
    Column("traces", Json, nullable=False),
    Column("suggestions", Json, nullable=False),
    sqlite_with_rowid=False,
)

# Counters of the watchdog: what was seen, per day.
watch = Table(
    "watch",
    metadata,
    Column("day", Date, nullable=False),
    Column("client", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("kind", Text, nullable=False),  # rule-fired | code-unmapped | unit-unknown | canary ...
    Column("system", Text, nullable=False),  # "" where it has none
    Column("code", Text, nullable=False),
    Column("seen", BigInteger, nullable=False),
    PrimaryKeyConstraint("day", "client", "tenant", "kind", "system", "code"),
    sqlite_with_rowid=False,
)

# What the app holds while it is used, sealed: launches under way and sessions (`cds_service.store.held`).
held = Table(
    "held",
    metadata,
    Column("id", _Key, primary_key=True),  # digest of the handle, which only the browser or the EHR knows
    Column("ends_at", Instant, nullable=False, index=True),
    Column("idle_at", Instant),  # ends then, unless it is used before
    Column("version", Integer, nullable=False),  # counts how often it was replaced
    Column("leased_until", Instant),  # somebody is replacing it
    Column("key_id", String(16), nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
)
