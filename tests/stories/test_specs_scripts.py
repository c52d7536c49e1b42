"""The shipped scripts really run, on scratch folders, and do and say what they promise."""

from __future__ import annotations

import gzip
import hashlib
import os
import shlex
import subprocess
import sys
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path

import jinja2
import pytest

pytestmark = pytest.mark.stories


ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "specs" / "scripts"
CERTIFICATES = ROOT / "tests" / "cases" / "specs_scripts"
SHELLS = [each for each in ("/bin/sh", "/bin/bash") if Path(each).exists()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a script ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def words(self) -> str:
        """Return the report with its runs of blanks as one."""
        return " ".join(self.out.split())


@pytest.fixture(name="scratch")
def make_scratch(tmp_path: Path) -> Path:
    """Return the folder in which scripts make theirs."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def run(scratch: Path, script: Path, *words: str | Path, shell: str = "/bin/sh") -> Ran:
    """Run a script as a platform would: by its interpreter, with little in its environment."""
    interpreter = sys.executable if script.suffix == ".py" else shell
    done = subprocess.run(
        [interpreter, script, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        stdin=subprocess.DEVNULL,
        env={"PATH": os.defpath, "TMPDIR": str(scratch), "HOME": str(scratch / "home")},
    )
    return Ran(code=done.returncode, out=done.stdout, err=done.stderr)


def gone(process: str) -> bool:
    """Tell whether a process is no more, allowing for the moment that its end takes."""
    for _ in range(200):
        try:
            state = Path("/proc", process, "stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":  # dead, and not yet buried by whoever adopted it
            return True
        time.sleep(0.01)
    return False


def aged(path: Path, days: float) -> Path:
    """Make a file or folder look as if it was last changed some days ago."""
    then = time.time() - days * 86400
    os.utime(path, (then, then))
    return path


def written(path: Path, content: str = "x\n") -> Path:
    """Write a file, with the folders that it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


# ---------------------------------------------------------------- all of them


@pytest.mark.parametrize(
    ("name", "shell"),
    [
        (path.name, shell)
        for path in sorted(SCRIPTS.glob("*.sh"))
        for shell in SHELLS[: 1 if path.name == "time-drift.sh" else None]  # it waits a second
    ],
)
def test_script_without_arguments_is_harmless(scratch: Path, name: str, shell: str) -> None:
    """Each works on what it made itself, says something, ends 0 and leaves nothing behind."""
    done = run(scratch, SCRIPTS / name, shell=shell)

    assert (done.code, done.err) == (0, "")
    assert done.out.count("\n") >= 2
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("name", sorted(path.name for path in SCRIPTS.glob("*.sh")))
def test_unknown_option_is_told(scratch: Path, name: str) -> None:
    """A mistyped option ends 2 with the usage, and does nothing."""
    done = run(scratch, SCRIPTS / name, "-?")

    assert done.code == 2
    assert "usage: " in done.err
    assert done.out == ""


def test_scripts_can_be_run_by_name() -> None:
    """Each has a `#!` line and the bit that lets it run."""
    for path in SCRIPTS.iterdir():
        assert path.read_bytes().startswith(b"#!")
        assert path.suffix == ".j2" or os.access(path, os.X_OK)


# ---------------------------------------------------------------- disk usage


def test_disk_usage_tells_each_file_system_once(scratch: Path) -> None:
    """Two paths on one file system are one line; absent paths are named and do not count."""
    done = run(scratch, SCRIPTS / "disk-usage.sh", "-l", "100", scratch, scratch, scratch / "no")

    assert done.code == 0
    assert done.out.count("% used") == 1
    assert f"absent {scratch / 'no'}" in done.words
    assert done.out.endswith("all below the limit\n")


def test_disk_usage_beyond_the_limit_ends_1(scratch: Path) -> None:
    """What is above the limit is marked and counted: nothing in use is above nothing."""
    done = run(scratch, SCRIPTS / "disk-usage.sh", "-l", "0", "/")

    assert done.code == 1
    assert "FULL" in done.out
    assert "1 above the limit" in done.out
    assert run(scratch, SCRIPTS / "disk-usage.sh", "-l", "9%").code == 2


# ---------------------------------------------------------------- log rotation


def test_large_logs_are_rotated_and_emptied(scratch: Path, tmp_path: Path) -> None:
    """The content moves to NAME.1.gz; the same file goes on, empty; small logs are left."""
    text = "line\n" * 1000
    large = written(tmp_path / "logs" / "app one.log", text)
    small = written(tmp_path / "logs" / "small.log")
    other = written(tmp_path / "logs" / "notes.txt", text)
    inode = large.stat().st_ino

    done = run(scratch, SCRIPTS / "rotate-logs.sh", "-d", large.parent, "-s", "2")

    assert (done.code, done.err) == (0, "")
    assert "1 rotated, 1 below 2 KiB, 0 failed" in done.out
    assert (large.read_text(), large.stat().st_ino) == ("", inode)
    assert gzip.decompress(Path(f"{large}.1.gz").read_bytes()).decode() == text
    assert small.read_text() == "x\n"
    assert other.read_text() == text


def test_old_logs_move_up_and_the_oldest_goes(scratch: Path, tmp_path: Path) -> None:
    """After four turns that keep two, the last two contents are there, the newest first."""
    log = tmp_path / "logs" / "app.log"
    for turn in range(4):
        written(log, f"{turn}" * 2048)
        assert (
            run(scratch, SCRIPTS / "rotate-logs.sh", "-d", log.parent, "-s", "1", "-k", "2").code
            == 0
        )

    kept = {path.name: gzip.decompress(path.read_bytes())[:1] for path in log.parent.glob("*.gz")}
    assert kept == {"app.log.1.gz": b"3", "app.log.2.gz": b"2"}


def test_links_are_not_rotated(scratch: Path, tmp_path: Path) -> None:
    """A link in the folder cannot make the script empty a file elsewhere."""
    elsewhere = written(tmp_path / "elsewhere.log", "y" * 4096)
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "app.log").symlink_to(elsewhere)

    done = run(scratch, SCRIPTS / "rotate-logs.sh", "-d", folder, "-s", "1")

    assert "0 rotated" in done.out
    assert len(elsewhere.read_text()) == 4096


def test_logs_that_cannot_be_rotated_end_1(scratch: Path, tmp_path: Path) -> None:
    """A failure keeps the log as it was and does not stop the others."""
    first = written(tmp_path / "logs" / "a.log", "y" * 4096)
    second = written(tmp_path / "logs" / "b.log", "y" * 4096)
    written(tmp_path / "logs" / "a.log.1.gz.part" / "in-the-way")

    done = run(scratch, SCRIPTS / "rotate-logs.sh", "-d", first.parent, "-s", "1")

    assert done.code == 1
    assert "1 rotated, 0 below 1 KiB, 1 failed" in done.out
    assert len(first.read_text()) == 4096
    assert second.read_text() == ""


@pytest.mark.parametrize("words", [("-s", "x"), ("-k", "0"), ("-k", ""), ("-d", "/no/such/folder")])
def test_rotation_refuses_odd_arguments(scratch: Path, words: tuple[str, str]) -> None:
    """What cannot be meant ends 2 before anything is touched."""
    done = run(scratch, SCRIPTS / "rotate-logs.sh", *words)

    assert done.code == 2
    assert done.err.startswith("rotate-logs: ")


# ---------------------------------------------------------------- clean-up


def test_old_files_go_and_the_rest_stays(scratch: Path, tmp_path: Path) -> None:
    """Old files and the old folders they leave empty go; new files, links and targets stay."""
    folder = tmp_path / "tmp"
    old = aged(written(folder / "session" / "up load.part"), 30)
    aged(old.parent, 30)
    mixed = aged(written(folder / "mixed" / "old"), 30)
    new = written(folder / "mixed" / "new")
    aged(mixed.parent, 30)
    empty = folder / "fresh"
    empty.mkdir()
    target = aged(written(tmp_path / "elsewhere" / "kept"), 30)
    (folder / "link").symlink_to(target.parent)

    done = run(scratch, SCRIPTS / "clean-tmp.sh", "-d", folder, "-a", "14")

    assert (done.code, done.err) == (0, "")
    assert "2 files older than 14 days" in done.out
    assert "2 removed, 0 left" in done.out
    assert not old.parent.exists()
    assert not mixed.exists()
    assert new.exists()
    assert empty.is_dir()
    assert target.exists()


def test_dry_run_removes_nothing(scratch: Path, tmp_path: Path) -> None:
    """What would go is named."""
    old = aged(written(tmp_path / "tmp" / "old"), 30)

    done = run(scratch, SCRIPTS / "clean-tmp.sh", "-d", old.parent, "-n")

    assert done.code == 0
    assert f"would remove {old.resolve()}" in done.words
    assert old.exists()


def test_clean_up_refuses_the_root_and_the_home_folder(scratch: Path) -> None:
    """No argument makes it clean what nobody can mean."""
    home = scratch / "home"
    aged(written(home / "letter"), 1000)

    for folder in ("/", "/../", home, home / "."):
        done = run(scratch, SCRIPTS / "clean-tmp.sh", "-d", folder)
        assert done.code == 2
        assert "will not clean" in done.err
    assert (home / "letter").exists()


# ---------------------------------------------------------------- inventory and clock


def test_inventory_is_the_same_twice(scratch: Path) -> None:
    """The same host gives the same digest; an unknown name is said to be absent."""
    first = run(scratch, SCRIPTS / "package-inventory.sh", "no-such-package")
    second = run(scratch, SCRIPTS / "package-inventory.sh", "no-such-package")

    assert first == second
    assert first.code == 0
    assert "no package manager" in first.out or "no-such-package not installed" in first.words


def test_required_package_that_is_absent_ends_1(scratch: Path) -> None:
    """With -r an absent name is a failure, where there is a package manager to ask."""
    done = run(scratch, SCRIPTS / "package-inventory.sh", "-r", "no-such-package")

    assert done.code == (0 if "no package manager" in done.out else 1)


def test_clock_that_keeps_time_ends_0(scratch: Path) -> None:
    """The report tells how far the clocks moved apart, and what the limit was."""
    done = run(scratch, SCRIPTS / "time-drift.sh", "-s", "1", "-m", "5000")

    assert done.code == 0
    assert "in 1 s (at most 5000 ms)" in done.out
    assert done.out.endswith("no drift beyond the limit\n")


def test_clock_that_is_stepped_ends_1(scratch: Path, tmp_path: Path) -> None:
    """A wall clock that runs apart from the time since boot is found."""
    fast = written(
        tmp_path / "bin" / "date",
        "#!/bin/sh\n"
        'case $1 in +%s.%N) echo "$(($(cut -d . -f 1 /proc/uptime) * 3)).000000000" ;;\n'
        '*) exec /bin/date "$@" ;;\nesac\n',
    )
    fast.chmod(0o755)
    script = written(
        tmp_path / "stepped.sh",
        f"PATH={shlex.quote(str(fast.parent))}:$PATH\nexport PATH\n"
        f". {shlex.quote(str(SCRIPTS / 'time-drift.sh'))}\n",
    )

    done = run(scratch, script, "-s", "1", "-m", "500")

    assert done.code == 1
    assert "drift beyond the limit" in done.out


@pytest.mark.parametrize("words", [("-s", "0"), ("-s", "61"), ("-m", "x"), ("-r", "1.5")])
def test_clock_check_refuses_odd_arguments(scratch: Path, words: tuple[str, str]) -> None:
    """What cannot be meant ends 2 at once."""
    assert run(scratch, SCRIPTS / "time-drift.sh", *words).code == 2


# ---------------------------------------------------------------- backups


def backup(folder: Path, name: str = "db.tar.gz") -> Path:
    """Make a backup of two files, with its checksum."""
    for number in (1, 2):
        written(folder / "data" / f"{number}.csv", f"{number}\n")
    archive = folder / name
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder / "data", arcname="data")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    written(Path(f"{archive}.sha256"), f"{digest}  {name}\n")
    return archive


def test_good_backup_is_restored_in_scratch(scratch: Path, tmp_path: Path) -> None:
    """The newest is checked, what comes out is counted, and nothing is left behind."""
    aged(backup(tmp_path, "older.tar.gz"), 3)
    backup(tmp_path, "newer one.tar.gz")

    done = run(scratch, SCRIPTS / "verify-backup.sh", "-d", tmp_path)

    assert (done.code, done.err) == (0, "")
    assert "newest backup: newer one.tar.gz" in done.out
    assert "restored 2 files" in done.words
    assert list(scratch.iterdir()) == []


def test_altered_backup_is_bad(scratch: Path, tmp_path: Path) -> None:
    """One byte more, and it is not the file that was written."""
    archive = backup(tmp_path)
    archive.write_bytes(archive.read_bytes() + b"\0")

    done = run(scratch, SCRIPTS / "verify-backup.sh", "-d", tmp_path)

    assert done.code == 1
    assert "BAD: the checksum differs" in done.out


def test_backup_that_does_not_unpack_is_bad(scratch: Path, tmp_path: Path) -> None:
    """A checksum proves that nothing changed, not that it was ever good."""
    archive = backup(tmp_path)
    archive.write_bytes(b"no archive")
    written(Path(f"{archive}.sha256"), hashlib.sha256(b"no archive").hexdigest() + "  db.tar.gz\n")

    done = run(scratch, SCRIPTS / "verify-backup.sh", "-d", tmp_path)

    assert done.code == 1
    assert "BAD: cannot unpack: " in done.out
    assert list(scratch.iterdir()) == []


def test_stale_absent_or_unproven_backups_are_bad(scratch: Path, tmp_path: Path) -> None:
    """Too old, none at all, or no checksum beside it: each is said."""
    stale, none, bare = tmp_path / "stale", tmp_path / "none", tmp_path / "bare"
    none.mkdir()
    aged(backup(stale), 2)
    Path(f"{backup(bare)}.sha256").unlink()

    said = {
        folder.name: run(scratch, SCRIPTS / "verify-backup.sh", "-d", folder).out.splitlines()[-1]
        for folder in (stale, none, bare)
    }

    assert said == {
        "stale": "BAD: older than 26 hours",
        "none": f"BAD: no backup in {none}",
        "bare": "BAD: no checksum: db.tar.gz.sha256",
    }


# ---------------------------------------------------------------- certificates


def test_certificates_are_told_with_their_end(scratch: Path) -> None:
    """The one that has ended is found in a folder, and the first to end stands first."""
    done = run(scratch, SCRIPTS / "certificate_expiry.py", CERTIFICATES)

    lines = done.out.splitlines()
    assert (done.code, done.err) == (1, "")
    assert lines[0].split()[:2] == ["ENDED", "2001-06-30"]
    assert lines[1].split()[0] == "ok"
    assert lines[2] == "2 certificates, 1 ended or ending within 30 days"


def test_certificate_that_ends_in_time_ends_0(scratch: Path) -> None:
    """A certificate far from its end is fine, until more days are asked for than are left."""
    long = CERTIFICATES / "long.pem"

    assert run(scratch, SCRIPTS / "certificate_expiry.py", long).code == 0
    done = run(scratch, SCRIPTS / "certificate_expiry.py", "--days", "999999", long)
    assert done.code == 1
    assert "ENDING" in done.out


def test_what_is_no_certificate_does_not_count(scratch: Path, tmp_path: Path) -> None:
    """Absent paths and torn files are named; nothing to check is no failure."""
    pem = (CERTIFICATES / "long.pem").read_text().splitlines()
    torn = written(tmp_path / "torn.pem", "\n".join([pem[0], pem[1], pem[-1]]) + "\n")
    written(tmp_path / "key.pem", "no certificate in here\n")

    done = run(scratch, SCRIPTS / "certificate_expiry.py", tmp_path, tmp_path / "absent")

    assert (done.code, done.err) == (0, "")
    assert f"unread {torn}: not a certificate" in done.words
    assert f"absent {tmp_path / 'absent'}" in done.words
    assert "0 certificates" in done.out


# ---------------------------------------------------------------- restart


def restart(folder: Path, **service: str | int) -> Path:
    """Render the restart template for a service."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROOT / "specs" / "_lib"),
        undefined=jinja2.StrictUndefined,
        autoescape=jinja2.select_autoescape((), default_for_string=False),
    )
    environment.filters["shquote"] = shlex.quote
    template = environment.from_string((SCRIPTS / "restart-service.sh.j2").read_text())
    made = {"name": "edge-proxy", "unit": "", "grace": 5, **service}
    return written(folder / "restart.sh", template.render(vars={"service": made}))


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("mode", ["--graceful", "--now"])
def test_stand_in_is_restarted(scratch: Path, tmp_path: Path, mode: str, shell: str) -> None:
    """Without a unit another process runs afterwards, and both are gone at the end."""
    done = run(scratch, restart(tmp_path), mode, shell=shell)

    assert done.code == 0
    last = done.out.splitlines()[-1].replace(",", "").split()
    assert last[:4] == ["edge-proxy", "is", "up:", "process"]
    before, after = last[4], last[6]
    assert before != after
    assert gone(before)
    assert gone(after)
    assert list(scratch.iterdir()) == []


def test_absent_unit_falls_back_to_the_stand_in(scratch: Path, tmp_path: Path) -> None:
    """A unit that this host does not have is never made up, and its name is no shell code."""
    script = restart(tmp_path, unit="no-such-unit-$(touch x).service")

    done = run(scratch, script)

    assert done.code == 0
    assert "restarting a stand-in for edge-proxy" in done.out


def test_unknown_mode_is_refused(scratch: Path, tmp_path: Path) -> None:
    """A mistyped mode restarts nothing."""
    done = run(scratch, restart(tmp_path), "--hard")

    assert done.code == 1
    assert "usage: " in done.err
    assert done.out == ""
