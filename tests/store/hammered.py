"""The application that the kill test runs under gunicorn: the whole service, and a way to use a token."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask, request

from cds_service.app import create_app
from cds_service.settings import Settings
from cds_service.store.keys import Ring
from cds_service.store.store import Store, open_store
from tests.store.answers import DAY, SECRET, parts


def serve() -> Flask:
    """The service on the database and the folder that the environment names; made once, then forked."""
    return with_tokens(open_store(os.environ["HAMMER_URL"], Ring(SECRET), Path(os.environ["HAMMER_STATE"])))


def with_tokens(store: Store) -> Flask:
    app = create_app(Settings(), lambda: DAY, parts(), store=store)

    @app.post("/token")
    def token() -> dict[str, bool]:
        expires = datetime.now(UTC) + timedelta(minutes=5)
        return {"first": store.tokens.first_use("https://ehr.example.org", request.get_data(as_text=True), expires)}

    return app
