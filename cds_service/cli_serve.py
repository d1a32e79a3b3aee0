"""``osteohooks serve``: the service under its production server."""

import click

from cds_service.server import run
from cds_service.settings import load_settings


@click.command()
@click.option("--host", help="Address to listen on (default 127.0.0.1, or OSTEOHOOKS_HOST).")
@click.option("--port", type=int, help="Port (default 8080, or OSTEOHOOKS_PORT).")
def serve(host: str | None, port: int | None) -> None:
    """Serve the CDS Hooks API until interrupted."""
    run(load_settings(host=host, port=port))
