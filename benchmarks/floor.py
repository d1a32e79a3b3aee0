"""The floor: the least that any service of this kind can do. ``python -m benchmarks.floor PORT``

The same gunicorn settings, Flask, one route that parses the whole body with orjson and returns a constant card. Nobody
who answers CDS Hooks from Python in this way can be faster without reading less than the whole body.
"""

import gc
import sys

import orjson
from flask import Flask, Response, request

from cds_service.server import _Server  # private, but the floor must run under exactly the server that we ship
from cds_service.settings import load_settings

CARD = {
    "uuid": "5d1c3a52-8a51-4f0e-9d0c-0f3b1c1a6b1e",
    "summary": "A constant card",
    "detail": "The floor of the benchmark: this card is the same for everybody.",
    "indicator": "info",
    "source": {"label": "benchmark"},
}


def create_floor() -> Flask:
    """An application with the one route."""
    app = Flask("floor", static_folder=None)

    @app.post("/cds-services/<service_id>")
    def call(service_id: str) -> Response:
        sent = orjson.loads(request.get_data(cache=False))
        cards = [CARD] if sent["hook"] == "order-sign" else []
        return Response(orjson.dumps({"cards": cards}), content_type="application/json")

    return app


def run(port: int) -> None:
    """Serve until interrupted, with the same care for the garbage collector as ours."""
    app = create_floor()
    gc.collect()
    gc.freeze()
    _Server(load_settings(host="127.0.0.1", port=port), app).run()


if __name__ == "__main__":
    run(int(sys.argv.pop()))
