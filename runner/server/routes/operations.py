"""What an operation of the API is: its name, what it takes, what it answers, how it is done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runner import narrow
from runner.server.answers import Code, Number, RefusalError
from runner.server.routes.inputs import Field

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.model import Json
    from runner.server.routes.envelopes import Pieces
    from runner.server.rows import Caller
    from runner.server.service import Scope, Service

GET, POST = "GET", "POST"
LONG = 2**63 - 1
INT = 2**31 - 1
_TYPES = ("biz", "biz_set", "tenant_set")
_BUSINESS_SETS = range(8_000_000, 10_000_000)  # business ids that older APIs used for sets
_BUSINESS = Field(name="bk_biz_id", schema={"type": "integer", "minimum": 1, "maximum": LONG})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An operation under way: who asks, what, and who knows."""

    service: Service
    caller: Caller
    values: dict[str, Json]

    @property
    def scope(self) -> Scope:
        """Return the scope that is named. Raises RefusalError where it is none, or unknown."""
        return scope(self)

    def number(self, name: str, default: int = 0) -> int:
        """Return an integer, or `default` when it is absent."""
        return narrow.integer(self.values, name, default=default)

    def maybe(self, name: str) -> int | None:
        """Return an integer, or None when it is absent."""
        return self.number(name) if name in self.values else None

    def text(self, name: str) -> str:
        """Return a text, empty when it is absent."""
        return narrow.text(self.values, name)

    def truth(self, name: str) -> bool:
        """Return a truth, false when it is absent."""
        return narrow.boolean(self.values, name, default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation.

    `whole` tells that the body is a `fast_execute_script` request, which is judged elsewhere; else
    `fields` are what it takes. `answer` is the schema of its data. `changes` tells that there may
    be something to do afterwards, `system` that it is offered without a user too.
    """

    version: int
    method: str
    name: str
    title: str
    about: str
    answer: dict[str, Json]
    carry_out: Callable[[Asked], Json | Pieces]
    fields: tuple[Field, ...] = ()
    scoped: bool = True
    whole: bool = False
    changes: bool = False
    system: bool = False
    links: Mapping[str, Json] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Return the path below the server's address, as users call it."""
        return f"/api/v{self.version}/{self.name}"

    @property
    def declared(self) -> tuple[Field, ...]:
        """Return the fields, with those of the scope."""
        return (*(SCOPE if self.scoped else ()), *self.fields)

    @property
    def read(self) -> tuple[Field, ...]:
        """Return the fields as they are read: an older name stands for the scope too."""
        return (*(_OLDER if self.scoped else ()), *self.fields)


def integer(name: str, title: str, **more: Json) -> Field:
    """Return a field that is an integer; `required` is not a keyword of its schema."""
    return _field(name, "integer", title, more)


def text(name: str, title: str, **more: Json) -> Field:
    """Return a field that is a text; `required` is not a keyword of its schema."""
    return _field(name, "string", title, more)


def truth(name: str, title: str) -> Field:
    """Return a field that is true or false, false when absent."""
    return _field(name, "boolean", title, {"default": False})


def identity(name: str, title: str, *, required: bool = True) -> Field:
    """Return a field that is an id of the platform's."""
    return integer(name, title, minimum=1, maximum=LONG, required=required)


def _field(name: str, kind: str, title: str, more: dict[str, Json]) -> Field:
    required = more.pop("required", False) is True
    noted: dict[str, Json] = {"description": title}
    codes = more.pop("codes", None)
    if codes is not None:
        noted["enum"] = codes
    return Field(name=name, schema={"type": kind, **more}, required=required, noted=noted)


SCOPE = (
    text("bk_scope_type", "Kind of the scope.", required=True, codes=[*_TYPES]),
    text("bk_scope_id", "Id of the scope.", required=True, minLength=1),
)
_OLDER = (
    *(Field(name=each.name, schema=each.schema) for each in SCOPE),
    _BUSINESS,
)


def scope(asked: Asked) -> Scope:
    """Return the scope that `asked` names, by its type and id or by the id of older APIs."""
    kind, name = asked.text("bk_scope_type"), asked.text("bk_scope_id")
    if not kind and not name:
        business = asked.number("bk_biz_id")
        if not business:
            raise _missing("bk_scope_type")
        kind, name = "biz_set" if business in _BUSINESS_SETS else "biz", str(business)
    if not kind or not name:
        raise _missing("bk_scope_id" if kind else "bk_scope_type")
    if kind not in _TYPES:
        raise RefusalError(
            code=Code.INVALID_ARGUMENT,
            number=Number.SCOPE_TYPE,
            message=f"cannot accept the request: bk_scope_type is {kind[:100]!r}",
            mend=f"write one of {', '.join(_TYPES)}",
        )
    if (kind, name) not in asked.service.inventory().scopes:
        raise RefusalError(
            code=Code.NOT_FOUND,
            number=Number.SCOPE,
            message=f"cannot accept the request: there is no scope {kind}/{name[:100]}",
            mend="name a scope of the inventory",
        )
    return kind, name


def _missing(name: str) -> RefusalError:
    return RefusalError(
        code=Code.INVALID_ARGUMENT,
        number=Number.MISSING,
        message=f"cannot accept the request: {name} is missing",
        mend="name a scope with bk_scope_type and bk_scope_id",
    )
