"""The token that a forge is shown: read when it is needed first, and shown to nobody else."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from runner.errors import ForgeError, NoWritingError
from runner.redactor import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.terms import ForgeEntry

# Of people (ghp_), fine-grained (github_pat_), of an app's installation (ghs_), of workflows.
_TOKEN = re.compile(r"[\x21-\x7e]{8,4096}", re.ASCII)


class Token:
    """What is in the variable that the policy names."""

    def __init__(
        self, entry: ForgeEntry, environment: Mapping[str, str], keep: Callable[[str], None]
    ) -> None:
        """Take what the policy says, and the environment that the name is looked up in.

        `keep` is told the token before it is used, and sees to it that it comes out nowhere.
        """
        self._entry = entry
        self._environment = environment
        self._keep = keep

    def __repr__(self) -> str:
        """Return nothing of it."""
        return "Token()"

    @cached_property
    def value(self) -> str:
        """Return it. Raises ForgeError where there is none that could be one."""
        entry = self._entry
        value = self._environment.get(entry.token, "").strip()
        if _TOKEN.fullmatch(value) is None:
            fault = "holds what is no token" if value else "holds nothing"
            # Where somebody may write by it they have one: a fork's workflow is given none.
            kind = ForgeError if value else NoWritingError
            raise kind(
                f"cannot ask {entry.name}: the variable {entry.token} {fault}",
                mend=f"put a token into {entry.token} that may read pull requests of "
                f"{entry.repository}",
            )
        self._keep(value)
        return value

    def hidden(self, text: str) -> str:
        """Return a text of the forge without the token, which it may have repeated."""
        return self._redactor.text(text)

    @cached_property
    def _redactor(self) -> Redactor:
        return Redactor([self.value])
