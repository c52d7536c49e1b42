"""Rules about the script of a request, its parameter, and the plain fields beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import requests
from runner.mistakes import Mistake
from runner.model import Severity
from runner.rules import callbackurl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.rules.requestbody import Body

SCRIPT_BYTES = 16_777_215
PARAM_BYTES = 65_535
SENSITIVE_PARAM_BYTES = 48_128
NAME_UNITS = 512  # UTF-16 units, of which KEY_UNITS are kept for the submission's key
KEY_UNITS = 80
INTERPRETER_UNITS = 260
_BLANK = "".join(map(chr, range(0x21)))  # what Java's trim takes away


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
    param_bytes = SENSITIVE_PARAM_BYTES if sensitive else PARAM_BYTES
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


def param_text(body: Body) -> Iterator[Mistake]:
    """The parameter is one line: the platform turns a newline into a space."""
    param = body.param or b""
    for byte, rule, reason in (
        (b"\n", "newline-in-param", "the platform turns a newline into a space"),
        (b"\0", "nul-in-param", "no process can be given a NUL byte"),
    ):
        if byte in param:
            yield Mistake(
                path=("script_param",),
                rule=rule,
                message=f"cannot pass the parameters: {reason}",
                mend="pass one line, or put the text into the script",
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


# ---------------------------------------------------------------- plain fields


def task_name(body: Body) -> Iterator[Mistake]:
    """The job's name, in the units that the platform counts, leaves room for the key."""
    units = _units(body.text("task_name") or "")
    if units > NAME_UNITS - KEY_UNITS:
        yield Mistake(
            path=("task_name",),
            rule="task-name-too-long",
            message=f"cannot name the job so: the name has {units} UTF-16 units, of at most "
            f"{NAME_UNITS - KEY_UNITS} ({KEY_UNITS} of the platform's {NAME_UNITS} hold the key)",
            mend="shorten task_name",
        )


def windows_interpreter(body: Body) -> Iterator[Mistake]:
    """The interpreter's path ends in `.exe`, and is not too long; a blank one is none."""
    path = body.text("windows_interpreter") or ""
    trimmed = path.strip(_BLANK)
    if _units(path) > INTERPRETER_UNITS:
        reason = f"it has more than {INTERPRETER_UNITS} UTF-16 units"
    elif trimmed and not trimmed.endswith(".exe"):
        reason = "it does not end in .exe"
    else:
        return
    yield Mistake(
        path=("windows_interpreter",),
        rule="windows-interpreter",
        message=f"cannot use the Windows interpreter: {reason}",
        mend="write the path of a program that ends in .exe, in lower case",
    )


def callback_url(body: Body) -> Iterator[Mistake]:
    """The platform takes http and https addresses with a host and without a user."""
    reason = callbackurl.refusal(body.text("callback_url") or "")
    if reason is not None:
        yield Mistake(
            path=("callback_url",),
            rule="callback-url",
            message=f"cannot call back: {reason}",
            mend="write an address such as https://ci.example.org/hooks/job",
        )


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
