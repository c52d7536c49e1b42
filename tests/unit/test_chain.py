"""A chain only grows, each addition lands once, and nobody can take back what was seen."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from runner.errors import RepositoryError
from runner.git.chain import Chain, Files
from runner.git.repository import Git
from runner.model import Blob, Commit
from tests import repos

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

REF = "refs/heads/jobgate-journal"


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """Return an empty bare remote."""
    return repos.bare(tmp_path / "origin.git")


@pytest.fixture
def clone(origin: Path, tmp_path: Path) -> Iterator[Callable[[str], Chain]]:
    """Return what makes clones of the remote, each with its chain, and closes them afterwards."""
    opened: list[Git] = []

    def make(name: str) -> Chain:
        folder = repos.clone(origin, tmp_path / name)
        opened.append(Git.open(folder))
        return Chain(opened[-1], REF, "origin")

    yield make
    for git in opened:
        git.close()


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Chain]:
    """Return a chain that is kept in the repository itself."""
    with Git.open(repos.make(tmp_path / "here")) as git:
        yield Chain(git, REF, None)


def lines(chain: Chain, tip: Commit | None) -> list[str]:
    """Return the lines of the one file that these tests let grow."""
    if tip is None:
        return []
    found = chain.git.tree(tip).read("lines")
    assert isinstance(found, Blob)
    return found.content.decode().splitlines()


def add(chain: Chain, line: str) -> Commit | None:
    """Append one line, deciding on each new tip what the file then is."""

    def build(tip: Commit | None) -> Files:
        text = "".join(f"{each}\n" for each in [*lines(chain, tip), line])
        return Files(files={"lines": text.encode()}, message=line, at="2026-01-02T03:04:05Z")

    return chain.append(build)


def race(*chains: Chain) -> None:
    """Append three lines to each chain, all at the same time."""

    def run(number: int, chain: Chain) -> None:
        for turn in range(3):
            add(chain, f"{number}.{turn}")

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(chains)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_local_chain_grows(here: Chain) -> None:
    """The first addition makes the ref, each further one is its only child."""
    assert here.tip() is None
    first = add(here, "one")
    second = add(here, "two")
    assert first is not None
    assert second is not None
    assert here.tip() == second == repos.head(here.git.top, REF)
    assert here.git.objects.commit(second).parents == (first,)
    assert here.git.objects.commit(first).parents == ()
    assert lines(here, second) == ["one", "two"]


def test_nothing_to_add_changes_nothing(here: Chain) -> None:
    """A builder that has nothing to add leaves the chain as it is and gets its tip."""
    assert here.append(lambda _: None) is None
    first = add(here, "one")
    assert here.append(lambda _: None) == first


def test_two_runners_never_make_the_same_commit(here: Chain) -> None:
    """The same files on the same tip in the same second are two commits."""
    other = Chain(here.git, "refs/heads/jobgate-other", None)
    assert add(here, "one") != add(other, "one")


def test_a_remote_chain_is_read_back_from_the_remote(
    origin: Path, clone: Callable[[str], Chain]
) -> None:
    """What is appended in one clone is the tip in another one, and on the remote."""
    one, two = clone("one"), clone("two")
    first = add(one, "one")
    assert two.tip() == first
    second = add(two, "two")
    assert one.tip() == second == repos.head(origin, REF)
    assert one.git.ref(REF) is None


def test_two_clones_that_race_land_everything_once(clone: Callable[[str], Chain]) -> None:
    """Every line that two clones append at the same time is there exactly once."""
    one, two = clone("one"), clone("two")
    race(one, two)
    assert sorted(lines(one, one.tip())) == [f"{a}.{b}" for a in range(2) for b in range(3)]
    assert one.tip() == two.tip()


def test_runners_that_race_in_one_repository_land_everything_once(here: Chain) -> None:
    """Every line that three runners append to a local chain is there exactly once."""
    with Git.open(here.git.top) as second, Git.open(here.git.top) as third:
        race(here, Chain(second, REF, None), Chain(third, REF, None))
    assert sorted(lines(here, here.tip())) == [f"{a}.{b}" for a in range(3) for b in range(3)]


def test_the_builder_decides_again_on_a_new_tip(clone: Callable[[str], Chain]) -> None:
    """A builder whose tip has moved is asked again, and may then have nothing to add."""
    one, two = clone("one"), clone("two")
    seen: list[Commit | None] = []

    def build(tip: Commit | None) -> Files | None:
        seen.append(tip)
        if tip is not None:
            return None
        add(two, "first")
        return Files(files={"lines": b"mine\n"}, message="mine")

    assert one.append(build) == two.tip()
    assert seen == [None, two.tip()]
    assert lines(one, one.tip()) == ["first"]


def test_a_lost_answer_counts_when_the_commit_is_there(
    origin: Path, clone: Callable[[str], Chain]
) -> None:
    """When the remote dies after it took the push, the line is there once and nothing is wrong."""
    chain = clone("one")
    add(chain, "one")
    repos.hook(origin, "post-receive", "kill -9 $PPID")
    tip = add(chain, "two")
    assert lines(chain, tip) == ["one", "two"]
    assert repos.head(origin, REF) == tip


def test_an_answer_lost_on_the_way_there_is_asked_again(
    origin: Path, clone: Callable[[str], Chain], tmp_path: Path
) -> None:
    """When the remote dies before it took the push, the push is made again."""
    chain = clone("one")
    mark = tmp_path / "died"
    repos.hook(origin, "pre-receive", f"[ -e {mark} ] || {{ touch {mark}; kill -9 $PPID; }}")
    tip = add(chain, "one")
    assert mark.exists()
    assert lines(chain, tip) == ["one"]


def test_a_refused_push_is_an_error_at_once(origin: Path, clone: Callable[[str], Chain]) -> None:
    """A hook's no is an error with its words, and the hook is asked once."""
    chain = clone("one")
    asked = origin / "asked"
    repos.hook(origin, "pre-receive", f"echo x >> {asked}; echo robots only >&2; exit 1")
    with pytest.raises(RepositoryError, match=r"the remote refused it: .*robots only") as caught:
        add(chain, "one")
    assert caught.value.exit_code == 10
    assert "branch rules" in caught.value.mend
    assert asked.read_text() == "x\n"
    assert chain.tip() is None


def test_a_push_that_went_elsewhere_is_an_error(
    origin: Path, clone: Callable[[str], Chain], tmp_path: Path
) -> None:
    """A push that succeeds but is not found when read back is an error."""
    chain = clone("one")
    elsewhere = repos.bare(tmp_path / "elsewhere.git")
    repos.run(chain.git.top, "config", "remote.origin.pushurl", str(elsewhere))
    with pytest.raises(RepositoryError, match=r"cannot find .* what was just put there"):
        add(chain, "one")
    assert repos.run(origin, "for-each-ref") == ""


@pytest.mark.parametrize("how", ["rolled back", "rewritten", "deleted"])
def test_a_remote_tip_that_does_not_go_on_is_an_error(
    origin: Path, clone: Callable[[str], Chain], how: str
) -> None:
    """A tip that lost what this clone saw is refused, to read and to add; others cannot know."""
    chain = clone("one")
    first = add(chain, "one")
    second = add(chain, "two")
    if how == "deleted":
        repos.run(origin, "update-ref", "-d", REF)
    else:
        tree = repos.run(origin, "rev-parse", f"{second}^{{tree}}")
        other = repos.run(origin, "commit-tree", tree, "-p", str(first), "-m", "other")
        repos.run(origin, "update-ref", REF, str(first) if how == "rolled back" else other)
    for ask in (chain.tip, lambda: add(chain, "three")):
        with pytest.raises(RepositoryError, match="was rewritten or rolled back") as caught:
            ask()
        assert caught.value.exit_code == 10


def test_a_local_tip_that_does_not_go_on_is_an_error(here: Chain) -> None:
    """A local ref that was set back is refused until somebody accepts it by the mend."""
    first = add(here, "one")
    add(here, "two")
    repos.run(here.git.top, "update-ref", REF, str(first))
    with pytest.raises(RepositoryError, match="was rewritten or rolled back") as caught:
        here.tip()
    mend = caught.value.mend.partition("`git ")[2].partition("`")[0]
    repos.run(here.git.top, *mend.split())
    assert here.tip() == first


def test_other_refs_of_the_name_do_not_count(here: Chain) -> None:
    """A tag that is called like the chain is not the chain."""
    repos.commit(here.git.top, {"a": "a"})
    repos.run(here.git.top, "tag", "jobgate-journal")
    repos.run(here.git.top, "tag", "heads/jobgate-journal")
    assert here.tip() is None
    first = add(here, "one")
    assert here.tip() == first != here.git.commit("HEAD")


def test_a_chain_that_cannot_be_written_is_given_up(
    origin: Path, clone: Callable[[str], Chain]
) -> None:
    """A remote that never answers a push is given up after a bounded number of attempts."""
    repos.hook(origin, "pre-receive", "kill -9 $PPID")
    chain = Chain(clone("one").git, REF, "origin", attempts=2)
    with pytest.raises(RepositoryError, match=r"2 attempts came to nothing: .*hung up") as caught:
        add(chain, "one")
    assert caught.value.exit_code == 10
    assert chain.tip() is None
