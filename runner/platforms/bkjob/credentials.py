"""What a call shows of who makes it: secrets from where the policy says, and the headers of them.

A secret is read when it is needed first, stands in no `repr`, and is taken out of what is told.
"""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import PlatformError
from runner.redactor import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.model import PlatformEntry

HEADER = "X-Bkapi-Authorization"

_LONGEST = 4096  # characters of a secret
_SHORTEST = 4  # characters of one that is looked for in texts: less stands in any of them


class Credentials:
    """Who makes the calls to one platform."""

    def __init__(
        self,
        entry: PlatformEntry,
        environment: Mapping[str, str],
        hidden: Callable[[str], str] = str,
    ) -> None:
        """Take what the policy says, and the environment that its names are looked up in.

        `hidden` takes out of a text what else is secret: what the platform was sent in a request.
        """
        self._entry = entry
        self._environment = environment
        self._also_hidden = hidden

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """Return the headers that say who calls. Raises PlatformError where that is not known."""
        entry, said = self._entry, dict(self._said)
        if not said:
            raise PlatformError(
                f"cannot call {entry.name}: the policy names no credentials for it",
                mend=f"add platforms.{entry.name}.credentials to jobgate.yaml",
            )
        headers: dict[str, str] = {}
        if entry.route == "system" and "bk_username" in said:
            headers["X-Bk-Username"] = said.pop("bk_username")
        if "access_token" not in said:
            said["bk_app_code"] = entry.application
        headers[HEADER] = json.dumps(said, sort_keys=True)
        if entry.tenant:
            headers["X-Bk-Tenant-Id"] = entry.tenant
        for name, value in headers.items():
            if not (value.isascii() and value.isprintable()):
                raise PlatformError(
                    f"cannot call {entry.name}: {name} would hold characters that no header has",
                    mend=f"look at platforms.{entry.name} in jobgate.yaml",
                )
        return headers

    def hidden(self, text: str) -> str:
        """Return a text of the platform without any secret that it may have repeated."""
        return self._also_hidden(self._redactor.text(text))

    @cached_property
    def _said(self) -> Mapping[str, str]:
        return {name: self._found(name, *where) for name, *where in self._entry.credentials}

    @cached_property
    def _redactor(self) -> Redactor:
        kinds = {name: kind for name, kind, _ in self._entry.credentials}
        secrets = (value for name, value in self._said.items() if kinds[name] != "text")
        return Redactor(each for each in secrets if len(each) >= _SHORTEST)

    def _found(self, name: str, kind: str, where: str) -> str:
        if kind == "text":
            return where
        value = self._environment.get(where, "") if kind == "env" else self._read(name, where)
        if not value or len(value) > _LONGEST:
            place = f"the variable {where}" if kind == "env" else where
            fault = f"has more than {_LONGEST} characters" if value else "holds nothing"
            raise PlatformError(
                f"cannot call {self._entry.name}: {place}, for {name}, {fault}",
                mend=f"put {name} there, where jobgate.yaml says that it is",
            )
        return value

    def _read(self, name: str, file: str) -> str:
        try:
            with Path(file).open(encoding="utf-8", newline="") as stream:
                return stream.read(_LONGEST + 2).removesuffix("\n").removesuffix("\r")
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise PlatformError(
            f"cannot call {self._entry.name}: {file}, for {name}, cannot be read: {why}",
            mend=f"put {name} there, where jobgate.yaml says that it is, for this user to read",
        )
