"""The document of an inventory as its rules look at it: lists within lists, each item placed.

What is not of the right shape counts as absent: the schema says so at its place, and the rules find
what else is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner import narrow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.model import Json, Path
    from runner.server.inventory import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A document as the rules look at it, and who the server runs as."""

    tree: Json
    user: User

    def each(self, *path: str) -> Iterator[tuple[Path, Json]]:
        """Yield every item of a list, or of the lists within lists, with its path."""
        yield from _items(self.tree, (), path)

    def scopes(self) -> tuple[str, ...]:
        """Return the name of every scope."""
        return tuple(filter(None, (scope_name(item) for _, item in self.each("scopes"))))


def text(item: Json, name: str) -> str:
    """Return the text of a member; empty where there is none."""
    value = narrow.at(item, name)
    return value if isinstance(value, str) else ""


def number(item: Json, name: str) -> int:
    """Return the number of a member; 0 where there is none."""
    value = narrow.at(item, name)
    return value if type(value) is int else 0


def texts(item: Json, name: str) -> tuple[str, ...]:
    """Return the texts in the list of a member."""
    return tuple(value for value in items(item, name) if isinstance(value, str))


def items(item: Json, name: str) -> list[Json]:
    """Return the list of a member; empty where there is none."""
    value = narrow.at(item, name)
    return value if isinstance(value, list) else []


def scope_name(item: Json) -> str:
    """Return the name that stands for an entry of scopes elsewhere; empty where it has none."""
    kind, identity = text(item, "type"), text(item, "id")
    return f"{kind}/{identity}" if kind and identity else ""


def _items(tree: Json, before: Path, path: tuple[str, ...]) -> Iterator[tuple[Path, Json]]:
    name, *rest = path
    for index, item in enumerate(items(tree, name)):
        here: Path = (*before, name, index)
        if rest:
            yield from _items(item, here, tuple(rest))
        else:
            yield here, item
