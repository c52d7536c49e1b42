"""What a runner hears in the output of a step: its commands, as the runner's own code finds them.

The older form `##[name]text` is found anywhere in a line, and on both of a process's outputs; that
it is documented nowhere any more does not make it less dangerous.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES = frozenset(
    {
        "internal-set-repo-path",
        "set-env",
        "set-output",
        "save-state",
        "add-path",
        "add-mask",
        "add-matcher",
        "remove-matcher",
        "error",
        "warning",
        "notice",
        "debug",
        "group",
        "endgroup",
        "echo",
        "stop-commands",
    }
)
_DATA = {"%0D": "\r", "%0A": "\n", "%25": "%"}
_PROPERTY = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}
_OLD = {"%0D": "\r", "%0A": "\n", "%3B": ";", "%5D": "]", "%25": "%"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command, with what it holds."""

    name: str
    properties: Mapping[str, str]
    text: str


def heard(output: str) -> list[Command]:
    """Return the commands of an output, without those that stand between a stop and its resume."""
    found: list[Command] = []
    stopped = ""
    for line in output.split("\n"):
        command = _new(line, stopped) or _old(line, stopped)
        if command is None:
            continue
        if stopped:
            stopped = "" if command.name == stopped.lower() else stopped
        elif command.name == "stop-commands":
            assert command.text.lower() not in {"", "pause-logging", *NAMES}, line
            stopped = command.text
        else:
            found.append(command)
    assert not stopped, "the commands were never let go on"
    return found


def _new(line: str, stopped: str) -> Command | None:
    """Return the command of a line in the form `::name key=value::text`."""
    line = line.strip("\r").lstrip()
    head, parted, text = line[2:].partition("::")
    if not line.startswith("::") or not parted:
        return None
    name, _, properties = head.partition(" ")
    return _command(name, properties.split(","), text, stopped, (_DATA, _PROPERTY))


def _old(line: str, stopped: str) -> Command | None:
    """Return the command of a line in the form `##[name key=value;]text`."""
    _, begun, rest = line.partition("##[")
    head, parted, text = rest.partition("]")
    if not begun or not parted:
        return None
    name, _, properties = head.partition(" ")
    return _command(name, properties.split(";"), text, stopped, (_OLD, _OLD))


def _command(
    name: str,
    properties: list[str],
    text: str,
    stopped: str,
    escapes: tuple[Mapping[str, str], Mapping[str, str]],
) -> Command | None:
    if name.lower() not in NAMES | {stopped.lower()} or not name:
        return None
    pairs = [each.strip().partition("=") for each in properties]
    return Command(
        name=name.lower(),
        properties={key: _plain(value, escapes[1]) for key, _, value in pairs if key and value},
        text=_plain(text, escapes[0]),
    )


def _plain(text: str, escapes: Mapping[str, str]) -> str:
    for escaped, meant in escapes.items():
        text = text.replace(escaped, meant)
    return text
