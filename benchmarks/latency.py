"""Fetching what an EHR did not send: a FHIR server that answers each search after 50 ms, all keys of a service missing.

Told as a multiple of one latency: 1 is what could be had at best, when everything is asked for at once.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import median
from urllib.parse import urlsplit

from benchmarks.workload import SCENARIO, SERVICE
from cds_service.clients import DEVELOPMENT
from cds_service.fetching.fetcher import Fetcher
from cds_service.sandbox.scenarios import PREFETCH_TYPES, hook_request, scenario
from hooks.exact_json import dumps_exact
from hooks.request import HookRequest
from hooks.services import services

LATENCY = 0.05  # s
MISSING = 8
CALLS, WARM_UP = 30, 3


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


@contextmanager
def _slow_server(answers: dict[str, bytes]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            kind = urlsplit(self.path).path.strip("/").split("/")[1]
            time.sleep(LATENCY)
            body = answers[kind]
            self.send_response(200)
            self.send_header("Content-Type", "application/fhir+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = _Quiet(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/fhir"
    finally:
        server.shutdown()
        server.server_close()


def fetch_over_latency(day: date) -> float:
    """Median time of a call that fetches ``MISSING`` keys, as a multiple of one latency."""
    service = next(each for each in services() if each.id == SERVICE)
    sent = hook_request(scenario(SCENARIO), day)
    away = list(service.prefetch)[:MISSING]
    answers = {PREFETCH_TYPES.get(key, "Patient"): dumps_exact(sent["prefetch"][key]) for key in away}
    kept = {key: value for key, value in sent["prefetch"].items() if key not in away}
    with _slow_server(answers) as url:
        granted = {"access_token": "t", "token_type": "Bearer", "expires_in": 300, "scope": "s", "subject": "b"}
        body = json.dumps(json.loads(dumps_exact({**sent, "prefetch": kept})) | {
            "fhirServer": url, "fhirAuthorization": granted,
        }).encode()  # fmt: skip
        fetcher = Fetcher(own_machine=True)
        taken = []
        for number in range(CALLS + WARM_UP):
            call = HookRequest.parse(body, service.hook)
            start = time.perf_counter()
            data = fetcher.complete(call, service, DEVELOPMENT)
            taken += [time.perf_counter() - start] if number >= WARM_UP else []
            if data.failures or len(data.origins) != len(away):
                raise RuntimeError(f"not everything was fetched: {dict(data.failures)}")
        fetcher.close()
    return median(taken) / LATENCY
