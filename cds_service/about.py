"""What ``osteohooks --version`` prints."""

from importlib.metadata import version

from hooks.choices import DEFAULT_EDITION, load_editions


def about() -> str:
    """The version of the product and the editions it can answer by."""
    listed = (
        f"  {'*' if key == DEFAULT_EDITION else ' '} {key:18} {e.label['en']}" for key, e in load_editions().items()
    )
    heading = "Guideline editions (* unless OSTEOHOOKS_EDITION names another):"
    return "\n".join((f"osteohooks, version {version('osteohooks')}", heading, *listed))
