"""Rules about the script of a request and its parameter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runner import languages, requests, secretparts
from runner.mistakes import Mistake
from runner.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.rules.requestbody import Body

SCRIPT_BYTES = 16_777_215
PARAM_BYTES = 65_535
_MACRO = re.compile(rb"\[DATEFMT:.[^\]]*\]", re.DOTALL)


# ---------------------------------------------------------------- script and parameter


def base64(body: Body) -> Iterator[Mistake]:
    """Base64 is canonical: the platform skips what it cannot read, or loses the whole value."""
    for field, content in (("script_content", body.script), ("script_param", body.param)):
        if content is None and body.text(field) is not None:
            yield Mistake(
                path=(field,),
                rule="strict-base64",
                message=f"cannot decode {field}: it is not strict Base64",
                mend="encode it again, in the plain alphabet, padded and without line breaks",
            )


def sizes(body: Body) -> Iterator[Mistake]:
    """The script and its parameter fit into the platform's columns when they are decoded."""
    sensitive = body.tree.get("param_sensitive") is True
    param_bytes = secretparts.SENSITIVE_BYTES if sensitive else PARAM_BYTES
    for field, content, most, rule in (
        ("script_content", body.script, SCRIPT_BYTES, "script-too-large"),
        ("script_param", body.param, param_bytes, "param-too-large"),
    ):
        if content is not None and len(content) > most:
            yield Mistake(
                path=(field,),
                rule=rule,
                message=f"cannot send {field}: it has {len(content):,} bytes, of at most {most:,}",
                mend="shorten it, or let the script fetch its data itself",
            )


def encoding(body: Body) -> Iterator[Mistake]:
    """The script and its parameter are UTF-8: the platform replaces every other byte."""
    for field, content in (("script_content", body.script), ("script_param", body.param)):
        if content is not None and not _is_utf8(content):
            yield Mistake(
                path=(field,),
                rule="not-utf8",
                message=f"cannot send {field}: it is not UTF-8 and would arrive changed",
                mend="save it as UTF-8",
            )


def shell_text(body: Body) -> Iterator[Mistake]:
    """A shell script has no NUL and no Windows line ends: a shell stumbles over both."""
    script = body.script or b""
    if body.number("script_language") != requests.LANGUAGES["shell"]:
        return
    if b"\0" in script:
        yield Mistake(
            path=("script_content",),
            rule="nul-in-script",
            message="cannot run the script: a shell does not read past a NUL byte",
            mend="remove the NUL byte, or make it inside the script with printf '\\0'",
        )
    if b"\r\n" in script:
        yield Mistake(
            path=("script_content",),
            rule="crlf-in-script",
            message="cannot run the script: its lines end in CR LF, and a shell takes the CR "
            "for a part of the command",
            mend="save it with LF line ends",
        )


def interpreter(body: Body) -> Iterator[Mistake]:
    """The `#!` of a script names the language that the request names."""
    named = body.number("script_language")
    told = languages.told(body.script or b"")
    if told is None or named is None or named == requests.LANGUAGES[told]:
        return
    name = requests.name(requests.LANGUAGES, named)
    yield Mistake(
        path=("script_language",),
        rule="language-contradicted",
        message=f"cannot tell which is meant: the language is {name}, and the script's #! says "
        f"{told}",
        mend=f"write {told} as the language, or mend the #! line",
        severity=Severity.ERROR if body.own else Severity.WARNING,
    )


def param_text(body: Body) -> Iterator[Mistake]:
    """The parameter has no NUL, which no process can be given."""
    if b"\0" in (body.param or b""):
        yield Mistake(
            path=("script_param",),
            rule="nul-in-param",
            message="cannot pass the parameters: no process can be given a NUL byte",
            mend="leave the NUL out, or put the text into the script",
        )


def param_changed(body: Body) -> Iterator[Mistake]:
    """What the platform changes in a parameter on its way: newlines, and macros of dates."""
    param = body.param or b""
    macro = _MACRO.search(param)
    for found, rule, message, mend in (
        (
            b"\n" in param,
            "newline-in-param",
            "cannot pass the parameters as they are: the platform turns a newline into a space",
            "pass one line, or put the text into the script",
        ),
        (
            macro is not None,
            "macro-in-param",
            "cannot tell what the parameters will be: the platform replaces [DATEFMT:…] by a date",
            "let the script ask for the date itself, or be sure that this is meant",
        ),
    ):
        if found:
            yield Mistake(
                path=("script_param",),
                rule=rule,
                message=message,
                mend=mend,
                severity=Severity.WARNING,
            )


def shadowed(body: Body) -> Iterator[Mistake]:
    """Of several that name the same thing one wins, and the others are not looked at."""
    for fields in (
        ("script_version_id", "script_id", "script_content"),
        ("account_id", "account_alias"),
    ):
        present = [field for field in fields if body.tree.get(field) is not None]
        for field in present[1:]:
            yield Mistake(
                path=(field,),
                rule="shadowed-field",
                message=f"cannot use {field}: {present[0]} is there and wins",
                mend=f"remove {field}, or {present[0]}",
                severity=Severity.WARNING,
            )


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
