"""The page of every rule: its sentence, why it is one, how to mend it, and an example.

They are the sections of `docs/reference/rules.md`. A wheel carries that file inside the package; a
checkout has it beside the package.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILE = "docs/reference/rules.md"
_SECTION = re.compile(
    r"^### (?P<slug>[a-z0-9-]+)\n+(?P<text>.*?)(?=^#{2,3} |\Z)", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One rule: its slug, the sentence that says what it forbids, and its page in Markdown."""

    slug: str
    sentence: str
    text: str


@cache
def pages() -> Mapping[str, Page]:
    """Return the pages by their slugs, in the order of the slugs."""
    found = _SECTION.finditer(_file().read_text("utf-8"))
    made = {each["slug"]: _page(each["slug"], each["text"].strip()) for each in found}
    return dict(sorted(made.items()))


def page(slug: str) -> Page:
    """Return the page of a rule; raise UsageError when there is none."""
    if slug not in pages():
        raise UsageError(
            f"cannot find the rule {slug!r}: there is none of that name",
            mend="list them with `jobgate rule`",
        )
    return pages()[slug]


def _page(slug: str, text: str) -> Page:
    sentence = " ".join(text.split("\n\n", 1)[0].split())
    return Page(slug=slug, sentence=sentence, text=f"# {slug}\n\n{text}\n")


@cache
def _file() -> Path:
    package = Path(__file__).parent
    return next(
        path for path in (package / "docs" / "rules.md", package.parent / _FILE) if path.is_file()
    )
