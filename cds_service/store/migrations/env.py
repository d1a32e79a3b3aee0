"""Alembic runs this for every command. `cds_service.store.migrate` has opened the transaction and holds the lock.

A new step is a new file in ``versions``: copy the newest, give it the next number as ``revision`` and the one before it
as ``down_revision``, and write ``upgrade``. Released steps are never edited: databases that took them would differ from
those that take them later. What a step has to do:

* work on SQLite and PostgreSQL alike (``op.get_context().dialect.name`` tells them apart where it must);
* keep every row of the decision log and of feedback byte for byte, since they are hashed: add columns, never rewrite
  them, and add a new version of the canonical form in `cds_service.store.chain` when new columns are to be hashed too;
* be quick, or be done in parts: while it runs, nobody writes.

The whole of a step that adds a column, after the imports and the two revisions::

    def upgrade() -> None:
        op.add_column("calls", sa.Column("station", sa.Text()))

There is no ``downgrade``: an older version of the software refuses to serve on a newer schema, and a log that was
written since cannot be unwritten. Go back by restoring the backup that was made before the upgrade.
"""

from alembic import context
from sqlalchemy import Connection

from cds_service.store.schema import metadata


def migrate() -> None:
    """Bring the database that `cds_service.store.migrate` hands over up to date.

    Raises:
        RuntimeError: run by Alembic's own command line, which does not know our settings and takes no lock.
    """
    connection = context.config.attributes.get("connection")
    if not isinstance(connection, Connection):
        raise RuntimeError("use: osteohooks database upgrade")
    applied = context.config.attributes.get("applied")
    context.configure(connection=connection, target_metadata=metadata, on_version_apply=applied)
    with context.begin_transaction():
        context.run_migrations()


migrate()
