"""Who may use the server, and for what: apps, members, their tokens and grants."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.labelselector import Requirement

ALL = "*"  # every account of a grant, everyone whom an app is trusted for


class Permission(StrEnum):
    """What a grant allows to be done in a scope."""

    VIEW = "view"
    EXECUTE = "execute"
    OPERATE = "operate"


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A program that may call; `trusted` are the users whom it may name without their token."""

    code: str
    secret: str
    trusted: frozenset[str] = frozenset()
    system: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """The hash of a token that stands for an app and a user at once."""

    app: str
    user: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Leave for something in one scope; `hosts` is None where every one of them is meant."""

    scope: tuple[str, str]
    actions: frozenset[Permission]
    accounts: frozenset[str] = frozenset()
    hosts: tuple[Requirement, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody who may use the server: hashes of what they show, and what they may do."""

    name: str
    password: str = ""
    tokens: tuple[str, ...] = ()
    access_tokens: tuple[AccessToken, ...] = ()
    may: tuple[Grant, ...] = ()
