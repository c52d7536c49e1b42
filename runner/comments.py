"""The noun of a comment on a pull request: what stands in it, and what it had no room for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.model import Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """One comment, as Markdown.

    `rest` is the whole of it, with nothing left out, where `body` had to leave something out; else
    it is empty. `sha256` is that of `rest` in UTF-8, empty with it; the body names it.
    """

    body: str
    rest: str
    sha256: Sha256
