"""Secrets in a request by name, and the request with their values put in.

Where a secret stands, a body holds a mapping instead of a text, so that no text can be taken for
one. There are three such places:

* `script_param`: `{"args": [arg, …]}`, each argument a list of parts; a part is text, or
  `{"secret": name}`. No two texts stand side by side, and none is empty.
* `callback_url`: `{"url": [part, …]}`.
* `encrypted_password` of `host_password_list`: `{"parts": [{"secret": name}]}`.

No error of this module holds a value.
"""

from __future__ import annotations

import base64
import re
import shlex
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote

from runner import narrow, requests
from runner.errors import CheckError
from runner.model import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from runner.model import Json, Parts

NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
SHORTEST = 8  # characters of a value; a shorter one could not be told from other text
SENSITIVE_BYTES = 48_128  # of a sensitive parameter, decoded
URL_CHARACTERS = 1_024
PASSWORD_CHARACTERS = 172

# As short as a value can be; a word of a shell, a part of a query, and strict Base64.
STAND_IN = "x" * SHORTEST

_SURROGATE = re.compile("[\ud800-\udfff]")


_Value: TypeAlias = "Callable[[str], str]"


class UnfitError(CheckError):
    """A secret has no value, or one that would not arrive as it is. `name` is the secret's."""

    def __init__(self, name: str, why: str, *, mend: str) -> None:
        """Say why, without the value."""
        super().__init__(f"cannot put in the secret {name}: {why}", mend=mend)
        self.name = name


# ---------------------------------------------------------------- into a body


def arguments(args: Iterable[Parts]) -> Json:
    """Return what stands as `script_param` for arguments with secrets in them."""
    return {"args": [_written(arg) for arg in args]}


def url(parts: Parts) -> Json:
    """Return what stands as `callback_url` for one with secrets in it."""
    return {"url": _written(parts)}


def password(parts: Parts) -> Json:
    """Return what stands as `encrypted_password` for one that is a secret."""
    return {"parts": _written(parts)}


def normal(parts: Iterable[str | Secret]) -> Parts:
    """Return the same parts, texts side by side made one and empty ones left out."""
    made: list[str | Secret] = []
    texts: list[str] = []
    for part in parts:
        if isinstance(part, str):
            texts.append(part)
        else:
            made += [*_joined(texts), part]
            texts = []
    return (*made, *_joined(texts))


def _joined(texts: list[str]) -> tuple[str, ...]:
    joined = "".join(texts)
    return (joined,) if joined else ()


def text(parts: Parts, value: _Value) -> str:
    """Return the parts as one text, each secret as `value` has it for its name."""
    return "".join(part if isinstance(part, str) else value(part.name) for part in parts)


def _written(parts: Parts) -> list[Json]:
    return [part if isinstance(part, str) else {"secret": part.name} for part in normal(parts)]


# ---------------------------------------------------------------- out of a body


def names(body: Mapping[str, Json]) -> tuple[str, ...]:
    """Return the names of the secrets in a body, sorted, each once."""
    return tuple(sorted({name for _, parts in _places(body) for name in _names(parts)}))


def stood_in(body: Mapping[str, Json]) -> dict[str, Json]:
    """Return a body of plain text, each value as short as it can be, for schema and rules."""
    return _with(body, line=_quoted(stand_in), query=stand_in, password=stand_in)


def shown(body: Mapping[str, Json]) -> dict[str, Json]:
    """Return a body of plain text for people, in which a secret reads `secret(name)`.

    In the line of arguments no text can be taken for one: it would stand in quotation marks.
    """
    return _with(body, line=_shown_line, query=_shown, password=_shown)


def filled(body: Mapping[str, Json], values: Mapping[str, str]) -> dict[str, Json]:
    """Return a body with the values put in, as a platform is to be sent it.

    An argument is quoted for a POSIX shell after its value is in it; what is put into a URL is
    percent-encoded. Raise UnfitError for a value that is not there or would not arrive.
    """
    for where, parts in _places(body):
        for name in _names(parts):
            _fit(name, values.get(name), where)

    def percent(name: str) -> str:
        return quote(values[name], safe="")

    made = _with(body, line=_quoted(values.__getitem__), query=percent, password=values.__getitem__)
    _bounded(body, made)
    return made


def _with(
    body: Mapping[str, Json], *, line: Callable[[list[Parts]], str], query: _Value, password: _Value
) -> dict[str, Json]:
    made = dict(body)
    args = _arguments(body)
    if args is not None:
        made["script_param"] = base64.b64encode(line(args).encode()).decode("ascii")
    address = _parts(body.get("callback_url"), "url")
    if address is not None:
        made["callback_url"] = text(address, query)
    listed = body.get("host_password_list")
    if isinstance(listed, list):
        made["host_password_list"] = [_host(each, password) for each in listed]
    return made


def _host(host: Json, password: _Value) -> Json:
    parts = _parts(narrow.at(host, "encrypted_password"), "parts")
    if parts is None or not isinstance(host, dict):
        return host
    return {**host, "encrypted_password": text(parts, password)}


def _places(body: Mapping[str, Json]) -> Iterator[tuple[str, Parts]]:
    """Yield the parts of every text that may hold a secret, with the field that it is in."""
    for arg in _arguments(body) or ():
        yield "script_param", arg
    hosts = body.get("host_password_list")
    for host in hosts if isinstance(hosts, list) else ():
        yield "encrypted_password", _parts(narrow.at(host, "encrypted_password"), "parts") or ()
    yield "callback_url", _parts(body.get("callback_url"), "url") or ()


def _arguments(body: Mapping[str, Json]) -> list[Parts] | None:
    args = narrow.at(body.get("script_param"), "args")
    if not isinstance(args, list):
        return None
    read = [_read(arg) for arg in args]
    found = [arg for arg in read if arg is not None]
    return found if len(found) == len(read) else None


def _parts(value: Json, key: str) -> Parts | None:
    return _read(narrow.at(value, key))


def _read(parts: Json) -> Parts | None:
    """Return parts as they were written, or None for what this module never wrote."""
    if not isinstance(parts, list):
        return None
    read: list[str | Secret] = []
    for part in parts:
        name = narrow.at(part, "secret")
        if isinstance(part, str):
            read.append(part)
        elif isinstance(name, str):
            read.append(Secret(name))
        else:
            return None
    return tuple(read)


def _names(parts: Parts) -> Iterator[str]:
    return (part.name for part in parts if isinstance(part, Secret))


# ---------------------------------------------------------------- how a secret reads


def stand_in(_name: str) -> str:
    """Return what stands for the value of any secret where that is not known."""
    return STAND_IN


def _shown(name: str) -> str:
    return f"secret({name})"


def _quoted(value: _Value) -> Callable[[list[Parts]], str]:
    return lambda args: " ".join(shlex.quote(text(arg, value)) for arg in args)


def _shown_line(args: list[Parts]) -> str:
    def word(arg: Parts) -> str:
        pieces = (shlex.quote(one) if isinstance(one, str) else _shown(one.name) for one in arg)
        return "".join(pieces) or "''"

    return " ".join(map(word, args))


# ---------------------------------------------------------------- what does not arrive


def _fit(name: str, value: str | None, where: str) -> None:
    """Raise UnfitError when `value` cannot stand in the field `where`."""
    if value is None:
        raise UnfitError(name, "it has no value", mend="name a source for it in the policy")
    if _SURROGATE.search(value):
        raise UnfitError(name, "its value is not UTF-8", mend="store it as UTF-8 text")
    if where == "script_param":
        for character, called in (("\n", "newline"), ("\0", "NUL character")):
            if character in value:
                why = f"its value holds a {called}, which no argument can hold"
                raise UnfitError(name, why, mend="store it without one, or let the script fetch it")
    if where == "encrypted_password" and (
        len(value) > PASSWORD_CHARACTERS or requests.decode(value) is None
    ):
        why = f"its value is not strict Base64 of at most {PASSWORD_CHARACTERS} characters"
        mend = "encrypt the password with the platform's public key, and store that as Base64"
        raise UnfitError(name, why, mend=mend)


def _bounded(body: Mapping[str, Json], made: dict[str, Json]) -> None:
    """Raise UnfitError where the values make a field too long, or a date of an argument."""
    mend = "shorten the text around it, or store a shorter value"
    named = {where: name for where, parts in _places(body) for name in _names(parts)}
    if "script_param" in named:
        name = named["script_param"]
        size = len(requests.decode(narrow.text(made, "script_param")) or b"")
        if size > SENSITIVE_BYTES:
            why = f"the parameters come to {size:,} bytes, of at most {SENSITIVE_BYTES:,}"
            raise UnfitError(name, why, mend=mend)
        if requests.date_macros(made) != requests.date_macros(stood_in(body)):
            why = "the platform would take a part of the parameters for a date"
            raise UnfitError(name, why, mend="store a value without [DATEFMT:…]")
    if "callback_url" in named:
        size = len(narrow.text(made, "callback_url"))
        if size > URL_CHARACTERS:
            why = f"the URL comes to {size:,} characters, of at most {URL_CHARACTERS:,}"
            raise UnfitError(named["callback_url"], why, mend=mend)
