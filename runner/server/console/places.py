"""The addresses of the console, and what stands behind each."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from runner.server.answers import Code, Number, RefusalError
from runner.server.console import entrance, hostlog, job, jobs, orders, shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.server.console.visits import Guest, Visit, Watch
    from runner.server.routes.envelopes import Answer

    Open: TypeAlias = Callable[[Guest], Answer]
    Page: TypeAlias = Callable[[Visit], Answer]
    Watcher: TypeAlias = Callable[[Visit], Watch]

GET, HEAD, POST = "GET", "HEAD", "POST"
_PARTS: Mapping[str, str] = MappingProxyType(
    {"job": "[0-9]{1,12}", "host": "[0-9]{1,9}", "operation": "[a-z-]{1,20}", "name": "[a-z.]+"}
)
_API = ("/api", "/prod", "/healthz", "/metrics", "/openapi.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What stands at an address, by methods: for everybody, for who is logged in, or a watch."""

    route: str
    open: Mapping[str, Open] = field(default_factory=dict)
    pages: Mapping[str, Page] = field(default_factory=dict)
    watch: Watcher | None = None

    @property
    def allowed(self) -> tuple[str, ...]:
        """Return the methods that it has; what is there for GET is there for HEAD."""
        every = (*self.open, *self.pages, *((GET,) if self.watch else ()))
        return (*every, HEAD) if GET in every else every


PLACES = (
    Place(route="/", pages={GET: jobs.show}),
    Place(route="/events", watch=jobs.watch),
    Place(route="/jobs/{job}", pages={GET: job.show}),
    Place(route="/jobs/{job}/events", watch=job.watch),
    Place(route="/jobs/{job}/script.txt", pages={GET: job.script}),
    Place(route="/jobs/{job}/confirm/{operation}", pages={GET: orders.ask}),
    Place(route="/jobs/{job}/operate", pages={POST: orders.carry_out}),
    Place(route="/jobs/{job}/hosts/{host}", pages={GET: hostlog.show}),
    Place(route="/jobs/{job}/hosts/{host}/events", watch=hostlog.watch),
    Place(route="/jobs/{job}/hosts/{host}/log.txt", pages={GET: hostlog.download}),
    Place(route=entrance.LOGIN, open={GET: entrance.form, POST: entrance.enter}),
    Place(route="/logout", pages={POST: entrance.leave}),
    Place(route="/assets/{name}", open={GET: shelf.give}),
)


def is_ours(path: str) -> bool:
    """Tell whether a path is the console's to answer, and not the API's."""
    return not any(path == each or path.startswith(f"{each}/") for each in _API)


def find(path: str) -> tuple[Place, Mapping[str, str]]:
    """Return what stands at a path, with the parts of it that vary. Raises RefusalError."""
    for pattern, found in _BY_PATTERN:
        if match := pattern.fullmatch(path):
            return found, match.groupdict()
    raise RefusalError(
        code=Code.NOT_FOUND,
        number=Number.NO_ROUTE,
        message="cannot find this page: there is none at this address",
        mend="begin with the list of jobs",
    )


def _pattern(route: str) -> re.Pattern[str]:
    text = re.escape(route)
    for name, form in _PARTS.items():
        text = text.replace(re.escape(f"{{{name}}}"), f"(?P<{name}>{form})")
    return re.compile(text)


_BY_PATTERN = tuple((_pattern(each.route), each) for each in PLACES)
