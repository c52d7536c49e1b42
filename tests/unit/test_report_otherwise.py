"""What was approved and is made otherwise, as people are told it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runner.model import Commit, Digest
from runner.otherwise import Otherwise
from runner.report import otherwise
from tests import plans, rendered, values

if TYPE_CHECKING:
    from runner.model import Change
    from runner.otherwise import Cause

HEAD = values.HEAD
SEEN, MOVED = Commit("5" * 40), Commit("6" * 40)
DIGEST = Digest("sha256:" + "7" * 64)


def change(number: int = 0) -> Change:
    """Return a new job."""
    return plans.planned((), (plans.named(f"job{number}"),)).plan.changes[0]


def made(pull: int = 7, number: int = 0, cause: Cause = "merged", **more: str) -> Otherwise:
    """Return a change that was approved as something else."""
    return Otherwise(
        change=change(number),
        pull=pull,
        people=(more.get("who", "ann"),),
        commit=SEEN,
        digest=DIGEST,
        cause=cause,
        differs=(more.get("path", "specs/vars.yaml"),),
        by=(MOVED,),
    )


def test_what_is_said() -> None:
    """Who approved which commit, what differs and by what, both digests, and what to do."""
    (body,) = otherwise.comments([made()], HEAD, "main").values()

    assert body.startswith(f"{otherwise.MARKER}\n### ○ Approved, and made otherwise now: 1 change ")
    assert f"At `{HEAD[:12]}`, the tip of `main`," in body
    assert f"`local/job0` was approved by `ann` at `{SEEN[:12]}`." in body
    assert f"* differs: `specs/vars.yaml` (via), changed by `{MOVED[:12]}`\n" in body
    assert f"* approved: `{DIGEST}`\n* would run: `{change().digest}`\n" in body
    assert f"`jobgate plan --head {HEAD}`" in body
    assert "`jobgate approve local/job0`" in body


def test_each_pull_request_is_told_of_its_own() -> None:
    """In the order of their numbers, and of the jobs of each."""
    found = [made(9), made(7, 2), made(7, 1)]
    bodies = otherwise.comments(found, HEAD, "main")

    assert list(bodies) == [7, 9]
    assert bodies[7].index("local/job1") < bodies[7].index("local/job2")
    assert "2 changes wait\n" in bodies[7]
    assert "local/job2" not in bodies[9]


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        ("pushed", "went on after that review"),
        ("merged", "had moved on when"),
        ("since", "changed on the branch after"),
    ],
)
def test_why(cause: Cause, said: str) -> None:
    """What made something else of it is said in words."""
    assert said in otherwise.page([made(cause=cause)], HEAD, "main")


def test_files_and_commits() -> None:
    """Its own spec is not `via` anything; without files, or commits, there is no word of them."""
    path = plans.named("job0").path
    own = otherwise.page([made(path=path)], HEAD, "main")
    many = replace(made(), differs=tuple(f"f{number}" for number in range(12)), by=())
    none = replace(made(), differs=(), by=())

    assert f"* differs: `{path}`, changed by" in own
    assert "`f9` (via), 2 more\n" in otherwise.page([many], HEAD, "main")
    assert "changed by" not in otherwise.page([many], HEAD, "main")
    assert "differs" not in otherwise.page([none], HEAD, "main")


def test_it_always_fits() -> None:
    """Of very many changes the first are shown, and the others counted."""
    found = [made(number=number, who="w" * 900, path="p" * 900) for number in range(25)]
    body = otherwise.page(found, HEAD, "main")

    assert len(body.encode()) < 65_536
    assert "\n\nAnd 5 more changes.\n\n" in body
    assert "local/job19" in body
    assert "local/job20" not in body


def test_text_from_elsewhere_is_inert() -> None:
    """Whatever names say, nothing in what is rendered is a link or an element."""
    found = [made(who=plans.ATTACK, path=plans.ATTACK)]
    shown = rendered.html(otherwise.page(found, HEAD, plans.ATTACK))

    assert "<img" not in shown
    assert "<a " not in shown
    assert "<script" not in shown
    assert shown.count("<h3") == 1


def test_at_a_terminal() -> None:
    """A line a change, harmless, and the number last."""
    said = otherwise.texts([made(), made(8, 1)])

    assert said.splitlines()[-1] == "Approved otherwise: 2 changes."
    assert said.startswith(f"pull request 7: local/job0 was approved at {SEEN[:12]}, and is ")
    assert otherwise.texts([]) == "Approved otherwise: 0 changes.\n"


def test_none() -> None:
    """There is nothing to say on any pull request, and that is said elsewhere."""
    assert otherwise.comments([], HEAD, "main") == {}
    assert otherwise.page([], HEAD, "main").startswith("Nothing that was approved waits")
