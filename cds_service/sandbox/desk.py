"""What the page that plays the EHR starts from: the context of every hook, and what its forms offer.

The page itself does what an EHR does: it reads discovery, fills the prefetch from the FHIR server, calls the service.
"""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from cds_service.sandbox.scenarios import Scenario, hook_request
from cds_service.sandbox.words import words
from fhir_mappers.terminology import LOCAL_SYSTEM

HOOKS = ("patient-view", "order-select", "order-sign", "medication-refill", "appointment-book", "encounter-discharge")
"""In the order in which a clinician meets them."""
LISTS: Mapping[str, str] = {
    "medication-refill": "medications",
    "appointment-book": "appointments",
}
"""The field of the context that holds what is being written; ``draftOrders`` at the other hooks."""


def start(of: Scenario, day: date, language: str) -> dict[str, Any]:
    """Everything the page needs to play this scenario on ``day``.

    Shape  ``contexts`` by hook without what is being written; ``lists`` of resources being written, by their field;
           ``chosen`` are references of the orders among them; ``offered`` for the forms; ``words`` by key
    """
    contexts = {hook: hook_request(of, day, hook)["context"] for hook in HOOKS}
    lists = {name: _resources(contexts[hook].pop(name, {})) for hook, name in LISTS.items()}
    lists["draftOrders"] = _resources(contexts["order-sign"].pop("draftOrders", {}))
    chosen = contexts["order-select"].pop("selections", [])
    contexts["order-select"].pop("draftOrders", None)
    return {
        "scenario": {"id": of.id, "hook": of.hook},
        "day": day.isoformat(),
        "contexts": contexts,
        "lists": lists,
        "chosen": chosen,
        "offered": offered(language),
        "words": dict(words(language)),
    }


@cache
def offered(language: str) -> dict[str, list[dict[str, Any]]]:
    """The choices of the forms, in ``language``, with the FHIR they stand for."""
    table = tomllib.loads((files("cds_service.sandbox") / "order_form.toml").read_text(encoding="utf-8"))
    for route in table["routes"]:
        route["coding"] = {"system": LOCAL_SYSTEM, "code": route["id"], "display": route["text"]}
    return {name: [_said(row, language) for row in rows] for name, rows in table.items()}


def _said(row: dict[str, Any], language: str) -> dict[str, Any]:
    coding = row.get("coding")
    concept: dict[str, Any] = {"text": row["text"][language]}
    if coding is not None:
        concept["coding"] = [{**coding, "display": coding["display"][language]}]
    order = {"order": row["order"]} if "order" in row else {}
    return {"id": row["id"], "text": row["text"][language], "concept": concept, **order}


def _resources(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in bundle.get("entry", ())]
