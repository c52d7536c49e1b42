"""Runs on this machine: real shims, real scripts."""

from __future__ import annotations

import errno
import os
import signal
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runner.server import shim
from runner.server.hosts.nursery import Nursery
from runner.server.hosts.runs import LaunchError, Seen
from runner.server.states import HostStatus
from tests import running, serving
from tests.running import USER

if TYPE_CHECKING:
    from runner.server.hosts.local import Local


pytestmark = pytest.mark.stories


@pytest.fixture
def local() -> Local:
    """Return the connection to this machine."""
    return running.local()


def _processes(word: str) -> int:
    count = 0
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            count += word.encode() in process.read_bytes()
    return count


@pytest.mark.parametrize(
    ("language", "script", "log"),
    [
        (serving.SHELL, 'echo "$#:$1:$2"; exit 3', "2:a b:$c\n"),
        (serving.PERL, 'print scalar(@ARGV), ":", join(":", @ARGV), "\\n"; exit 3', "2:a b:$c\n"),
        (
            serving.PYTHON,
            "import sys\nprint(len(sys.argv) - 1, *sys.argv[1:], sep=':')\nsys.exit(3)",
            "2:a b:$c\n",
        ),
    ],
)
def test_each_language_runs_with_its_words(
    local: Local, tmp_path: Path, language: int, script: str, log: str
) -> None:
    """The interpreter gets the words as they are, and its exit code comes back."""
    run = running.run(tmp_path, script, "a b", "$c", language=language)
    outcome = running.carry_out(local, run)

    assert log == local.log(run.folder).decode()
    assert (outcome.status, outcome.exit_code) == (HostStatus.NON_ZERO, 3)
    assert abs(outcome.at / 1000 - time.time()) < 5


def test_a_script_sees_a_clean_world(
    local: Local, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the server's environment, descriptors or folder; both outputs in one log."""
    monkeypatch.setenv("SECRET_OF_THE_SERVER", "1")
    inherited = os.dup2(2, 77, inheritable=True)
    script = """
        env | sort | grep -v -e ^_= -e ^SHLVL= -e ^PWD=
        pwd; umask; cat; echo to stderr >&2
        for fd in 0 1 2 3 4 5 6 7 8 9 77; do [ -e /proc/$$/fd/$fd ] && echo $fd; done
        trap | grep -c ' '
        ignored=$(sed -n 's/^SigIgn:.//p' /proc/self/status)
        echo $(( 0x$ignored & 0x7fffffff ))
    """
    run = running.run(tmp_path, script)
    outcome = running.carry_out(local, run)
    os.close(inherited)

    assert outcome.status is HostStatus.SUCCEEDED
    assert local.log(run.folder).decode().splitlines() == [
        f"HOME={USER.home}",
        "JOBGATE_HOST=0:127.0.0.7",
        "JOBGATE_IP=127.0.0.7",
        "LANG=C.UTF-8",
        f"LOGNAME={USER.name}",
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        f"USER={USER.name}",
        str(run.folder / "work"),
        "0022",
        "to stderr",
        "0",
        "1",
        "2",
        "0",
        "0",
    ]


def test_nobody_else_can_read_a_run(local: Local, tmp_path: Path) -> None:
    """Every file of a run is its owner's alone, and the shim's argv has no word of the script."""
    run = running.run(tmp_path / "runs", "cat /proc/$PPID/cmdline", "hush")
    running.carry_out(local, run)

    modes = {path.stat().st_mode & 0o077 for path in (tmp_path / "runs").rglob("*")}
    assert modes == {0}
    assert b"hosts import forks" in local.log(run.folder)
    assert b"hush" not in local.log(run.folder)
    assert b"hush" in (run.folder / "order").read_bytes()


def test_a_script_that_dies_of_a_signal_has_the_code_of_a_shell(
    local: Local, tmp_path: Path
) -> None:
    """128 and the signal."""
    assert running.carry_out(local, running.run(tmp_path, "kill -9 $$")).exit_code == 137


def test_a_run_that_is_launched_often_runs_once(local: Local, tmp_path: Path) -> None:
    """However many shims are begun, before and after its end, one claims it."""
    run = running.run(tmp_path, f"echo x >> {tmp_path}/count; sleep 0.1")
    for _ in range(6):
        local.launch((run,))
    running.ended(local, run)
    local.launch((run,))
    running.settled(local)

    assert (tmp_path / "count").read_text() == "x\n"
    assert not [file.name for file in run.folder.iterdir() if file.name.startswith("claim.")]


def test_a_script_that_takes_too_long_is_ended_with_its_children(
    local: Local, tmp_path: Path
) -> None:
    """Also what ignores SIGTERM, and what its parent has left behind."""
    name = tmp_path.name
    script = f"trap '' TERM; (exec -a {name}-child sleep 60) & (exec -a {name} sleep 60); true"
    run = replace(running.run(tmp_path, script), timeout=1)
    outcome = running.carry_out(local, run)

    assert (outcome.status, outcome.exit_code) == (HostStatus.TIMED_OUT, None)
    serving.until(lambda: not _processes(name + "\0") and not _processes(f"{name}-child"))


def test_a_script_may_leave_a_service_behind(local: Local, tmp_path: Path) -> None:
    """The run ends with the script, and what it put into the background goes on."""
    name = f"{tmp_path.name}-service"
    run = running.run(
        tmp_path, f"(exec -a {name} sleep 60) & echo $! > {tmp_path}/service; echo done"
    )
    outcome = running.carry_out(local, run)
    service = int((tmp_path / "service").read_text())

    assert outcome.status is HostStatus.SUCCEEDED
    assert local.log(run.folder) == b"done\n"
    serving.until(lambda: _processes(name) == 1)  # it takes its name a moment later
    os.kill(service, signal.SIGKILL)


def test_output_beyond_the_limit_is_cut_and_the_script_goes_on(
    local: Local, tmp_path: Path
) -> None:
    """The first 5 MiB are kept, a line says that there was more, and the exit code comes."""
    run = running.run(
        tmp_path, "head -c 9000000 /dev/zero | tr '\\0' x; echo; echo end >&2; exit 7"
    )
    outcome = running.carry_out(local, run)
    log = local.log(run.folder)

    assert outcome.exit_code == 7
    assert log == b"x" * shim.LIMIT + shim.CUT


def test_a_stop_ends_the_script(local: Local, tmp_path: Path) -> None:
    """Its group is told to go, and a trap still has its say."""
    run = running.run(tmp_path, "trap 'echo bye; exit 0' TERM; echo hello; sleep 60 & wait")
    local.launch((run,))
    serving.until(lambda: local.log(run.folder) == b"hello\n")
    assert local.observe(run.folder) is Seen.RUNNING
    local.stop(run.folder)
    outcome = running.ended(local, run)

    assert (outcome.status, outcome.detail) == (HostStatus.TERMINATED, "stopped")
    assert local.log(run.folder) == b"hello\nbye\n"


def test_a_stop_that_comes_first_keeps_the_script_from_running(
    local: Local, tmp_path: Path
) -> None:
    """A launch that was under way finds the word and begins nothing."""
    run = running.run(tmp_path, f"touch {tmp_path}/ran")
    local.stop(run.folder)
    outcome = running.carry_out(local, run)

    assert outcome.status is HostStatus.TERMINATED
    assert not (tmp_path / "ran").exists()


def test_a_run_that_is_given_up_never_runs(local: Local, tmp_path: Path) -> None:
    """The claim is taken, the outcome says why, and a late shim begins nothing."""
    run = running.run(tmp_path, f"touch {tmp_path}/ran")
    run.folder.mkdir(parents=True)
    (run.folder / "shim.log").write_text("Traceback\nOSError: no room\n")
    assert local.observe(run.folder) is Seen.UNCLAIMED
    local.give_up(run.folder)
    local.give_up(run.folder)
    local.launch((run,))
    running.settled(local)
    outcome = running.ended(local, run)

    assert outcome.status is HostStatus.NOT_STARTED
    assert outcome.detail == "its shim cannot begin: OSError: no room"
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("language", "reason"),
    [
        (1, "cannot run the script: bash or sh is not in {path}"),
        (2, "cannot run bat scripts: cmd.exe is a part of Windows"),
        (3, "cannot run the script: perl is not in {path}"),
        (5, "cannot run the script: pwsh is not in {path}"),
    ],
)
def test_an_interpreter_that_is_not_there_is_named(
    tmp_path: Path, language: int, reason: str
) -> None:
    """The run has not been started, which a retry may change once it is installed."""
    bare = running.local(str(tmp_path / "bin"))
    run = running.run(tmp_path / "runs", "echo 1", language=language)
    outcome = running.carry_out(bare, run)

    assert (outcome.status, outcome.exit_code) == (HostStatus.NOT_STARTED, None)
    assert outcome.detail == reason.format(path=tmp_path / "bin")
    assert bare.log(run.folder) == b""


def test_an_interpreter_that_cannot_be_run_is_named(tmp_path: Path) -> None:
    """What is called perl and is none has not run the script either."""
    (tmp_path / "perl").write_bytes(b"\x7fELF")
    (tmp_path / "perl").chmod(0o700)
    odd = running.local(str(tmp_path))
    outcome = running.carry_out(
        odd, running.run(tmp_path / "runs", "print 1", language=serving.PERL)
    )

    assert outcome.status is HostStatus.NOT_STARTED
    assert outcome.detail == f"cannot run {tmp_path}/perl: Exec format error"


def test_powershell_is_run_as_its_manual_says(tmp_path: Path) -> None:
    """With its words after -File, and a file name that it accepts; here a script stands for it."""
    (tmp_path / "pwsh").write_text('#!/bin/sh\nprintf "%s\\n" "$@"; cat "$4"\n')
    (tmp_path / "pwsh").chmod(0o755)
    odd = running.local(f"{tmp_path}:/usr/bin:/bin")
    run = running.run(tmp_path / "runs", "Write-Output hi", "a b", language=5)
    outcome = running.carry_out(odd, run)

    assert outcome.status is HostStatus.SUCCEEDED
    script = str(tmp_path / "runs" / "script.ps1")
    assert odd.log(run.folder).decode().splitlines() == [
        *("-NoProfile", "-NonInteractive", "-File", script, "a b", "Write-Output hi")
    ]


def test_a_shim_that_is_killed_leaves_an_unknown_outcome(local: Local, tmp_path: Path) -> None:
    """Its script is killed too, and launching again begins nothing."""
    name = f"{tmp_path.name}-orphan"
    run = running.run(tmp_path, f"echo x >> {tmp_path}/count; exec -a {name} sleep 60")
    local.launch((run,))
    serving.until(lambda: _processes(name) == 1)
    os.kill(running.shim(run), signal.SIGKILL)
    outcome = running.ended(local, run)

    assert outcome.status is HostStatus.UNKNOWN
    assert "its shim died" in outcome.detail
    serving.until(lambda: not _processes(name))
    local.launch((run,))
    running.settled(local)
    assert (tmp_path / "count").read_text() == "x\n"


# ---------------------------------------------------------------- many at once


def test_many_runs_are_begun_by_one_process(local: Local, tmp_path: Path) -> None:
    """Each has a shim with a session of its own; killing one loses its run and no other."""
    runs = running.several(
        running.run(tmp_path, f"while [ ! -e {tmp_path}/go ]; do sleep 0.05; done"), 12
    )
    local.launch(runs)
    serving.until(lambda: all((run.folder / "claim").exists() for run in runs))
    shims = tuple(map(running.shim, runs))
    (nursery,) = {int(running.stat(process)[1]) for process in shims}

    assert {int(running.stat(process)[3]) for process in shims} == set(shims)
    assert nursery not in shims
    os.kill(shims[5], signal.SIGKILL)
    assert running.ended(local, runs[5]).status is HostStatus.UNKNOWN
    (tmp_path / "go").touch()
    states = [running.ended(local, run).status for run in runs]
    assert states.count(HostStatus.SUCCEEDED) == 11
    serving.until(lambda: all(not Path(f"/proc/{process}").exists() for process in shims))
    assert not running.gone(nursery)


def test_a_run_that_cannot_be_launched_holds_up_no_other(local: Local, tmp_path: Path) -> None:
    """The error tells whose it is, after the others were begun; asked again, it runs."""
    runs = running.several(running.run(tmp_path, f"echo x >> {tmp_path}/$JOBGATE_IP"), 3)
    runs[1].folder.parent.mkdir(parents=True)
    runs[1].folder.touch()

    with pytest.raises(LaunchError) as raised:
        local.launch(runs)

    assert (raised.value.label, raised.value.errno) == ("0:127.0.0.8", errno.ENOTDIR)
    assert [running.ended(local, run).status for run in (runs[0], runs[2])] == [
        HostStatus.SUCCEEDED
    ] * 2
    runs[1].folder.unlink()
    local.launch(runs)
    assert running.ended(local, runs[1]).status is HostStatus.SUCCEEDED
    running.settled(local)
    assert [(tmp_path / run.ip).read_text() for run in runs] == ["x\n"] * 3


def test_when_the_process_that_begins_shims_is_killed_another_is_begun(
    local: Local, tmp_path: Path
) -> None:
    """What it has begun goes on, and what it had not can be launched again."""
    first, second = running.several(
        running.run(tmp_path, f"mkdir {tmp_path}/begun || exit 0; sleep 60 & wait"), 2
    )
    local.launch((first,))
    serving.until((tmp_path / "begun").exists)
    nursery = int(running.stat(running.shim(first))[1])
    os.kill(nursery, signal.SIGKILL)
    serving.until(lambda: running.gone(nursery))

    assert running.carry_out(local, second).status is HostStatus.SUCCEEDED
    assert local.observe(first.folder) is Seen.RUNNING
    local.stop(first.folder)
    assert running.ended(local, first).status is HostStatus.TERMINATED


def test_a_process_that_hangs_is_given_up(tmp_path: Path) -> None:
    """Who asks is told after a while, and the next one who asks gets another process."""
    nursery = Nursery(patience=50)
    nursery.begin((tmp_path,))
    assert nursery._process is not None
    hanging = nursery._process.number
    os.kill(hanging, signal.SIGSTOP)

    with pytest.raises(TimeoutError, match="the process that begins shims hangs"):
        nursery.begin((tmp_path / ("missing" * 20),) * 2000)
    nursery.begin((tmp_path,))
    assert nursery._process.number != hanging
    os.kill(hanging, signal.SIGKILL)
    nursery.close()


# ---------------------------------------------------------------- logs and tags


def test_a_log_is_read_in_windows(local: Local, tmp_path: Path) -> None:
    """From an offset on and at most so much; beyond the end there is nothing."""
    run = running.run(tmp_path, "printf 0123456789")
    assert local.log(run.folder, 0, 4) == b""
    running.carry_out(local, run)

    assert local.log(run.folder, 3, 4) == b"3456"
    assert local.log(run.folder, 8, 4) == b"89"
    assert local.log(run.folder, 10, 4) == b""
    assert local.log(run.folder, 8) == b"89"


TEMPLATE = """
function job_success { echo "[now][PID:$$] job_success:[$*]"; exit 0; }
function job_fail { echo "[now][PID:$$] job_fail:[$*]"; exit 1; }
"""


@pytest.mark.parametrize(
    ("script", "tag", "code"),
    [
        ("job_success all is well", "all is well", 0),
        ("job_fail no room", "no room", 1),
        ("echo hello", "", 0),
        ("job_success", "", 0),
        ("job_success 'a [b] c'", "a [b] c", 0),
        ("echo 'job_success:[first]'; job_fail second", "second", 1),
        ("echo 'job_success:[open'", "", 0),
        (f"job_success {'漢' * 300}", "漢" * 256, 0),
        ("head -c 100000 /dev/zero; echo; job_success late", "late", 0),
        ("echo 'job_success:[early]'; head -c 100000 /dev/zero", "", 0),
        ("printf 'job_success:[\\377]'", "\ufffd", 0),
    ],
)
def test_a_script_tags_its_result(
    local: Local, tmp_path: Path, script: str, tag: str, code: int
) -> None:
    """The last line as the platform's templates print it, near the end of the log."""
    outcome = running.carry_out(local, running.run(tmp_path, TEMPLATE + script))

    assert (outcome.tag, outcome.exit_code) == (tag, code)


def test_what_was_stopped_has_no_tag(local: Local, tmp_path: Path) -> None:
    """Only a script that came to its end has said how."""
    script = "echo 'job_success:[too soon]'; sleep 60"
    run = replace(running.run(tmp_path, script), timeout=1)
    outcome = running.carry_out(local, run)

    assert (outcome.status, outcome.tag) == (HostStatus.TIMED_OUT, "")
