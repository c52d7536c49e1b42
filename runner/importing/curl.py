"""A curl command line into the request that it would send: its body, and what is said about it.

No shell and no curl is run, no file is read. An option that is not known is refused by its name,
since it may take the next word along.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from runner.errors import CheckError
from runner.importing import credentials, words
from runner.importing.sheet import Fate, Note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.importing.words import Word

_DATA = frozenset(("--data", "--data-ascii", "--data-binary", "--data-raw", "--json"))
_LOGIN = frozenset(
    (
        *("--cert", "--cookie", "--key", "--oauth2-bearer", "--pass", "--proxy-user", "--user"),
        "--proxy-header",
    )
)
_BODILESS = frozenset(
    (
        *("--config", "--data-urlencode", "--form", "--form-string", "--get", "--head", "--next"),
        *("--upload-file", "--url-query"),
    )
)
# Options about the way, not about what is sent, that take a value…
_VALUED = frozenset(
    (
        *("--cacert", "--capath", "--ciphers", "--connect-timeout", "--connect-to", "--cookie-jar"),
        *("--dump-header", "--interface", "--limit-rate", "--max-redirs", "--max-time"),
        *("--noproxy", "--output", "--output-dir", "--proxy", "--referer", "--resolve"),
        *("--retry", "--retry-delay", "--retry-max-time", "--stderr", "--tls-max"),
        *("--trace", "--trace-ascii", "--unix-socket", "--user-agent", "--write-out"),
    )
)
# … and those that take none.
_BARE = frozenset(
    (
        *("--compressed", "--fail", "--fail-with-body", "--globoff", "--http1.0", "--http1.1"),
        *("--http2", "--http2-prior-knowledge", "--include", "--insecure", "--ipv4", "--ipv6"),
        *("--location", "--no-buffer", "--no-keepalive", "--no-progress-meter", "--path-as-is"),
        *("--progress-bar", "--remote-name", "--retry-all-errors", "--retry-connrefused"),
        *("--show-error", "--silent", "--ssl-reqd", "--tlsv1.2", "--tlsv1.3", "--verbose"),
    )
)
_SHORT = dict(
    pair.split(" ")
    for pair in (
        "A --user-agent  D --dump-header  E --cert  F --form  G --get  H --header  I --head  "
        "K --config  L --location  N --no-buffer  O --remote-name  S --show-error  "
        "T --upload-file  U --proxy-user  X --request  b --cookie  c --cookie-jar  d --data  "
        "e --referer  f --fail  g --globoff  i --include  k --insecure  m --max-time  "
        "o --output  s --silent  u --user  v --verbose  w --write-out  x --proxy  "
        "0 --http1.0  4 --ipv4  6 --ipv6  # --progress-bar  "
    )
    .strip()
    .split("  ")
)
_TAKING = _DATA | _LOGIN | _VALUED | {"--header", "--request", "--url"}
# What may stand above the command or before it: comments, and the prompt that was copied along.
_COMMAND = re.compile(rb"(?:[ \t\r\n]|#[^\n]*\n|\$ )*(?=curl[ \t\r\n\\])")
_CALL = "fast_execute_script"


@dataclass(slots=True, kw_only=True)
class _Call:
    data: list[Word] = field(default_factory=list)
    json: list[Word] = field(default_factory=list)
    urls: list[Word] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def is_command(content: bytes) -> bool:
    """Tell whether a text is a curl command line rather than a document."""
    return _COMMAND.match(content) is not None


def request(file: str, content: bytes) -> tuple[bytes, tuple[Note, ...]]:
    """Return the body that the command would send, and its notes. Raises CheckError."""
    try:
        found = words.split(_COMMAND.sub(b"", content, count=1).decode("utf-8"))
    except ValueError as error:
        raise CheckError(
            f"cannot read the curl command in {file}: {error}",
            mend="keep that one command alone, without pipes, redirections and variables",
        ) from error
    call = _Call()
    for name, value in _options(found[1:]):
        _take(call, name, value)
    body = _body(call).encode("utf-8")
    return body, (*call.notes, *_url_notes(call.urls))


def _options(found: tuple[Word, ...]) -> Iterator[tuple[str, Word]]:
    """Yield each option by its long name with its value, and each URL as `--url`."""
    waiting = list(reversed(found))
    while waiting:
        word = waiting.pop()
        if not word.text.startswith("-") or word.text == "-":
            yield "--url", word
        elif word.text.startswith("--"):
            yield word.text, _value(word.text, waiting)
        else:
            yield from _letters(word, waiting)


def _letters(word: Word, waiting: list[Word]) -> Iterator[tuple[str, Word]]:
    """Yield the options of a word such as `-sSk` or `-XPOST`."""
    letters = word.text[1:]
    for at, letter in enumerate(letters, start=1):
        name = _SHORT.get(letter, f"-{letter}")
        if name in _TAKING and letters[at:]:
            yield name, words.Word(text=letters[at:], open=word.open)
            return
        yield name, _value(name, waiting)


def _value(name: str, waiting: list[Word]) -> Word:
    if name not in _TAKING:
        return words.Word(text="")
    if not waiting:
        raise CheckError(
            f"cannot read the curl command: {name} has no value", mend="copy the whole command"
        )
    return waiting.pop()


def _take(call: _Call, name: str, value: Word) -> None:
    if name in _DATA:
        if name != "--data-raw" and value.text.startswith("@"):
            raise CheckError(
                f"cannot import {name} {value.text}: no file is read on behalf of a command",
                mend="import that file itself, or put its text in the place of @…",
            )
        (call.json if name == "--json" else call.data).append(value)
    elif name == "--url":
        call.urls.append(value)
    elif name == "--header":
        call.notes += credentials.header(value.text.split(":", 1)[0].split(";", 1)[0])
    elif name in _LOGIN:
        call.notes.append(credentials.option(name))
    elif name == "--request":
        _method(value.text)
    elif name not in _VALUED | _BARE:
        reason = "it sends no JSON body" if name in _BODILESS else "it is not known"
        raise CheckError(
            f"cannot import a curl command with {name}: {reason}",
            mend="leave it out, or import the JSON body itself",
        )


def _method(method: str) -> None:
    if method.upper() != "POST":
        raise CheckError(
            f"cannot import a {method} request: {_CALL} is called by POST",
            mend="import the request that starts the job",
        )


def _body(call: _Call) -> str:
    if (call.data and call.json) or len(call.data) > 1:
        raise CheckError(
            "cannot import the request: its body is put together from several parts",
            mend="give the whole body as one --data",
        )
    parts = call.data or call.json
    if not parts:
        raise CheckError(
            "cannot import the request: the command sends no body", mend="give it with --data"
        )
    if any(part.open for part in parts):
        raise CheckError(
            "cannot import the request: a shell would put a variable or a command's output into it",
            mend="write the values out, and quote the body with '…'",
        )
    return "".join(part.text for part in parts)


def _url_notes(urls: list[Word]) -> Iterator[Note]:
    for word in urls:
        url = urlsplit(word.text) if word.text.isprintable() else urlsplit("")
        if "@" in url.netloc:
            yield credentials.option("user of the URL")
        yield from credentials.query(
            name for name, _ in parse_qsl(url.query, keep_blank_values=True)
        )
        if _CALL not in url.path:
            said = f"carried as a {_CALL}, though the URL does not name that call"
            yield Note(field="URL", fate=Fate.CARRIED, message=said)
