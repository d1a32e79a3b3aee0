"""What every resource of the knowledge has in common: its address, version, publisher, rights and translations."""

import re
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

Json = dict[str, Any]

CANONICAL = "https://osteohooks.github.io/fhir"
RIGHTS = (
    "The guideline belongs to ARISTOT (CC BY-NC-ND 4.0): facts are restated in our own words, with their source. "
    "Apache-2.0 otherwise."
)
PENDING = (
    "Clinical review is pending: no clinician has signed these numbers. Not a medical device; not for use with "
    "patients without review."
)
_TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"


def url(kind: str, resource_id: str) -> str:
    """The canonical address of a resource of ours."""
    return f"{CANONICAL}/{kind}/{resource_id}"


def resource(type_: str, resource_id: str, title: Mapping[str, str], status: str = "draft", **more: Any) -> Json:
    """A resource of ours; members of ``more`` that are empty are left out, as FHIR wants it.

    It stays a draft until a clinician has signed it.
    """
    made = {
        "resourceType": type_,
        "id": resource_id,
        "language": "en",
        "url": more.pop("url", None) or url(type_, resource_id),
        "version": version("osteohooks"),
        "name": name(resource_id),
        "title": title["en"],
        "_title": translated(title),
        "status": status,
        "publisher": "Osteohooks",
        "copyright": RIGHTS,
        **more,
    }
    return {key: value for key, value in made.items() if value not in (None, [], {}, "")}


def translated(words: Mapping[str, str]) -> Json | None:
    """The French of an English member, for the member that begins with an underscore."""
    if "fr" not in words:
        return None
    content = [{"url": "lang", "valueCode": "fr"}, {"url": "content", "valueString": words["fr"]}]
    return {"extension": [{"url": _TRANSLATION, "extension": content}]}


def slug(key: str) -> str:
    """A key of our tables as an id: ``creatinine_serum`` is ``creatinine-serum``."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", key)


def name(resource_id: str) -> str:
    """A name for programs: letters, digits and underscores, beginning with a capital."""
    bare = re.sub(r"\W+", "_", resource_id)
    return bare[:1].upper() + bare[1:]
