"""Alembic's folder: how a database becomes what `cds_service.store.schema` describes, one numbered step at a time."""
