"""Every operation by its path, with and without the prefixes of BlueKing's gateway: pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from runner.server.answers import Code, Number, RefusalError
from runner.server.routes import v3, v3scripts, v3steps, v4
from runner.server.routes.envelopes import V3, V4

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.server.routes.operations import Operation

OPERATIONS: tuple[Operation, ...] = (
    *v4.OPERATIONS,
    *v3.OPERATIONS,
    *v3steps.OPERATIONS,
    *v3scripts.OPERATIONS,
)
PREFIXES = ("/api/bk-job/prod", "/prod", "")
SYSTEM = "system/"
_PATH = re.compile(r"/api/v(?P<version>[34])/(?P<system>system/)?(?P<name>\w+)/?")
_BY_NAME: Mapping[tuple[int, str], Operation] = MappingProxyType(
    {(each.version, each.name): each for each in OPERATIONS}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a path leads; `system` tells that the app calls without a user."""

    operation: Operation
    system: bool

    @property
    def path(self) -> str:
        """Return the path without a prefix: one name for each route."""
        before, _, name = self.operation.path.rpartition("/")
        return f"{before}/{SYSTEM if self.system else ''}{name}"


def route(path: str) -> Route:
    """Return where `path` leads. Raises RefusalError where that is nowhere."""
    match = _PATH.fullmatch(_bare(path))
    operation = _BY_NAME.get((int(match["version"]), match["name"])) if match else None
    system = match is not None and match["system"] is not None
    if operation is None or (system and not operation.system):
        raise RefusalError(
            code=Code.NOT_FOUND,
            number=Number.NO_ROUTE,
            message="cannot find what is asked for: there is no such path",
            mend="see /openapi.json for every path",
        )
    return Route(operation=operation, system=system)


def version(path: str) -> int:
    """Return the version whose shape an answer at `path` has."""
    return V3 if _bare(path).startswith("/api/v3/") else V4


def wrong_method(allowed: str) -> RefusalError:
    """Return the refusal of a method that a path does not have."""
    return RefusalError(
        code=Code.INVALID_ARGUMENT,
        number=Number.METHOD,
        message="cannot do this: the path is called with another method",
        mend=f"send {allowed}",
    )


def _bare(path: str) -> str:
    for prefix in PREFIXES:
        if path.startswith(f"{prefix}/api/v"):
            return path.removeprefix(prefix)
    return path
