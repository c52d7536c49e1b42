"""Runs on this machine as other users, and with words that nobody else may see."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runner.server.states import HostStatus
from tests import running, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.server.hosts.local import Local

NOBODY = "nobody"  # whom every system has
ROOT = os.geteuid() == 0

LOOK = r"""
see() { "$@" > /dev/null 2>&1 && echo yes || echo no; }
echo "$(id -u):$(id -g):$(id -G)"
sed -n -e 's/^Uid:[[:blank:]]*//p' -e 's/^CapEff:[[:blank:]]*//p' /proc/self/status
echo "$HOME $USER $LOGNAME $#:$1:$2"
echo mine > file; cat "$PWD/file"
stat -c '%u %a' .
see cat "$0"
see test -w "$0"
see cat ../order
see cat ../log
see ls ..
see ls ../../../..
see touch ../stop
see kill -0 $PPID
stat -c %u /proc/$PPID
"""

# Print the words, and then all that anybody could see of this process and of those above it.
CHAINS = {
    serving.SHELL: r"""
        echo "$0|$#|$1|$2|$3"; echo ---
        process=$$
        while [ "$process" -gt 0 ]; do
            tr '\0' '\n' < /proc/$process/cmdline
            tr '\0' '\n' < /proc/$process/environ
            process=$(sed -n 's/^PPid:[[:blank:]]*//p' /proc/$process/status)
        done 2> /dev/null
        echo "bash: ${BASH_ENV-unset} line $LINENO"
        for fd in 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$fd ] && echo "open $fd"; done; true
        """,
    serving.PERL: r"""
        print join("|", $0, scalar(@ARGV), @ARGV), "\n---\n";
        for (my $process = $$; $process > 0;) {
            for my $name ("cmdline", "environ") {
                open(my $file, "<", "/proc/$process/$name") or next;
                print map { s/\0/\n/gr } <$file>;
            }
            open(my $file, "<", "/proc/$process/status") or last;
            ($process) = map { /^PPid:\s*(\d+)/ } <$file>;
        }
        print <DATA>;
        __END__
        end of data
        """,
    serving.PYTHON: r"""
        from __future__ import annotations
        import pathlib, sys
        print(sys.argv[0], len(sys.argv) - 1, *sys.argv[1:], sep="|")
        print("---", __name__, __file__ == sys.argv[0], sys.path[0])
        process = "self"
        while process != "0":
            folder = pathlib.Path("/proc", process)
            for name in ("cmdline", "environ"):
                try:
                    print(*(folder / name).read_text().split("\0"), sep="\n")
                except PermissionError:
                    continue
            process = (folder / "status").read_text().split("PPid:")[1].split()[0]
        """,
}
WORDS = ("hush 'hush'", "$HOME\t", "")


@pytest.fixture
def local() -> Local:
    """Return the connection to this machine."""
    return running.local()


@pytest.fixture
def data() -> Iterator[Path]:
    """Return a data folder that is shut, in one that everybody can pass through."""
    above = Path(tempfile.mkdtemp())
    above.chmod(0o711)
    folder = above / "data"
    folder.mkdir(mode=0o700)
    yield folder
    shutil.rmtree(above)


def _dedented(script: str) -> str:
    return "\n".join(line.removeprefix(" " * 8) for line in script.strip("\n").split("\n"))


def test_a_script_runs_as_the_user_of_its_account(local: Local, data: Path) -> None:
    """With its groups and home, in a folder of its own, and it sees nothing else of ours.

    A server that is not root can only refuse.
    """
    run = replace(running.run(data, LOOK, "a", "b c"), user=NOBODY, shared=data / "runs" / "1")
    run = replace(run, folder=run.shared / "1" / "1" / "0")
    outcome = running.carry_out(local, run)

    if not ROOT:
        _assert_refused(outcome.status, outcome.detail)
        return
    assert outcome.status is HostStatus.SUCCEEDED, outcome.detail
    them = pwd.getpwnam(NOBODY)
    groups = " ".join(map(str, os.getgrouplist(NOBODY, them.pw_gid)))
    assert local.log(run.folder).decode().splitlines() == [
        f"{them.pw_uid}:{them.pw_gid}:{groups}",
        "\t".join([str(them.pw_uid)] * 4),
        "0" * 16,
        f"{them.pw_dir} {NOBODY} {NOBODY} 2:a:b c",
        "mine",
        f"{them.pw_uid} 700",
        "yes",
        *["no"] * 7,
        "0",
    ]
    assert {0o711, 0o700} == {path.stat().st_mode & 0o777 for path in data.rglob("*/")}


def _assert_refused(status: HostStatus, detail: str) -> None:
    assert status is HostStatus.NOT_STARTED
    assert detail == (
        f"cannot run as {NOBODY}: the server runs as {running.USER.name}, and only root can do that"
    )


def test_a_folder_that_shuts_the_user_out_is_named(local: Local, tmp_path: Path) -> None:
    """What is above the data folder is not opened: the owner of the machine has to."""
    (tmp_path / "data").mkdir()
    tmp_path.chmod(0o700)
    run = replace(running.run(tmp_path / "data", "true"), user=NOBODY)
    outcome = running.carry_out(local, run)

    if not ROOT:
        _assert_refused(outcome.status, outcome.detail)
        return
    assert outcome.status is HostStatus.NOT_STARTED
    assert outcome.detail == (
        f"cannot run as {NOBODY}: it cannot pass through {tmp_path}, which has the data"
    )
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_a_user_that_the_host_does_not_have_is_named(local: Local, tmp_path: Path) -> None:
    """The run has not been started; only root can tell that there is no such user."""
    run = replace(running.run(tmp_path, "true"), user="no-such-user")
    outcome = running.carry_out(local, run)

    assert outcome.status is HostStatus.NOT_STARTED
    says = "this host has no such user" if ROOT else "only root can do that"
    assert outcome.detail.startswith("cannot run as no-such-user: ")
    assert outcome.detail.endswith(says)


def test_a_run_as_another_user_can_be_launched_again(local: Local, data: Path) -> None:
    """It runs once, and what is there of it is not in the way."""
    run = replace(running.run(data, 'echo "$USER"'), user=NOBODY)
    for _ in range(3):
        local.launch((run, run))
    outcome = running.ended(local, run)

    if not ROOT:
        _assert_refused(outcome.status, outcome.detail)
        return
    running.settled(local)
    assert outcome.status is HostStatus.SUCCEEDED
    assert local.log(run.folder) == b"nobody\n"


def test_a_script_of_another_user_is_stopped_like_any(local: Local, data: Path) -> None:
    """The shim stays root, so it can end what it began."""
    run = replace(running.run(data, "trap '' TERM; echo hi; sleep 60 & wait"), user=NOBODY)
    local.launch((run,))
    if not ROOT:
        outcome = running.ended(local, run)
        _assert_refused(outcome.status, outcome.detail)
        return
    serving.until(lambda: local.log(run.folder) == b"hi\n")
    local.stop(run.folder)
    assert running.ended(local, run).status is HostStatus.TERMINATED


# ---------------------------------------------------------------- words that nobody may see


@pytest.mark.parametrize("language", CHAINS)
def test_sensitive_words_are_in_no_argv_and_no_environment(
    local: Local, tmp_path: Path, language: int
) -> None:
    """Neither of the script nor of any process above it; and the script has them as always."""
    script = _dedented(CHAINS[language])
    open_run = running.run(tmp_path / "open", script, *WORDS, language=language)
    run = replace(running.run(tmp_path / "runs", script, *WORDS, language=language), sensitive=True)

    assert running.carry_out(local, open_run).status is HostStatus.SUCCEEDED
    assert running.carry_out(local, run).status is HostStatus.SUCCEEDED
    words, _, rest = local.log(run.folder).decode().partition("---")
    assert words == "|".join((str(tmp_path / "runs" / "script"), "3", *WORDS)) + "\n"
    assert "script" in rest
    assert "hush" not in rest
    shown, _, seen = local.log(open_run.folder).decode().partition("---")
    assert shown == words.replace("/runs/", "/open/")
    assert "hush" in seen
    assert rest.splitlines()[-1] == seen.splitlines()[-1]


def test_a_shell_that_is_not_bash_hides_them_too(tmp_path: Path) -> None:
    """Where there is only sh."""
    sh = shutil.which("dash") or shutil.which("sh")
    assert sh is not None
    (tmp_path / "sh").symlink_to(sh)
    plain = running.local(f"{tmp_path}")
    words = ("hush 'hush'", "two\nlines ", "")
    script = 'echo "$0|$#|$1|$2|$3|$l$w"; read -r line < /proc/$$/cmdline; echo "$line"'
    run = replace(running.run(tmp_path / "runs", script, *words), sensitive=True)
    outcome = running.carry_out(plain, run)

    assert outcome.status is HostStatus.SUCCEEDED
    said = plain.log(run.folder).decode()
    begin = "|".join((str(tmp_path / "runs" / "script"), "3", *words, "\n"))
    assert said.startswith(begin)
    assert "hush" not in said.removeprefix(begin)


@pytest.mark.parametrize("language", CHAINS)
def test_one_empty_word_is_still_a_word(local: Local, tmp_path: Path, language: int) -> None:
    """And a script that gets none at all is begun as any other."""
    script = _dedented(CHAINS[language])
    for words in (("",), ()):
        run = running.run(tmp_path / str(len(words)), script, *words, language=language)
        run = replace(run, sensitive=True)
        assert running.carry_out(local, run).status is HostStatus.SUCCEEDED
        assert f"script|{len(words)}" in local.log(run.folder).decode()


def test_words_that_another_user_gets_are_hidden_too(local: Local, data: Path) -> None:
    """For it as for us, in every language."""
    for language, script in CHAINS.items():
        run = running.run(data / str(language), _dedented(script), *WORDS, language=language)
        outcome = running.carry_out(local, replace(run, sensitive=True, user=NOBODY, data=data))
        if not ROOT:
            _assert_refused(outcome.status, outcome.detail)
            continue
        assert outcome.status is HostStatus.SUCCEEDED, outcome.detail
        words, _, rest = local.log(run.folder).decode().partition("---")
        assert words.endswith("|".join(("/code/script", "3", *WORDS)) + "\n")
        assert "hush" not in rest


def test_a_syntax_error_is_the_same_with_hidden_words(local: Local, tmp_path: Path) -> None:
    """The exit code of bash and the line in the log do not change."""
    run = running.run(tmp_path, "echo hi\nif then\n", "word")
    hidden = replace(run, folder=tmp_path / "2", sensitive=True)
    codes = [running.carry_out(local, each).exit_code for each in (run, hidden)]

    assert codes == [2, 2]
    assert local.log(run.folder) == local.log(hidden.folder)
    assert b"line 2" in local.log(run.folder)


def test_powershell_has_no_way_to_hide_them(tmp_path: Path) -> None:
    """So the run is not started."""
    (tmp_path / "pwsh").write_text("#!/bin/sh\n")
    (tmp_path / "pwsh").chmod(0o755)
    run = running.run(tmp_path / "runs", "hi", "word", language=5)
    outcome = running.carry_out(running.local(str(tmp_path)), replace(run, sensitive=True))

    assert outcome.status is HostStatus.NOT_STARTED
    assert outcome.detail == "cannot run the script: pwsh would show its sensitive parameters"
