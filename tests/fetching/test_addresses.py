"""Which servers may be asked: the list of the client, and what a name resolves to."""

import pytest

from cds_service.fetching.addresses import Base, is_own_machine, is_permitted, listed, read_base
from cds_service.fetching.limits import NotObtained
from fhir_mappers.record.answer import INCOMPLETE
from tests.support.drawn import rows

BASES = """
address                                | origin                      | path
---------------------------------------+-----------------------------+----------
https://ehr.example.org/fhir           | https://ehr.example.org     | /fhir
https://EHR.Example.ORG:443/fhir/      | https://ehr.example.org     | /fhir
http://ehr.example.org:80              | http://ehr.example.org      |
https://ehr.example.org:8443/a/b//     | https://ehr.example.org:8443 | /a/b
http://[::1]:8080/fhir                 | http://[::1]:8080           | /fhir
https://ehr.example.org/a%20b          | https://ehr.example.org     | /a%20b
ftp://ehr.example.org/fhir             | none                        |
file:///etc/passwd                     | none                        |
gopher://127.0.0.1:70/x                | none                        |
ehr.example.org/fhir                   | none                        |
https:///fhir                          | none                        |
https://ehr.example.org:0/fhir         | none                        |
https://ehr.example.org:99999/fhir     | none                        |
https://user:pass@ehr.example.org/fhir | none                        |
https://@ehr.example.org/fhir          | none                        |
https://ehr.example.org/fhir?x=1       | none                        |
https://ehr.example.org/fhir/../admin  | none                        |
https://ehr.example.org/fhir/%2e%2e/x  | none                        |
https://ehr.example.org/a/..%2fx       | none                        |
https://ehr.example.org\\@evil.example | none                        |
https://ehr.example.org/fhir\\..       | none                        |
https://ehr_example!.org/fhir          | none                        |
https://éhr.example.org/fhir           | none                        |
"""


@pytest.mark.parametrize("row", rows(BASES), ids=lambda row: row["address"])
def test_a_base_address_has_one_spelling_or_is_none(row: dict[str, str]) -> None:
    base = read_base(row["address"])
    if row["origin"] == "none":
        assert base is None
    else:
        assert base is not None
        assert (base.origin, base.path, base.url) == (row["origin"], row["path"], row["origin"] + row["path"])


LISTED = """
on the list                  | asked for                         | may be asked
-----------------------------+-----------------------------------+-------------
https://ehr.example.org/fhir | https://ehr.example.org/fhir      | yes
https://ehr.example.org/fhir | https://EHR.example.org:443/fhir/ | yes
https://ehr.example.org/fhir | https://ehr.example.org/fhir/R4   | yes
https://ehr.example.org      | https://ehr.example.org/fhir      | yes
https://ehr.example.org/fhir | https://ehr.example.org/fhir2     | no
https://ehr.example.org/fhir | https://ehr.example.org/          | no
https://ehr.example.org/fhir | http://ehr.example.org/fhir       | no
https://ehr.example.org/fhir | https://ehr.example.org:444/fhir  | no
https://ehr.example.org/fhir | https://ehr.example.org.evil/fhir | no
https://ehr.example.org/fhir | https://other.example.org/fhir    | no
https://127.0.0.1/fhir       | https://localhost/fhir            | no
nonsense                     | https://ehr.example.org/fhir      | no
"""


@pytest.mark.parametrize("row", rows(LISTED), ids=lambda row: row["asked for"])
def test_the_list_decides(row: dict[str, str]) -> None:
    asked = read_base(row["asked for"])
    assert asked is not None
    found = listed(asked, ["https://another.example.org/x", row["on the list"]])
    assert (found is not None) is (row["may be asked"] == "yes")


RESOLVED = """
host            | resolves to            | permitted
----------------+------------------------+----------
ehr.example.org | 203.0.113.7            | yes
ehr.example.org | 2001:db8::7            | yes
ehr.hospital    | 10.1.2.3               | yes             # a listed name may lie inside the hospital
ehr.hospital    | 192.168.7.1            | yes
ehr.hospital    | 172.16.0.9             | yes
ehr.hospital    | 100.64.1.1             | yes
ehr.hospital    | fd12:3456::1           | yes
ehr.example.org | 127.0.0.1              | no              # it has been made to point at ourselves
ehr.example.org | 127.9.9.9              | no
ehr.example.org | ::1                    | no
ehr.example.org | ::ffff:127.0.0.1       | no
ehr.example.org | 64:ff9b::7f00:1        | no
ehr.example.org | 2002:7f00:1::          | no
ehr.example.org | 0.0.0.0                | no
ehr.example.org | ::                     | no
ehr.example.org | 169.254.169.254        | no              # where clouds keep the secrets of a machine
ehr.example.org | ::ffff:169.254.169.254 | no
ehr.example.org | fd00:ec2::254          | no
ehr.example.org | 100.100.100.200        | no
ehr.example.org | 168.63.129.16          | no
ehr.example.org | 169.254.1.1            | no
ehr.example.org | fe80::1%eth0           | no
ehr.example.org | 224.0.0.1              | no
ehr.example.org | ff02::1                | no
localhost       | 127.0.0.1              | yes
localhost       | ::1                    | yes
localhost       | 10.0.0.1               | no
127.0.0.1       | 127.0.0.1              | yes             # the list names this very address
169.254.1.1     | 169.254.1.1            | yes
10.0.0.1        | 10.0.0.1               | yes
10.0.0.1        | 10.0.0.2               | no
[::1]           | ::1                    | yes
0.0.0.0         | 0.0.0.0                | no
"""


@pytest.mark.parametrize("row", rows(RESOLVED), ids=lambda row: f"{row['host']}-{row['resolves to']}")
def test_what_a_name_resolves_to_is_checked(row: dict[str, str]) -> None:
    assert is_permitted(row["resolves to"], row["host"]) is (row["permitted"] == "yes")


@pytest.mark.parametrize(("host", "own"), [("127.0.0.1", True), ("[::1]", True), ("localhost", True), ("127.8.8.8", True),
                                           ("10.0.0.1", False), ("localhost.example.org", False), ("2130706433", False)])  # fmt: skip
def test_this_machine_is_known_by_name(host: str, own: bool) -> None:
    assert is_own_machine(Base("http", host, 80, "")) is own


NEXT = """
link                                               | is asked for
---------------------------------------------------+---------------------------------------------
https://ehr.example.org/fhir/Observation?page=2    | https://ehr.example.org/fhir/Observation?page=2
https://EHR.example.org:443/fhir?_getpages=a-b     | https://ehr.example.org/fhir?_getpages=a-b
https://ehr.example.org/pages/2                    | https://ehr.example.org/pages/2
Observation?page=2                                 | https://ehr.example.org/fhir/Observation?page=2
?page=2                                            | https://ehr.example.org/fhir/?page=2
http://ehr.example.org/fhir/Observation?page=2     | refused
https://ehr.example.org:8443/fhir?page=2           | refused
https://evil.example.org/fhir?page=2               | refused
//evil.example.org/fhir?page=2                     | refused
https://ehr.example.org@evil.example.org/fhir      | refused
https://x@ehr.example.org/fhir                     | refused
https://ehr.example.org\\@evil.example.org/fhir    | refused
https://ehr.example.org/fhir/../../etc/%2e%2e/x    | refused
https://ehr.example.org/fhir?page=2 x              | refused
https://[ehr.example.org/fhir                      | refused
file:///etc/passwd                                 | refused
javascript:alert(1)                                | refused
"""


@pytest.mark.parametrize("row", rows(NEXT), ids=lambda row: row["link"])
def test_the_next_page_lies_on_the_same_server(row: dict[str, str]) -> None:
    base = read_base("https://ehr.example.org/fhir")
    assert base is not None
    if row["is asked for"] == "refused":
        with pytest.raises(NotObtained) as failure:
            base.next_page(row["link"])
        assert failure.value.why == INCOMPLETE
    else:
        assert base.next_page(row["link"]) == row["is asked for"]


def test_a_fragment_hides_nothing() -> None:
    assert read_base("https://ehr.example.org/fhir#x") is None
    base = read_base("https://ehr.example.org/fhir")
    assert base is not None
    assert base.next_page("/fhir/Observation?page=2#part") == "https://ehr.example.org/fhir/Observation?page=2"
