"""The FHIR server of the conformance checks: gone when it is gone."""

import requests

from cds_service.conformance.fhir_stub import running
from tests.service.test_server import free_port


def test_a_kept_connection_does_not_outlive_the_server() -> None:
    """Or the next server at that address would never be asked."""
    port = free_port()
    with requests.Session() as session:
        with running("127.0.0.1", port) as first:
            assert session.get(first.url("whole") + "/Patient").status_code == 200
        with running("127.0.0.1", port) as second:
            assert session.get(second.url("whole") + "/Patient").status_code == 200
            assert [seen.path for seen in second.seen] == ["Patient"]
    assert [seen.path for seen in first.seen] == ["Patient"]
