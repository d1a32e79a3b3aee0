"""The database itself refuses to change or remove what is in the log; the owner of the database could still lift it.

Allowed are: removing rows that a signed anchor stands for (`cds_service.store.purge`), and erasing a user's comment.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

# table → (its chain, the column that holds the place in it)
_TABLES = {
    "calls": ("calls", "seq"),
    "decisions": ("calls", "call_seq"),
    "cards": ("calls", "call_seq"),
    "feedback": ("feedback", "seq"),
}
_ERASABLE = "comment"

_POSTGRESQL = (
    """
    CREATE FUNCTION osteohooks_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        place bigint;
        anchored bigint;
    BEGIN
        IF TG_OP = 'UPDATE' AND TG_NARGS = 3 AND to_jsonb(NEW)->>TG_ARGV[2] IS NULL
           AND to_jsonb(NEW) - TG_ARGV[2] = to_jsonb(OLD) - TG_ARGV[2] THEN
            RETURN NEW;
        END IF;
        IF TG_OP = 'DELETE' THEN
            place := (to_jsonb(OLD)->>TG_ARGV[1])::bigint;
            SELECT COALESCE(MAX(seq), 0) INTO anchored FROM anchors WHERE chain = TG_ARGV[0];
            IF place <= anchored THEN
                RETURN OLD;
            END IF;
        END IF;
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$
    """,
    """
    CREATE FUNCTION osteohooks_never() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$
    """,
    "CREATE TRIGGER anchors_stay BEFORE UPDATE OR DELETE ON anchors FOR EACH ROW EXECUTE FUNCTION osteohooks_never()",
    "CREATE TRIGGER chains_stay BEFORE DELETE ON chains FOR EACH ROW EXECUTE FUNCTION osteohooks_never()",
)


def upgrade() -> None:
    """Put the guards in place."""
    if op.get_context().dialect.name == "sqlite":
        for table, (chain, place) in _TABLES.items():
            _guard_sqlite(table, chain, place)
        for event in ("UPDATE", "DELETE"):
            op.execute(_sqlite_trigger("anchors", event))
        op.execute(_sqlite_trigger("chains", "DELETE"))
        return
    for statement in _POSTGRESQL:
        op.execute(statement)
    for table, (chain, place) in _TABLES.items():
        _guard_postgresql(table, chain, place)


def _guard_sqlite(table: str, chain: str, place: str) -> None:
    columns = [row[1] for row in op.get_bind().exec_driver_sql(f"PRAGMA table_info({table})")]
    kept = ", ".join(f'"{name}"' for name in columns if (table, name) != ("feedback", _ERASABLE))
    op.execute(_sqlite_trigger(table, "UPDATE", event=f"UPDATE OF {kept}"))
    anchored = f"SELECT COALESCE(MAX(seq), 0) FROM anchors WHERE chain = '{chain}'"
    op.execute(_sqlite_trigger(table, "DELETE", when=f"OLD.{place} > ({anchored})"))
    if table == "feedback":
        op.execute(_sqlite_trigger(table, "ERASE", event=f"UPDATE OF {_ERASABLE}", when=f"NEW.{_ERASABLE} IS NOT NULL"))


def _sqlite_trigger(table: str, name: str, event: str = "", when: str = "") -> str:
    condition = f"WHEN {when}" if when else ""
    return (
        f"CREATE TRIGGER {table}_stay_{name.lower()} BEFORE {event or name} ON {table} {condition} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


def _guard_postgresql(table: str, chain: str, place: str) -> None:
    arguments = f"'{chain}', '{place}'" + (f", '{_ERASABLE}'" if table == "feedback" else "")
    op.execute(
        f"CREATE TRIGGER {table}_stay BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION osteohooks_append_only({arguments})"
    )
    op.execute(
        f"CREATE TRIGGER {table}_stay_whole BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION osteohooks_never()"
    )
