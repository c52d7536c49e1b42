"""What a forge does in a bare repository when a button is pressed: really done, by git alone."""

from __future__ import annotations

from pathlib import Path

from runner.model import Commit
from tests import repos

GITHUB = "GitHub <noreply@github.com>"
# A head is kept as GitHub does: as soon as its branch is pushed, in the repository of the base.
_HOOK = """\
here=$(pwd)
base=$(cat pulls/base)
unset $(git rev-parse --local-env-vars)
while read -r old new ref; do
  case $new in *[!0]*) ;; *) continue ;; esac
  for file in pulls/[0-9]*; do
    [ -f "$file" ] && [ "$(cat "$file")" = "$ref" ] || continue
    git -C "$base" fetch -q "$here" "+$ref:refs/pull/${file##*/}/head"
  done
done"""


def prepare(repository: Path, base: Path) -> None:
    """Make a bare repository a forge's, whose pull requests are kept in `base`."""
    if not (repository / "HEAD").exists():
        repos.bare(repository)
    # Any commit that is still there can be had by its id, and nobody pushes to refs/pull.
    repos.run(repository, "config", "uploadpack.allowAnySHA1InWant", "true")
    repos.run(repository, "config", "receive.hideRefs", "refs/pull")
    (repository / "pulls").mkdir(exist_ok=True)
    (repository / "pulls" / "base").write_text(str(base.absolute()))
    repos.hook(repository, "post-receive", _HOOK)


def follow(repository: Path, number: int, branch: str) -> None:
    """Keep the head of a pull request where `branch` is pushed to, from now on."""
    (repository / "pulls" / str(number)).write_text(f"refs/heads/{branch}")
    keep(repository, number, branch)


def keep(repository: Path, number: int, branch: str) -> None:
    """Keep the head of a pull request at what the branch is now."""
    base = Path((repository / "pulls" / "base").read_text())
    spec = f"+refs/heads/{branch}:refs/pull/{number}/head"
    repos.run(base, "fetch", "-q", str(repository.absolute()), spec)


def leave(repository: Path, number: int) -> None:
    """Keep the head of a pull request as it is, whatever is pushed."""
    (repository / "pulls" / str(number)).unlink(missing_ok=True)


def tip(repository: Path, ref: str) -> Commit | None:
    """Return the commit that a full ref names, or None."""
    found = repos.run(repository, "for-each-ref", "--format=%(objectname)", ref)
    return Commit(found) if found else None


def has(repository: Path, commit: str) -> bool:
    """Tell whether a commit is there."""
    asked = repos.run(repository, "cat-file", "--batch-check", stdin=f"{commit}\n".encode())
    return asked.split()[1:2] == ["commit"]


def between(repository: Path, base: str, head: str) -> tuple[Commit, ...]:
    """Return the commits of `head` that `base` does not have, oldest first."""
    out = repos.run(repository, "rev-list", "--reverse", "--topo-order", f"{base}..{head}")
    return tuple(map(Commit, out.split()))


def holds(repository: Path, head: str, commit: str) -> bool:
    """Tell whether a commit is `head`, or stands in its history."""
    return not repos.run(repository, "rev-list", "--max-count=1", commit, f"^{head}")


def parents(repository: Path, commit: str) -> tuple[Commit, ...]:
    """Return the parents of a commit."""
    return tuple(map(Commit, repos.run(repository, "rev-parse", f"{commit}^@").split()))


def shown(repository: Path, commit: str, form: str) -> str:
    """Return what `git log` shows of one commit, in a format of its own."""
    return repos.run(repository, "log", "--max-count=1", f"--format={form}", commit)


def joined(repository: Path, ours: str, theirs: str) -> str:
    """Return the tree in which two commits are one; there must be no conflict."""
    return repos.run(repository, "merge-tree", "--write-tree", ours, theirs)


def carried(repository: Path, onto: str, before: str, after: str) -> str:
    """Return the tree of `onto` with what was changed from `before` to `after`."""
    # Not every git can name the base of a merge: these three commits have the one that is meant.
    trees = [shown(repository, each, "%T") for each in (before, onto, after)]
    root = made(repository, trees[0], (), "before")
    ours, theirs = (made(repository, each, (root,), "side") for each in trees[1:])
    return joined(repository, ours, theirs)


def picked(repository: Path, onto: str, commit: str, by: str) -> Commit:
    """Return a commit that was made again upon another one, and committed by somebody."""
    (parent,) = parents(repository, commit)
    tree = carried(repository, onto, parent, commit)
    message, who = shown(repository, commit, "%B"), shown(repository, commit, "%an <%ae>")
    return made(repository, tree, (onto,), message, (who, by))


def made(
    repository: Path,
    tree: str,
    parents: tuple[str, ...],
    message: str,
    people: tuple[str, str] = (GITHUB, GITHUB),
) -> Commit:
    """Return a new commit of an author and a committer."""
    named = [word for each in parents for word in ("-p", each)]
    out = repos.run(
        repository,
        "commit-tree",
        tree,
        *named,
        stdin=f"{message}\n".encode(),
        who=people[0],
        by=people[1],
    )
    return Commit(out)


def put(repository: Path, branch: str, commit: str) -> None:
    """Let a branch be a commit."""
    repos.run(repository, "update-ref", f"refs/heads/{branch}", commit)


def files(repository: Path, base: str, head: str) -> tuple[tuple[str, str, str], ...]:
    """Return (status letter, object id, path) of each file that differs."""
    out = repos.run(repository, "diff-tree", "-r", "-z", "--no-renames", base, head)
    words = iter(out.strip("\0").split("\0") if out else ())
    return tuple(
        (told.split()[4], told.split()[3], path) for told, path in zip(words, words, strict=True)
    )
