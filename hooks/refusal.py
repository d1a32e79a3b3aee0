"""The refusal of a request body: what is wrong, why it matters, what to do, and where; never a value from the body."""

MAX_DEPTH = 64  # levels of a value that is decoded fully (all but prefetch); R4 resources stay below 20


class BadRequest(Exception):
    """The body of a call cannot be accepted.

    Args:
        field: path of the offending element, built from names of the specification only ("context.patientId"), or "".
        what: one sentence: what is wrong.
        why: one sentence: why it is refused.
        remedy: one sentence: what the sender can do.
        code: a code of the FHIR issue-type value set (structure, required, value, duplicate, too-costly ...).
    """

    def __init__(self, field: str, what: str, why: str, remedy: str, code: str = "value") -> None:
        super().__init__(what)
        self.field = field
        self.what = what
        self.why = why
        self.remedy = remedy
        self.code = code


def missing(field: str, why: str) -> BadRequest:
    """A required element is absent or null."""
    return BadRequest(field, f"{field} is missing.", why, f"Send {field}.", "required")


def wrong_shape(field: str, expected: str) -> BadRequest:
    """An element has another JSON type than the specification says, e.g. ``expected="an object"``."""
    return BadRequest(
        field, f"{field} is not {expected}.", f"CDS Hooks defines it as {expected}.", f"Send {expected}.", "structure"
    )


def repeated(field: str, position: int = 0) -> BadRequest:
    """A name occurs twice in one object; ``position`` counts members from 1."""
    which = f" (member {position})" if position else ""
    return BadRequest(
        "" if field == "the body" else field,
        f"A name occurs twice in one object, in {field}{which}.",
        "Readers disagree on which of the two values counts, so it is unclear which patient or order is meant.",
        "Send every name once.",
        "duplicate",
    )


def too_deep(field: str) -> BadRequest:
    """Objects and lists are nested further than any resource needs, or than the decoder can follow."""
    return BadRequest(
        field,
        f"{field or 'The body'} is nested too deeply.",
        f"FHIR resources need fewer than {MAX_DEPTH} levels.",
        "Check the software that writes the body for objects that contain themselves.",
        "too-costly",
    )


def number_too_long(field: str) -> BadRequest:
    """A number no measurement can have, which would cost time or memory to compute with."""
    return BadRequest(
        field,
        f"A number in {field or 'the body'} is too long or too large.",
        "FHIR decimals have at most 18 digits.",
        "Send numbers of ordinary size.",
        "value",
    )
