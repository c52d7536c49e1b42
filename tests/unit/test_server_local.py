"""Runs on this machine: real shims, real scripts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from runner.server import inventory, shim
from runner.server.hosts.local import Local
from runner.server.hosts.runs import Outcome, Run, Seen
from runner.server.states import HostStatus
from tests import serving

USER = inventory.own_user()


@pytest.fixture
def local() -> Local:
    """Return the connection to this machine, with little grace for what is killed."""
    return Local(user=USER.name, home=USER.home, grace=0.3)


def _run(
    folder: Path, script: str, *words: str, language: int = serving.SHELL, timeout: int = 30
) -> Run:
    return Run(
        folder=folder / "1" / "1" / "0",
        shared=folder,
        language=language,
        script=script.encode(),
        words=words,
        timeout=timeout,
        label="0:127.0.0.7",
        ip="127.0.0.7",
    )


def _ended(local: Local, run: Run) -> Outcome:
    seen: list[Outcome] = []

    def look() -> bool:
        outcome = local.observe(run.folder)
        if isinstance(outcome, Outcome):
            seen.append(outcome)
        return bool(seen)

    serving.until(look)
    return seen[0]


def _carry_out(local: Local, run: Run) -> Outcome:
    local.launch(run)
    return _ended(local, run)


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
    run = _run(tmp_path, script, "a b", "$c", language=language)
    outcome = _carry_out(local, run)

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
    run = _run(tmp_path, script)
    outcome = _carry_out(local, run)
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
    """Every file of a run is its owner's alone, and no word of the script is in the shim's argv."""
    run = _run(tmp_path / "runs", "cat /proc/$PPID/cmdline", "hush")
    _carry_out(local, run)

    modes = {path.stat().st_mode & 0o077 for path in (tmp_path / "runs").rglob("*")}
    assert modes == {0}
    assert b"shim.py" in local.log(run.folder)
    assert b"hush" not in local.log(run.folder)
    assert b"hush" in (run.folder / "order").read_bytes()


def test_a_script_that_dies_of_a_signal_has_the_code_of_a_shell(
    local: Local, tmp_path: Path
) -> None:
    """128 and the signal."""
    assert _carry_out(local, _run(tmp_path, "kill -9 $$")).exit_code == 137


def test_a_run_that_is_launched_often_runs_once(local: Local, tmp_path: Path) -> None:
    """However many shims are begun, before and after its end, one claims it."""
    run = _run(tmp_path, f"echo x >> {tmp_path}/count; sleep 0.1")
    for _ in range(6):
        local.launch(run)
    _ended(local, run)
    local.launch(run)
    serving.until(lambda: not _processes(str(run.folder)))

    assert (tmp_path / "count").read_text() == "x\n"
    assert not [file.name for file in run.folder.iterdir() if file.name.startswith("claim.")]


def test_a_script_that_takes_too_long_is_ended_with_its_children(
    local: Local, tmp_path: Path
) -> None:
    """Also what ignores SIGTERM, and what its parent has left behind."""
    name = tmp_path.name
    script = f"trap '' TERM; (exec -a {name}-child sleep 60) & (exec -a {name} sleep 60); true"
    run = _run(tmp_path, script, timeout=1)
    outcome = _carry_out(local, run)

    assert (outcome.status, outcome.exit_code) == (HostStatus.TIMED_OUT, None)
    serving.until(lambda: not _processes(name + "\0") and not _processes(f"{name}-child"))


def test_a_script_may_leave_a_service_behind(local: Local, tmp_path: Path) -> None:
    """The run ends with the script, and what it put into the background goes on."""
    name = f"{tmp_path.name}-service"
    run = _run(tmp_path, f"(exec -a {name} sleep 60) & echo $! > {tmp_path}/service; echo done")
    outcome = _carry_out(local, run)
    service = int((tmp_path / "service").read_text())

    assert outcome.status is HostStatus.SUCCEEDED
    assert local.log(run.folder) == b"done\n"
    assert _processes(name) == 1
    os.kill(service, signal.SIGKILL)


def test_output_beyond_the_limit_is_cut_and_the_script_goes_on(
    local: Local, tmp_path: Path
) -> None:
    """The first 5 MiB are kept, a line says that there was more, and the exit code comes."""
    run = _run(tmp_path, "head -c 9000000 /dev/zero | tr '\\0' x; echo; echo end >&2; exit 7")
    outcome = _carry_out(local, run)
    log = local.log(run.folder)

    assert outcome.exit_code == 7
    assert log == b"x" * shim.LIMIT + shim.CUT


def test_a_stop_ends_the_script(local: Local, tmp_path: Path) -> None:
    """Its group is told to go, and a trap still has its say."""
    run = _run(tmp_path, "trap 'echo bye; exit 0' TERM; echo hello; sleep 60 & wait")
    local.launch(run)
    serving.until(lambda: local.log(run.folder) == b"hello\n")
    assert local.observe(run.folder) is Seen.RUNNING
    local.stop(run.folder)
    outcome = _ended(local, run)

    assert (outcome.status, outcome.detail) == (HostStatus.TERMINATED, "stopped")
    assert local.log(run.folder) == b"hello\nbye\n"


def test_a_stop_that_comes_first_keeps_the_script_from_running(
    local: Local, tmp_path: Path
) -> None:
    """A launch that was under way finds the word and begins nothing."""
    run = _run(tmp_path, f"touch {tmp_path}/ran")
    local.stop(run.folder)
    outcome = _carry_out(local, run)

    assert outcome.status is HostStatus.TERMINATED
    assert not (tmp_path / "ran").exists()


def test_a_run_that_is_given_up_never_runs(local: Local, tmp_path: Path) -> None:
    """The claim is taken, the outcome says why, and a late shim begins nothing."""
    run = _run(tmp_path, f"touch {tmp_path}/ran")
    run.folder.mkdir(parents=True)
    (run.folder / "shim.log").write_text("Traceback\nOSError: no room\n")
    assert local.observe(run.folder) is Seen.UNCLAIMED
    local.give_up(run.folder)
    local.give_up(run.folder)
    local.launch(run)
    serving.until(lambda: not _processes(str(run.folder)))
    outcome = _ended(local, run)

    assert outcome.status is HostStatus.NOT_STARTED
    assert outcome.detail == "its shim cannot begin: OSError: no room"
    assert not (tmp_path / "ran").exists()


def test_an_interpreter_that_is_not_there_is_told_in_the_log(tmp_path: Path) -> None:
    """The run has exit code 127, as in a shell."""
    folder = tmp_path / "run"
    (folder / "work").mkdir(parents=True)
    (folder / "order").write_bytes(b"5 1\x001\x00/no/such/perl\x00A=b")
    words = [sys.executable, "-I", "-S", "-E", shim.__file__, str(folder)]

    assert subprocess.run(words, check=True).returncode == 0
    assert (folder / "exit").read_text() == "127"
    assert (folder / "log").read_text() == (
        "[jobgate] cannot run /no/such/perl: No such file or directory\n"
    )


def test_a_shim_that_is_killed_leaves_an_unknown_outcome(local: Local, tmp_path: Path) -> None:
    """Its script is killed too, and launching again begins nothing."""
    name = f"{tmp_path.name}-orphan"
    run = _run(tmp_path, f"echo x >> {tmp_path}/count; exec -a {name} sleep 60")
    local.launch(run)
    serving.until(lambda: _processes(name) == 1)
    (process,) = local._shims
    os.kill(process, signal.SIGKILL)
    outcome = _ended(local, run)

    assert outcome.status is HostStatus.UNKNOWN
    assert "its shim died" in outcome.detail
    serving.until(lambda: not _processes(name))
    local.launch(run)
    serving.until(lambda: not _processes(str(run.folder)))
    assert (tmp_path / "count").read_text() == "x\n"
