"""What each client works with on each day."""

import gc
from datetime import date
from pathlib import Path

import pytest

from cds_service.app import create_app
from cds_service.clients import DEVELOPMENT, Client
from cds_service.sandbox.scenarios import hook_request_bytes, scenario
from cds_service.server import run
from cds_service.settings import Settings
from cds_service.site.policies import Site, open_site
from hooks.policy import BadPolicy
from hooks.services import services
from tests.site.policies import VERSION, parts, written

NUMBER = '[[version.limit]]\nname = "AR-DENTAL-01.freshness"\nvalue = "{}"\n'
LAB = "https://hospital.example.org/lab"
DAY = date(2026, 6, 1)


def freshness(site: Site, client: Client, day: date = DAY) -> str:
    return str(site.parts(client, day).rules["AR-DENTAL-01"].numbers["aura-2026"].freshness)


def test_a_client_has_its_own_policy_else_that_of_the_installation(tmp_path: Path) -> None:
    house = written(tmp_path, VERSION + NUMBER.format("120 d"), "house.toml")
    own = written(tmp_path, VERSION + NUMBER.format("90 d"), "own.toml")
    clients = (Client("a", policy=str(own)), Client("b"))
    site = Site(lambda: DAY, "aura-2026", house, clients)
    assert [freshness(site, client) for client in (*clients, DEVELOPMENT)] == ["90 d", "120 d", "120 d"]
    assert freshness(site, clients[0], date(2025, 12, 31)) == "183 d"  # before the first version
    assert freshness(Site(lambda: DAY, "aura-2026", None, clients), clients[1]) == "183 d"
    assert {versions.id for versions in site.policies} == {"site"}


def test_what_is_made_at_the_start_is_not_made_again(tmp_path: Path) -> None:
    site = Site(
        lambda: DAY, "aura-2026", written(tmp_path, VERSION), (Client("a"), Client("b", edition="aura-earlier"))
    )
    shipped, made = site.in_use(DAY)
    assert site.parts(Client("a"), DAY) is site.parts(DEVELOPMENT, DAY) is made
    assert site.parts(DEVELOPMENT, date(2020, 1, 1)) is site.shipped is shipped
    assert site.in_use(date(2020, 1, 1)) == (shipped,)


def test_what_is_given_is_used_whatever_else_is_said(tmp_path: Path) -> None:
    given = parts()
    site = Site(lambda: date(2020, 1, 1), "aura-2026", written(tmp_path, "nonsense"), (Client("a"),), given)
    assert site.parts(Client("a"), DAY) is site.shipped is given
    assert (site.in_use(DAY), site.today()) == ((given,), given.today())


def test_the_codes_of_the_installation_are_asked_for_in_discovery(tmp_path: Path) -> None:
    written(tmp_path, f"system,code,concept\n{LAB},K12,creatinine_serum\n", "lab.csv")
    path = written(tmp_path, VERSION + '[[version.code_map]]\nfile = "lab.csv"\n')
    client = create_app(Settings(policy=path), lambda: DAY).test_client()
    listed = client.get("/cds-services").json["services"]
    assert any(",K12" in one["prefetch"].get("observations", "") for one in listed)
    assert Site(lambda: DAY, "aura-2026").services() == services()


def test_the_codes_and_the_edition_of_a_client_are_its_own(tmp_path: Path) -> None:
    path = written(tmp_path, f"system,code,concept\n{LAB},K12,creatinine_serum\n", "lab.csv")
    clients = (Client("a", code_maps=(str(path),), edition="aura-earlier"), Client("b"))
    site = Site(lambda: DAY, "aura-2026", None, clients)
    a, b = (site.parts(client, DAY) for client in clients)
    assert (a.terminology.concepts(LAB, "K12"), b.terminology.concepts(LAB, "K12")) == (("creatinine_serum",), ())
    assert (a.edition, b.edition) == ("aura-earlier", "aura-2026")


def test_every_problem_of_every_client_stops_the_start_at_once(tmp_path: Path) -> None:
    bad = written(tmp_path, VERSION + NUMBER.format("9 wk"), "bad.toml")
    clients = (Client("a", policy=str(bad)), Client("b", code_maps=("none.csv",)))
    with pytest.raises(BadPolicy) as refused:
        Site(lambda: DAY, "aura-2026", None, clients)
    assert [sentence.partition(": ")[2] for sentence in refused.value.problems] == [
        "AR-DENTAL-01.freshness: its unit is d, not wk: write it like '183 d'.",
        "it cannot be read: No such file or directory.",
    ]


def test_code_maps_that_contradict_each_other_stop_the_start(tmp_path: Path) -> None:
    maps = [written(tmp_path, f"system,code,concept\n{LAB},K,{concept}\n", f"{concept}.csv")
            for concept in ("creatinine_serum", "albumin_serum")]  # fmt: skip
    with pytest.raises(BadPolicy, match=r"client a, code maps: row 2: .* already means creatinine_serum"):
        Site(lambda: DAY, "aura-2026", None, (Client("a", code_maps=tuple(map(str, maps))),))


def test_the_start_is_refused_in_words(tmp_path: Path) -> None:
    settings = Settings(policy=tmp_path / "none.toml")
    for start in (lambda: open_site(settings), lambda: run(settings)):
        with pytest.raises(SystemExit, match=r"Osteohooks cannot start\.\n  .*none\.toml: it cannot be read"):
            start()
    assert gc.isenabled()  # the start does without the collector, and gives it back


def test_a_call_is_answered_under_the_policy_of_its_day(tmp_path: Path) -> None:
    path = written(tmp_path, VERSION.replace("2026-01-01", "2026-03-16") + NUMBER.format("120 d"))
    settings = Settings(policy=path)
    body = hook_request_bytes(scenario("lung-zol-clearance-42"))
    said = []
    for day in (date(2026, 3, 15), date(2026, 3, 16)):
        client = create_app(settings, lambda day=day: day).test_client()  # type: ignore[misc]  # a clock of one day
        answer = client.post("/cds-services/bone-order-sign", data=body, content_type="application/json")
        said.append(next(c["summary"] for c in answer.json["cards"] if "mouth" in c["summary"]))
    assert [summary.partition("in the last ")[2] for summary in said] == ["183 days", "120 days"]
