"""The same tree gives the same bytes, and a record can be made again, or is found out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import site as sites

pytestmark = pytest.mark.stories

HERE = Path(__file__).parents[2]


@pytest.fixture
def site(tmp_path: Path) -> sites.Site:
    """Return a site on a remote whose job ran once, and with a change that waits."""
    site = sites.adopted(tmp_path, remote=True)
    site.approve()
    assert site.jobgate("apply").code == 0
    site.edit("specs/count.yaml", "timeout: 60", "timeout: 61")
    site.commit("Wait longer")
    site.git("push", "-q", "origin", "main")
    return site


def printed(site: sites.Site, *words: str, folder: Path, **more: str) -> bytes:
    """Return what a command prints as a process of its own, in `folder`, with other variables."""
    done = subprocess.run(
        (sys.executable, "-m", "runner", *words),
        cwd=folder,
        env=site.environment() | {"PYTHONPATH": str(HERE)} | more,
        capture_output=True,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize(
    "words",
    [("plan",), ("plan", "--format", "json"), ("plan", "--format", "markdown"), ("render",)],
    ids=" ".join,
)
def test_the_same_bytes_whatever_surrounds_it(site: sites.Site, words: tuple[str, ...]) -> None:
    """Hash seed, time zone, language and working folder change no byte of plan and render."""
    first = printed(site, *words, folder=site.repository, PYTHONHASHSEED="1", TZ="UTC")
    other = printed(
        site,
        *words,
        folder=site.repository / "specs",
        PYTHONHASHSEED="2",
        TZ="Asia/Shanghai",
        LANG="de_DE.UTF-8",
        LC_ALL="C",
        COLUMNS="40",
    )

    assert first == other
    assert first


def test_a_shallow_clone_gives_the_same_bytes_or_ten(site: sites.Site, tmp_path: Path) -> None:
    """A clone of another depth plans the same, or says that history is missing (exit 10)."""
    whole = site.jobgate("plan", "--format", "json")
    codes = set()
    for depth in ("1", "2", "50"):
        name = f"clone{depth}"
        subprocess.run(
            ("git", "clone", "-q", "--depth", depth, f"file://{tmp_path}/remote.git", name),
            cwd=tmp_path,
            env=site.environment(),
            check=True,
        )
        ended = sites.Site(tmp_path, name=name).jobgate("plan", "--format", "json")
        codes.add(ended.code)
        if ended.code == 0:
            assert ended.out == whole.out
        else:
            assert ended.code == 10, ended.err
            assert "unshallow" in ended.err

    assert 0 in codes


def test_verify_passes_and_finds_every_altered_byte(site: sites.Site) -> None:
    """A record holds as it was written, and with any one byte changed it does not."""
    kept = site.root / "record.json"
    assert site.jobgate("records", "count", "--out", str(kept)).code == 0
    assert site.jobgate("verify", str(kept)).code == 0
    content = kept.read_bytes()
    for index in range(0, len(content), len(content) // 23):
        altered = bytearray(content)
        altered[index] ^= 1
        kept.write_bytes(bytes(altered))
        assert site.jobgate("verify", str(kept)).code == 1, (index, content[index])
    kept.write_bytes(content + b" ")

    assert site.jobgate("verify", str(kept)).code == 1


def test_verify_finds_a_rewritten_journal(site: sites.Site) -> None:
    """A journal whose commits were made again with one byte changed is not sound: exit 10."""
    site.git("fetch", "-q", "origin", "jobgate-journal")
    lines = site.git("cat-file", "blob", "FETCH_HEAD:entries.jsonl")
    assert '"succeeded"' in lines
    blob = subprocess.run(
        ("git", "hash-object", "-w", "--stdin"),
        cwd=site.repository,
        env=site.environment(),
        input=lines.replace('"failed":0', '"failed":1').encode() + b"\n",
        capture_output=True,
        check=True,
    ).stdout.decode()
    site.git("read-tree", "FETCH_HEAD")
    site.git("update-index", "--cacheinfo", f"100644,{blob.strip()},entries.jsonl")
    tree = site.git("write-tree")
    parent = site.git("rev-parse", "FETCH_HEAD~1")
    commit = site.git("commit-tree", tree, "-p", parent, "-m", "Rewritten")
    site.git("push", "-q", "--force", "origin", f"{commit}:refs/heads/jobgate-journal")

    assert site.jobgate("verify").code == 10
    assert site.jobgate("apply").code == 10


def test_verify_needs_no_network(site: sites.Site, tmp_path: Path) -> None:
    """With the remote and the platform gone, every record still holds, also in a fresh clone."""
    subprocess.run(
        ("git", "clone", "-q", f"file://{tmp_path}/remote.git", "clone"),
        cwd=tmp_path,
        env=site.environment(),
        check=True,
    )
    (tmp_path / "remote.git").rename(tmp_path / "unplugged")
    (tmp_path / "state").rename(tmp_path / "gone")

    for name in ("work", "clone"):
        ended = sites.Site(tmp_path, name=name).jobgate("verify")
        assert ended.code == 0, ended.err
        assert "all 10 proofs hold" in ended.out
