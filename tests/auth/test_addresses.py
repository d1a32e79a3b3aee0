"""Which addresses may stand in settings and in the clients file."""

import pytest

from cds_service.addresses import address, is_loopback, is_origin, secure_address
from tests.support.drawn import name, rows

ADDRESSES = """
    written                      | address                  | secure
    -----------------------------+--------------------------+-------
    https://ehr.example          | https://ehr.example      | yes
    https://ehr.example/         | https://ehr.example      | yes
    https://ehr.example/a/b/     | https://ehr.example/a/b  | yes
    https://ehr.example:8443/a   | https://ehr.example:8443/a | yes
    https://10.0.0.1/fhir        | https://10.0.0.1/fhir    | yes
    https://[2001:db8::1]/fhir   | https://[2001:db8::1]/fhir | yes
    http://ehr.example           | http://ehr.example       | no
    http://10.0.0.1              | http://10.0.0.1          | no
    http://127.0.0.1:8080        | http://127.0.0.1:8080    | yes
    http://localhost:8080        | http://localhost:8080    | yes
    http://[::1]:8080            | http://[::1]:8080        | yes
    http://localhost.evil        | http://localhost.evil    | no
    http://127.0.0.1.evil        | http://127.0.0.1.evil    | no
    ehr.example                  |                          | no
    //ehr.example                |                          | no
    ftp://ehr.example            |                          | no
    file:///etc/passwd           |                          | no
    https://                     |                          | no
    https:///path                |                          | no
    https://ehr.example:99999    |                          | no
    https://u@ehr.example        |                          | no
    https://u:p@ehr.example      |                          | no
    https://ehr.example?x        |                          | no
    https://ehr.example\\evil    |                          | no
    https://ehr.exämple          |                          | no
"""


@pytest.mark.parametrize("row", rows(ADDRESSES), ids=name)
def test_addresses(row: dict[str, str]) -> None:
    for read, wanted in ((address, bool(row["address"])), (secure_address, row["secure"] == "yes")):
        if wanted:
            assert read(row["written"]) == row["address"]
        else:
            with pytest.raises(ValueError, match=r"is not|has a user") as refused:
                read(row["written"])
            assert row["written"] == "https://" or row["written"] not in str(refused.value)


@pytest.mark.parametrize("odd", ["", " ", "https://a.example#x", "https://a b", "https://a\n", "https://a\x00"])
def test_odd_texts_are_no_addresses(odd: str) -> None:
    with pytest.raises(ValueError, match=r"is not|has a user"):
        address(odd)


@pytest.mark.parametrize("origin", ["https://ehr.example", "http://localhost:3000", "https://10.0.0.1:8443"])
def test_origins(origin: str) -> None:
    assert is_origin(origin)
    assert not is_origin(f"{origin}/")
    assert not is_origin(f"{origin} ")


@pytest.mark.parametrize("origin", ["*", "null", "ehr.example", "https://*.example", "https://a.example/x", ""])
def test_no_origins(origin: str) -> None:
    assert not is_origin(origin)


def test_this_machine() -> None:
    assert all(map(is_loopback, ["127.0.0.1", "127.1.2.3", "::1", "localhost"]))
    assert not any(map(is_loopback, ["0.0.0.0", "::", "10.0.0.1", "ehr.example", "localhost.evil", ""]))
