"""A forge for tests: GitHub's REST API on loopback, over a real bare repository.

    with double.running(root, repository=site.root / "remote.git") as forge:
        ...                                           # push `topic` to forge.repository by git
        pull = forge.open("author", "topic")          # refs/pull/1/head follows every later push
        forge.approve(pull, "reviewer")               # at the head that it has now
        forge.merge(pull, "reviewer", "squash")       # or "merge" (the default), or "rebase"

*Who*: an account that is named for the first time is made, as `NAME <NAME@example.org>`, a person.
`user`, `bot`, `gone` and `team` make others. *When*: now, to the second, as GitHub tells it; each
deed takes `at=` (an aware datetime) instead, and `next_second` waits until what comes next has a
later instant than all before. *What is there*: `change` commits to a branch without a working tree
of one's own (also of a `fork`), `head` and `tip` tell commits, `revert` is the button, `update` is
"Update branch", `retarget` and `delete` give another base, as people and as GitHub itself do.

*To be asked*: `entry` is what the policy says of it, `WORD` is the token that it takes and
`VARIABLE` the variable that it is in. `asked` are the paths that it was asked for; `exchanges` all
that went over the wire.

*What is written*: tokens speak as `speaks`, and `may` write comments and statuses; without either
of these it answers as it does to the token of a fork's workflow. `pull.comments` and `statuses`
are what was written, `comment` is what people do.

*It lies* after `lie(kind, change)`: each answer of that kind (see `answering.ROUTES`: "pulls",
"pull", "reviews", "events", "membership", "team", "files", "commits", "comments", …, and of deeds,
`writing.DEEDS`: "comment", "edit", "mark") goes through `change(tree)`.
*It fails* after `fail(kind, fault, …)`, once for each fault, see `serving.FAULTS`: "limit",
"secondary", "later", "down", "html", "half", "reset", "silent", "moved", "leave", "gone", and
"lost" and "passed", after which it is done and nobody is told.
*It is small* with `largest` entries a page, and *strict* with `budget` answers an hour (304 is
free). *It does not say* who is in a team after `closed_teams = True`, as to most tokens.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runner.terms import ForgeEntry
from tests.forge import deeds, serving, writing
from tests.forge.buttons import Buttons

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from runner.model import Json
    from tests.forge.serving import Exchange

WORD = "ghs_16C7e42F292c6912E7710c838347Ae178B4a"
VARIABLE = "JOBGATE_FORGE_TOKEN"


@dataclass(slots=True, kw_only=True)
class Double(Buttons):
    """The forge, as it is asked. Its other methods are those of `buttons` and `holdings`."""

    exchanges: list[Exchange] = field(default_factory=list)
    lies: dict[str, Callable[[Json], Json]] = field(default_factory=dict)
    faults: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    largest: int = 100
    budget: int = 5000
    reset: int = 3600  # seconds until the next hour, and until whoever is put off may come back
    tokens: set[str] = field(default_factory=lambda: {WORD})
    closed_teams: bool = False
    speaks: str = "github-actions[bot]"  # whose account the tokens are
    may: set[str] = field(default_factory=lambda: {writing.COMMENTS, writing.STATUSES})

    @property
    def entry(self) -> ForgeEntry:
        """Return what a policy says of it."""
        return ForgeEntry(name="github", url=self.url, repository=self.name, token=VARIABLE)

    @property
    def asked(self) -> list[str]:
        """Return the path of each request that came, oldest first, without its query."""
        return [each.path for each in self.exchanges]

    def lie(self, kind: str, change: Callable[[Json], Json]) -> None:
        """Let each answer of a kind be what `change` makes of it."""
        self.lies[kind] = change

    def fail(self, kind: str, *faults: str) -> None:
        """Answer the next requests of a kind so, one after the other."""
        self.faults[kind].extend(faults)


@contextlib.contextmanager
def running(
    root: Path, *, name: str = "acme/ops", repository: Path | None = None
) -> Iterator[Double]:
    """Run a forge with its folder in `root`, over a bare repository, which is made if need be."""
    place = repository or root / "forge.git"
    deeds.prepare(place, place)
    made = Double(root=root, name=name, repository=place)
    with serving.served(made) as url:
        made.url = url
        yield made
