"""For mkdocs: pages of the repository's root join the site, and links that leave ``docs`` still lead somewhere.

In the repository a page in ``docs`` links to ``../GLOSSARY.md``, and ``CONTRIBUTING.md`` to ``docs/extend.md``. In the
site they are neighbours.
"""

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
JOINING = ("CHANGELOG.md", "CONTRIBUTING.md", "GLOSSARY.md")
OVERVIEW = "index.md"  # what README.md is in the repository


def on_files(files: Files, config: Any) -> Files:
    """Add the pages of the root."""
    for name in JOINING:
        files.append(File.generated(config, name, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Turn links between the root and ``docs`` into links between neighbours."""
    if page.file.src_uri in JOINING:
        markdown = markdown.replace("](docs/adr)", "](adr/0001-record-architecture-decisions.md)")
        return markdown.replace("](docs/", "](")
    markdown = re.sub(r"\]\(\.\./README\.md", f"]({OVERVIEW}", markdown)
    return re.sub(r"\]\(\.\./((?:CHANGELOG|CONTRIBUTING|GLOSSARY)\.md)", r"](\1", markdown)
