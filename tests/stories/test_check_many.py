"""Checking many specs: by two processes, from memory, or with a broken one, says the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner.cli import crew
from runner.git import repository
from runner.model import Severity
from runner.pipeline import wanted
from runner.report import documents, seen
from tests import site as sites

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.stories

MANY = crew.FEW + 100
WRONG = {
    3: ("timeout: 60", "timeout: 0"),
    5: ("vars.word", "vars.wrod"),
    650: ("  run: 1", "  rnu: 1"),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> sites.Site:
    """Return a site with so many specs that several processes look at them, three of them wrong."""
    site = sites.make(tmp_path_factory.mktemp("many"))
    for number in range(MANY):
        text = sites.SPEC.format(counter="/dev/null").replace("name: count", f"name: job-{number}")
        old, new = WRONG.get(number, ("", ""))
        assert old in text
        site.write(f"specs/all/job-{number}.yaml", text.replace(old, new) if old else text)
    site.commit("Many")
    return site


def checked(site: sites.Site) -> str:
    """Return what `check` says, which is no crash."""
    ended = site.jobgate("check", "--format", "json")
    assert ended.code in {0, 1}, ended.err
    return ended.out


def made_anew(site: sites.Site) -> str:
    """Return what the pipeline finds in the working tree, without memory and in one process."""
    with repository.Git.open(site.repository) as opened:
        found = wanted.wanted(opened.worktree())
    jobs = len(found.value.jobs) if found.value else 0
    assert any(each.severity is Severity.ERROR for each in found.findings) is (found.value is None)
    return documents.findings(seen.ordered(found.findings), jobs)


def cache_files(site: sites.Site) -> list[Path]:
    """Return the files of the memory."""
    return sorted((site.root / "cache").rglob("*.sqlite"))


def test_cold_warm_and_alone_say_the_same(site: sites.Site) -> None:
    """The first check, the second from memory, and one without any, find the same in one order."""
    cold = checked(site)
    kept = cache_files(site)
    warm = checked(site)

    assert cold == warm == made_anew(site)
    assert cold.count('"severity":"error"') >= len(WRONG)
    assert len(kept) == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b"no database"),
        lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
        lambda path: path.unlink(),
        lambda path: path.chmod(0o000),
    ],
    ids=["nonsense", "cut", "gone", "closed"],
)
def test_a_broken_memory_changes_nothing(site: sites.Site, spoil: Callable[[Path], object]) -> None:
    """Whatever is done to the file that keeps results, the check says what it would without it."""
    said = checked(site)
    (kept,) = cache_files(site)
    spoil(kept)

    assert checked(site) == said


def test_whatever_a_spec_goes_through_is_looked_at_again(site: sites.Site) -> None:
    """A changed or new vars file, script or policy is noticed, though the spec is the same."""
    before = checked(site)
    for path, content in (
        ("specs/all/vars.yaml", "hosts: nobody\n"),
        ("specs/vars.yaml", sites.VARS.replace("word: hello", "word: [1]")),
        ("scripts/count.sh", "#!/usr/bin/perl\n"),
    ):
        kept = site.repository / path
        was = kept.read_text() if kept.exists() else None
        site.write(path, content)
        changed = checked(site)

        assert changed != before, path
        assert changed == made_anew(site), path
        if was is None:
            kept.unlink()
        else:
            site.write(path, was)
        assert checked(site) == before
