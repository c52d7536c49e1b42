"""A job's rows over the connections that reach their hosts: real runs on this machine."""

from __future__ import annotations

import errno
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runner.errors import PlatformError
from runner.server.fleet import Fleet
from runner.server.hosts.local import Local
from runner.server.hosts.runs import LIMIT, LaunchError, Outcome
from runner.server.rows import Errand, HostRow
from runner.server.states import HostStatus
from tests import running, serving

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from runner.server.hosts.runs import Run

ROW = HostRow(
    position=0,
    batch=1,
    host=1,
    cloud=0,
    ip="127.0.0.1",
    connection="local",
    execute_count=1,
    status=HostStatus.RUNNING,
    exit_code=None,
    tag="",
    detail="",
    launches=1,
    launched_at=0,
    ended_at=None,
)
ERRAND = Errand(
    language=serving.SHELL,
    script=b'echo "$1"',
    param="'hello there'",
    sensitive=False,
    timeout=30,
    user=running.USER.name,
)


class Full(Local):
    """A connection to this machine whose disk is full for the last run of a launch."""

    def launch(self, runs: Sequence[Run]) -> None:
        """Begin all but the last."""
        super().launch(runs[:-1])
        raise LaunchError(runs[-1], OSError(errno.ENOSPC, "No space left on device", "order"))


class Shut(Local):
    """A connection to this machine that begins nothing."""

    def launch(self, runs: Sequence[Run]) -> None:
        """Say that no process can be begun."""
        super().launch(runs[:0])
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")


def _rows(*connections: str) -> tuple[HostRow, ...]:
    return tuple(
        replace(ROW, position=position, ip=f"127.0.0.{1 + position}", connection=connection)
        for position, connection in enumerate(connections)
    )


def _fleet(folder: Path) -> Fleet:
    user, home = running.USER.name, running.USER.home
    connections = {
        "local": running.local(),
        "full": Full(user=user, home=home),
        "shut": Shut(user=user, home=home),
    }
    return Fleet(folder=folder / "runs", connections=connections)


def _ended(fleet: Fleet, row: HostRow) -> None:
    serving.until(lambda: isinstance(fleet.observe(1, row), Outcome))


def _said(fleet: Fleet, script: str) -> None:
    fleet.launch(1, (ROW,), replace(ERRAND, script=script.encode()))
    _ended(fleet, ROW)


def test_rows_are_launched_by_their_connection(tmp_path: Path) -> None:
    """What one connection cannot launch keeps no other back; the first that failed is named."""
    fleet = _fleet(tmp_path)
    rows = _rows("full", "shut", "local", "full", "local")

    with pytest.raises(PlatformError) as raised:
        fleet.launch(1, rows, ERRAND)

    assert str(raised.value) == "cannot run on host 0:127.0.0.4: No space left on device: order"
    for begun in (rows[0], rows[2], rows[4]):
        _ended(fleet, begun)
        assert fleet.text(1, begun) == "hello there\n"
    assert fleet.text(1, rows[3]) == ""


def test_a_launch_that_fails_as_a_whole_names_its_first_host(tmp_path: Path) -> None:
    """And the machine, where the error names no file."""
    message = "cannot run on host 0:127.0.0.1: Resource temporarily unavailable: this machine"
    with pytest.raises(PlatformError, match=message):
        _fleet(tmp_path).launch(1, _rows("shut", "shut"), ERRAND)


@pytest.mark.parametrize("limit", [4, 5, 7, 11, LIMIT])
def test_a_log_is_read_piece_by_piece(tmp_path: Path, limit: int) -> None:
    """Each piece is whole characters, and together they are the log."""
    fleet = _fleet(tmp_path)
    text = "aé漢😀" * 5 + "é\n"
    _said(fleet, f"printf %s '{text}'")
    content = b""
    while piece := fleet.log(1, ROW, len(content), limit):
        piece.decode()
        content += piece

    assert content.decode() == text == fleet.text(1, ROW)


def test_half_a_character_waits_for_its_other_half(tmp_path: Path) -> None:
    """As long as the script runs; what stands at the end of a whole log is not kept back."""
    fleet = _fleet(tmp_path)
    _said(fleet, r"printf 'a\303'")

    assert fleet.log(1, ROW) == b"a"
    assert fleet.log(1, ROW, 1) == b""
    ended = replace(ROW, status=HostStatus.SUCCEEDED)
    assert fleet.log(1, ended) == b"a\xc3"
    assert fleet.text(1, ended) == "a\ufffd"


def test_what_is_no_text_is_given_out_too(tmp_path: Path) -> None:
    """Bytes that begin no character are not waited for."""
    fleet = _fleet(tmp_path)
    _said(fleet, r"printf 'a\377\200\200\200\200\200'")

    assert fleet.log(1, ROW, 0, 4) == b"a\xff\x80\x80"
    assert fleet.log(1, ROW, 4, 4) == b"\x80\x80\x80"


def test_what_is_sensitive_goes_on_to_the_run(tmp_path: Path) -> None:
    """The param of the step is hidden on its hosts, and the user is that of its account."""
    fleet = _fleet(tmp_path)
    script = "tr '\\0' ' ' < /proc/$$/cmdline; echo \"$1\""
    fleet.launch(1, (ROW,), replace(ERRAND, script=script.encode(), sensitive=True))
    _ended(fleet, ROW)

    assert fleet.text(1, ROW).endswith("/script hello there\n")
    assert fleet.text(1, ROW).count("hello") == 1
    other = replace(ROW, position=1)
    fleet.launch(1, (other,), replace(ERRAND, user="no-such-user"))
    seen = fleet.observe(1, other)
    assert isinstance(seen, Outcome)
    assert seen.status is HostStatus.NOT_STARTED
