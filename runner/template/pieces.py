"""The pieces of a rendered leaf: text, and the secrets that it prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import secretparts
from runner.model import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.model import Parts


class Piece(str):
    """A piece in which a secret stands; its text is the secret's name.

    Only the guard of an allowed call makes one: no operation on text ends in this type.
    """

    __slots__ = ()

    def __str__(self) -> Piece:
        """Stay what it is where Jinja makes text of it."""
        return self


def secret(pieces: Iterable[str]) -> bool:
    """Tell whether a secret stands in any of the pieces."""
    return any(isinstance(each, Piece) for each in pieces)


def parts(pieces: Iterable[str]) -> Parts:
    """Return the pieces of a rendered leaf as texts and secrets."""
    return secretparts.normal(
        Secret(each[:]) if isinstance(each, Piece) else each for each in pieces
    )
