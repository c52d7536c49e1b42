"""Runs on this machine: real shims, real scripts."""

from __future__ import annotations

import os
import pwd
import signal
import tempfile
import textwrap
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from runner.server import inventory, shim
from runner.server.hosts.local import Local
from runner.server.hosts.runs import LaunchError, Outcome, Run, Seen
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
        sensitive=False,
        timeout=timeout,
        user=USER.name,
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
    local.launch([run])
    return _ended(local, run)


def _parent(process: str) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def _shims(folder: Path) -> int:
    """Count the processes that work in a run's folder, as its shim does."""
    count = 0
    for process in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError):
            count += process.readlink() == folder
    return count


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
    assert b"forks" in local.log(run.folder)
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
        local.launch([run])
    _ended(local, run)
    local.launch([run])
    serving.until(lambda: not _shims(run.folder))

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
    local.launch([run])
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
    local.launch([run])
    serving.until(lambda: not _shims(run.folder))
    outcome = _ended(local, run)

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
def test_an_interpreter_that_is_not_there_is_told(
    tmp_path: Path, language: int, reason: str
) -> None:
    """The host has the state of what was never started, and the reason names what it lacks."""
    path = str(tmp_path / "bin")
    local = Local(user=USER.name, home=USER.home, path=path)
    outcome = _carry_out(local, _run(tmp_path, "exit 0", language=language))

    assert (outcome.status, outcome.exit_code) == (HostStatus.NOT_STARTED, None)
    assert outcome.detail == reason.format(path=path)


def test_an_interpreter_that_cannot_be_run_is_told(tmp_path: Path) -> None:
    """Found, and no program: the reason is the kernel's."""
    found = tmp_path / "bin" / "perl"
    found.parent.mkdir()
    found.write_bytes(b"\x7fELF no program")
    found.chmod(0o755)
    local = Local(user=USER.name, home=USER.home, path=str(found.parent))
    outcome = _carry_out(local, _run(tmp_path, "exit 0", language=serving.PERL))

    assert outcome.status is HostStatus.NOT_STARTED
    assert outcome.detail == f"cannot run {found}: Exec format error"


def test_many_are_launched_at_once(local: Local, tmp_path: Path) -> None:
    """Each has its own shim and session, and one that cannot be written holds up no other."""
    runs = [replace(_run(tmp_path, "echo $JOBGATE_IP"), ip=f"n{number}") for number in range(20)]
    runs = [replace(run, folder=tmp_path / str(number)) for number, run in enumerate(runs)]
    runs[7].folder.write_bytes(b"")
    with pytest.raises(LaunchError) as failed:
        local.launch(runs)

    assert failed.value.label == "0:127.0.0.7"
    well = [run for run in runs if run is not runs[7]]
    assert {_ended(local, run).status for run in well} == {HostStatus.SUCCEEDED}
    assert [local.log(run.folder).decode() for run in well] == [f"{run.ip}\n" for run in well]


_SHOWN = """
    import os, sys
    print(sys.argv[1:], __file__.endswith("script"))
    process = os.getpid()
    while process > 1:
        for name in ("cmdline", "environ"):
            try:
                print(open(f"/proc/{process}/{name}").read())
            except OSError:
                break
        process = int(open(f"/proc/{process}/stat").read().rpartition(")")[2].split()[1])
"""
_LOOK = """
    echo "$#:$1:$2"; p=$$
    while [ "$p" -gt 1 ]; do
        tr '\\0' '\\n' < /proc/$p/cmdline; tr '\\0' '\\n' < /proc/$p/environ
        p=$(awk '{print $4}' /proc/$p/stat)
    done
"""


@pytest.mark.parametrize(
    ("language", "script", "first"),
    [
        (serving.SHELL, _LOOK, "2:a b:{}"),
        (serving.PYTHON, textwrap.dedent(_SHOWN), "['a b', '{}'] True"),
        (serving.PERL, 'print "@ARGV[1] $#ARGV\n"; print `cat /proc/$$/cmdline`;', "{} 1"),
    ],
)
def test_sensitive_words_are_shown_to_nobody(
    local: Local, tmp_path: Path, language: int, script: str, first: str
) -> None:
    """The script has them as its arguments; no argv and no environment above it does."""
    word = os.urandom(8).hex()
    run = replace(_run(tmp_path, script, "a b", word, language=language), sensitive=True)
    outcome = _carry_out(local, run)
    lines = local.log(run.folder).decode().splitlines()

    assert outcome.status is HostStatus.SUCCEEDED, lines
    assert lines[0] == first.format(word)
    assert len(lines) > 1
    assert word not in "".join(lines[1:])


def test_a_tag_is_what_the_script_gave_last(local: Local, tmp_path: Path) -> None:
    """As the functions of the platform's templates print it, at most 256 characters of it."""
    run = _run(
        tmp_path, 'echo job_success:[first]; echo "[x] job_fail:[no $(printf %0300d)]"; exit 1'
    )
    outcome = _carry_out(local, run)

    assert outcome.tag == ("no " + "0" * 300)[:256]
    assert (
        _carry_out(
            local, replace(run, folder=tmp_path / "2", shared=tmp_path / "2", script=b"")
        ).tag
        == ""
    )


def test_a_log_is_read_in_windows(local: Local, tmp_path: Path) -> None:
    """From an offset on, at most so many bytes; behind the end there is nothing."""
    run = _run(tmp_path, "printf 0123456789")
    _carry_out(local, run)

    assert local.log(run.folder, 3, 4) == b"3456"
    assert local.log(run.folder, 8) == b"89"
    assert local.log(run.folder, 10) == b""


def test_a_script_runs_as_the_user_of_its_account(local: Local) -> None:
    """Root hands it over whole; anybody else says that it cannot."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        folder.chmod(0o711)
        script = f"id -un; id -gn; echo $HOME $USER; touch here; wc -l < $0; ls {folder}/runs"
        run = replace(_run(folder / "runs", script), user="nobody")
        outcome = _carry_out(local, run)
        log = local.log(run.folder).decode()

        if os.geteuid() == 0:
            home = pwd.getpwnam("nobody").pw_dir
            assert log.splitlines()[:4] == ["nobody", "nogroup", f"{home} nobody", "0"]
            assert (outcome.status, "denied" in log) == (HostStatus.NON_ZERO, True)
            assert (run.folder / "log").stat().st_uid == 0
        else:
            assert outcome.status is HostStatus.NOT_STARTED
            assert outcome.detail.startswith("cannot run as nobody: the server runs as ")


def test_a_user_that_is_not_there_is_told(local: Local, tmp_path: Path) -> None:
    """The host's state says so, and nothing was begun."""
    outcome = _carry_out(local, replace(_run(tmp_path, "exit 0"), user="no-such-user"))

    assert outcome.status is HostStatus.NOT_STARTED
    assert outcome.detail.startswith("cannot run as no-such-user: ")


def test_a_shim_that_is_killed_leaves_an_unknown_outcome(local: Local, tmp_path: Path) -> None:
    """Its script is killed too, and launching again begins nothing."""
    name = f"{tmp_path.name}-orphan"
    run = _run(tmp_path, f"echo x >> {tmp_path}/count; exec -a {name} sleep 60")
    local.launch([run])
    serving.until(lambda: _processes(name) == 1)
    claim = run.folder / "claim"
    serving.until(lambda: " " in claim.read_text())
    os.kill(_parent(claim.read_text().split()[0]), signal.SIGKILL)
    outcome = _ended(local, run)

    assert outcome.status is HostStatus.UNKNOWN
    assert "its shim died" in outcome.detail
    serving.until(lambda: not _processes(name))
    local.launch([run])
    serving.until(lambda: not _shims(run.folder))
    assert (tmp_path / "count").read_text() == "x\n"
