"""What a team would use instead, one in each process: ``.venv/bench/bin/python benchmarks/contenders.py NAME``.

It reads names of files from standard input. For each it takes the bytes of the request once, does its work, and writes
the seconds as a line of JSON; first of all what it is, or why it cannot be used. Nothing of Osteohooks is imported:
this runs in the virtual environment of `requirements-bench.lock`.
"""

import contextlib
import gc
import json
import logging
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

Work = Callable[[bytes], object]

_LOINC = ("14682-9", "2000-8", "1751-7", "29463-7", "718-7", "777-3", "62292-8", "2951-2", "2823-3", "2324-2")
EXPRESSIONS = (
    *(
        ("observations", f"Bundle.entry.resource.where(code.coding.exists(code = '{code}') and status = 'final').value")
        for code in _LOINC
    ),
    ("patient", "Patient.birthDate"),
    ("patient", "Patient.gender"),
    ("conditions", "Bundle.entry.resource.where(clinicalStatus.coding.exists(code = 'active')).code.coding.code"),
    ("conditions", "Bundle.entry.resource.where(code.coding.exists(code.startsWith('C79.5'))).exists()"),
    ("medicationRequests", "Bundle.entry.resource.where(status = 'active').medication"),
    ("medicationRequests", "Bundle.entry.resource.where(status = 'active').dosageInstruction.doseAndRate.dose"),
    ("medicationAdministrations", "Bundle.entry.resource.where(status = 'completed').effective"),
    ("procedures", "Bundle.entry.resource.where(status = 'completed').code.coding.code"),
    ("serviceRequests", "Bundle.entry.resource.where(status = 'active').code.coding.code"),
    ("draftOrders", "Bundle.entry.resource.ofType(MedicationRequest).medication.coding.code"),
)
"""The twenty: the key of what is asked, and the question."""


def fhirpath() -> Work:
    """A FHIRPath engine, the expressions compiled beforehand; no decision is made of their values."""
    from fhirpathpy import compile as compiled
    from fhirpathpy.models import models

    asked = [(key, compiled(expression, models["r4"])) for key, expression in EXPRESSIONS]

    def work(body: bytes) -> object:
        sent = json.loads(body)
        values = {**sent["prefetch"], "draftOrders": sent["context"]["draftOrders"]}
        return [expression(values[key]) for key, expression in asked]

    return work


def validation() -> Work:
    """Every value of the request as a model of `fhir.resources` (R4B), and no more."""
    from fhir.resources.R4B import get_fhir_model_class

    def work(body: bytes) -> object:
        sent = json.loads(body)
        values = (*sent["prefetch"].values(), sent["context"]["draftOrders"])
        return [get_fhir_model_class(value["resourceType"]).model_validate(value) for value in values]

    return work


def healthchain() -> Work:
    """A HealthChain service as documented, with its FHIR adapter and a constant card; without FastAPI around it."""
    from healthchain.gateway.cds import CDSHooksService
    from healthchain.io.adapters.cdsfhiradapter import CdsFhirAdapter
    from healthchain.models.requests.cdsrequest import CDSRequest
    from healthchain.models.responses.cdsresponse import Card, CDSResponse

    logging.disable(logging.CRITICAL)
    service, adapter = CDSHooksService(), CdsFhirAdapter(hook_name="order-sign")
    card = Card(summary="A constant card", indicator="info", source={"label": "benchmark"})

    @service.hook("order-sign", id="bone-order-sign")
    def answer(request: CDSRequest) -> CDSResponse:
        adapter.parse(request)
        return CDSResponse(cards=[card])

    def work(body: bytes) -> object:
        answered = service.handle_request(CDSRequest.model_validate(json.loads(body)))
        if not answered.cards:  # it answers with no cards where its own code failed
            raise RuntimeError("no card came back")
        return answered.model_dump_json(exclude_none=True)

    return work


CONTENDERS = {"fhirpath": (fhirpath, "fhirpathpy"), "validation": (validation, "fhir.resources"),
              "healthchain": (healthchain, "healthchain")}  # fmt: skip


def main(name: str) -> None:
    """Serve one contender."""
    say = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        make, package = CONTENDERS[name]
        try:
            work = make()
        except Exception as error:  # whatever keeps it from starting is its result
            _tell(say, unusable=f"{type(error).__name__}: {error}")
            return
        _tell(say, version=version(package))
        gc.collect()
        gc.freeze()  # as our service does
        for line in sys.stdin:
            _tell(say, **_timed(work, Path(line.strip()).read_bytes()))


def _timed(work: Work, body: bytes) -> dict[str, Any]:
    start = time.perf_counter()
    try:
        work(body)
    except Exception as error:  # the same
        return {"unusable": f"{type(error).__name__}: {str(error)[:200]}"}
    return {"seconds": time.perf_counter() - start}


def _tell(stream: Any, **words: Any) -> None:
    print(json.dumps(words), file=stream, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
