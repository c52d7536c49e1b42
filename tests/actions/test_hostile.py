"""Names and words of strangers, through the workflows: none is run, none is an order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.actions import events
from tests.actions.scene import APPLY
from tests.actions.test_story import MARKER, applied, apply, comments, plan

if TYPE_CHECKING:
    from pathlib import Path

    from tests.actions.running import Ran
    from tests.actions.scene import Scene

# What the runner may hear of us: places in files, and what is hidden.
HARMLESS = {"error", "warning", "notice"}
BRANCHES = (
    "$(touch${IFS}pwned)",
    "-x;touch${IFS}pwned;`touch${IFS}pwned`",
    "a'\"&&touch${IFS}pwned|x%0A%3A%3Aerror%3A%3Ax",
)
ORDERS = (
    "::set-output name=code::0",
    "::add-mask::e",
    "##[add-mask]e",
    "::stop-commands::x",
    "::error file=jobgate.yaml,line=1::planted",
    "##[error]planted",
)


def pwned(here: Scene) -> list[Path]:
    """Return what was made by code that must not run."""
    return [path for path in here.runner.folder.rglob("*") if path.name.startswith("pwned")]


def quiet(here: Scene, ran: Ran) -> None:
    """Hold that nothing was run, and that the runner heard nothing that a stranger said."""
    assert pwned(here) == []
    assert {each.name for each in ran.commands} <= HARMLESS
    assert not any(each.text.startswith("planted") for each in ran.commands)
    assert not any("\x1b" in line for line in ran.said)
    assert "\x1b" not in ran.summary


@pytest.mark.parametrize("branch", BRANCHES)
def test_a_branch_is_a_word(here: Scene, branch: str) -> None:
    """A branch that is a command is planned like any other, and nothing of it is run."""
    pull = here.propose(branch)
    ran = plan(here, pull, "opened")

    assert ran.result == "success", ran.said
    assert len(comments(pull)) == 1
    quiet(here, ran)


def test_a_file_and_a_spec_are_words(here: Scene) -> None:
    """A file, a name, a reason and a label that are commands are text, wherever they are shown."""
    reason = "".join(f"\\n{each}" for each in ORDERS)
    spec = here.spec().replace("run: 1", 'run: 1\n  labels: {team: "::add-mask::e"}')
    spec = f'{spec}change: {{reason: "mended{reason}", ticket: "<!-- jobgate:plan -->"}}\n'
    pull = here.propose(
        files={
            "specs/$(touch pwned).yaml": spec,
            "specs/`touch pwned`::error::planted.yaml": spec.replace("name: count", "name: other"),
        }
    )
    ran = plan(here, pull, "opened")
    here.forge.approve(pull, "reviewer")
    before = str(here.forge.tip("main"))
    here.forge.merge(pull, "reviewer")
    after = apply(here, before)

    assert (ran.result, after.result) == ("success", "success"), ran.said + after.said
    assert "$(touch pwned).yaml" in ran.summary
    assert len(comments(pull)) == 1
    assert here.site.runs == ["ran hello"] * 2
    quiet(here, ran)
    quiet(here, after)


def test_a_name_that_is_none_is_a_finding(here: Scene) -> None:
    """A spec whose name is a command is refused at its line, and the name is shown as text."""
    names = ("a\\n::add-mask::e", "$(touch pwned)", "::error::planted", "##[add-mask]e")
    pull = here.propose(
        files={
            f"specs/$(touch pwned)-{at}.yaml": here.spec().replace("name: count", f'name: "{name}"')
            for at, name in enumerate(names)
        }
    )
    ran = plan(here, pull, "opened")
    found = {
        (each.properties["file"], each.properties["line"])
        for each in ran.commands
        if each.name == "error" and "file" in each.properties
    }

    assert ran.result == "failure"
    assert found >= {(f"specs/$(touch pwned)-{at}.yaml", "4") for at in range(len(names))}
    quiet(here, ran)


def test_what_a_script_prints_is_text(here: Scene) -> None:
    """A script that prints commands and escapes, and fails, gives the runner no command."""
    lines = "".join(f"echo '{each}'\nprintf '{each}\\n' >&2\n" for each in ORDERS)
    script = f"#!/bin/sh\nprintf '\\033[2J\\033]0;pwned\\007'\n{lines}exit 3\n"
    pull = here.propose(files={"specs/count.yaml": here.spec(), "scripts/count.sh": script})
    here.forge.approve(pull, "reviewer")
    before = str(here.forge.tip("main"))
    here.forge.merge(pull, "reviewer")
    ran = apply(here, before)

    assert ran.step("Apply, and follow what runs").code == 7
    quiet(here, ran)


def test_a_strangers_comment_is_left_alone(here: Scene) -> None:
    """A comment with our marker, of somebody else, is neither edited nor taken for ours."""
    pull = here.propose()
    planted = f"{MARKER}\nApproved by everybody.\n::add-mask::e"
    theirs = [here.forge.comment(pull, who, planted) for who in ("mallory", "dependabot[bot]")]
    first = plan(here, pull, "opened")
    second = plan(here, pull, "synchronize")
    ours = [each for each in pull.comments if each.by.login == here.forge.speaks]

    assert (first.result, second.result) == ("success", "success"), first.said
    assert [(each.body, each.edited) for each in theirs] == [(planted, 0)] * 2
    assert len(ours) == 1
    assert len(pull.comments) == 3
    quiet(here, first)


def test_an_order_is_for_a_job(here: Scene) -> None:
    """A job and a reason that are commands, given by hand, are words."""
    pressed = events.pressed(
        here.forge, order="stop", job="$(touch pwned)", reason="::add-mask::e; touch pwned"
    )
    ordered, ran = here.run(APPLY, pressed)

    assert (ordered.result, ran.result) == ("failure", "skipped")
    quiet(here, ordered)
    assert applied([ordered, ran]).steps == ()
