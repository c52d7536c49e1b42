"""What opens the platform's door, by name: it is told of, and never carried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.importing.sheet import Fate, Note

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.importing.sheet import Sheet

# Of the gateway and of the older service bus, which took them in the body or the query.
_FIELDS = frozenset(
    (
        *("access_token", "app_code", "app_secret", "authorization", "bk_app_code"),
        *("bk_app_secret", "bk_nonce", "bk_signature", "bk_ticket", "bk_timestamp", "bk_token"),
        *("bk_uid", "bk_username", "jwt", "operator", "signature", "uin", "skey", "username"),
    )
)
_HEADERS = frozenset(
    (
        *("authorization", "cookie", "proxy-authorization", "x-bkapi-authorization"),
        *("x-bkapi-jwt", "x-bk-username"),
    )
)
_FORM = frozenset(("accept", "accept-encoding", "connection", "content-length", "content-type"))


def withheld(sheet: Sheet) -> None:
    """Take the credentials out of a body."""
    for name in [name for name in sheet.body if name.lower() in _FIELDS]:
        del sheet.body[name]
        sheet.notes.append(_kept(name, "body"))


def header(name: str) -> tuple[Note, ...]:
    """Return what is to be said of a header: nothing of one that is only about the form."""
    lowered = name.strip().lower()
    if lowered in _FORM:
        return ()
    if lowered in _HEADERS or "token" in lowered or "secret" in lowered:
        return (_kept(name.strip(), "headers"),)
    message = "left out: a header is no part of the request that a spec states"
    return (Note(field=name.strip(), fate=Fate.DROPPED, message=message),)


def query(names: Iterable[str]) -> tuple[Note, ...]:
    """Return what is to be said of the parameters of a URL."""
    message = "left out: the call reads its body alone"
    return tuple(
        _kept(name, "URL")
        if name.lower() in _FIELDS
        else Note(field=name, fate=Fate.DROPPED, message=message)
        for name in names
    )


def option(name: str) -> Note:
    """Return what is to be said of an option of curl that logs in."""
    return _kept(name, "command")


def _kept(name: str, where: str) -> Note:
    message = f"a credential in the {where}: its value is not written anywhere"
    return Note(field=name, fate=Fate.WITHHELD, message=message)
