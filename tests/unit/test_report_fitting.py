"""Markdown that is cut where there is no room for all of it, and stays what it is."""

from __future__ import annotations

import pytest

from runner.report import fitting

NOTE = "more elsewhere"
END = f"\n{NOTE}\n"


def test_what_has_room_is_left_alone() -> None:
    """Also where it has just so much."""
    assert fitting.fitted("ä\n", 3, NOTE) == "ä\n"
    assert fitting.fitted("", 0, NOTE) == ""


def test_it_is_cut_between_lines() -> None:
    """Whole lines are kept, as many as have room beside the note; bytes count, not characters."""
    text = "ää\n" * 10
    room = 5 * 3 + len(END)

    assert fitting.fitted(text, room, NOTE) == "ää\n" * 3 + END
    assert fitting.fitted(text, room - 1, NOTE) == "ää\n" * 2 + END
    assert len(fitting.fitted(text, room, NOTE).encode()) == room


@pytest.mark.parametrize("room", range(len(END)))
def test_no_room_for_the_note(room: int) -> None:
    """Then nothing is left: half a note would be none."""
    assert fitting.fitted("a" * 100, room, NOTE) == ""


def test_room_for_the_note_alone() -> None:
    """A first line that is too long is left out."""
    assert fitting.fitted("a" * 100, len(END), NOTE) == END


@pytest.mark.parametrize(
    ("kept", "closed"),
    [
        ("```diff\n+a\n", "```\n"),
        ("````\n```\n", "````\n"),
        ("```\na\n``` x\n", "```\n"),
        ("<details><summary>x</summary>\n\na\n", "\n</details>\n"),
        ("<details open>\n<details>\na\n", "\n</details>\n" * 2),
        ("<details>\n<details>\n</details>\n", "\n</details>\n"),
        ("<details>\n```\n<details>\n", "```\n\n</details>\n"),
        ("<details>\n```\n</details>\n```\n", "\n</details>\n"),
        ("<details>\na\n</details>\nb\n", ""),
        ("```\na\n```\nb\n", ""),
        ("```a``` b\nc\n", ""),
        ("a\u2028```\nc\n", ""),
    ],
)
def test_what_is_open_is_closed(kept: str, closed: str) -> None:
    """The fence first, then the folds around it; what only looks like either opens nothing."""
    cut = kept + closed + END

    assert fitting.fitted(kept + "z\n" * 200, len(cut.encode()), NOTE) == cut


def test_a_fold_that_ends_within_the_room_is_kept_whole() -> None:
    """The longest beginning is taken that has room with its closing."""
    fold = "<details>\na\n</details>\n"

    assert fitting.fitted(fold + "z\n" * 200, len(fold + END), NOTE) == fold + END


def test_the_bound_is_that_of_a_step_summary() -> None:
    """GitHub takes 1 MiB and drops what has more; the bound is below it."""
    assert fitting.MOST < 1024 * 1024
    whole = fitting.fitted("x\n" * 1024 * 1024, fitting.MOST, NOTE)
    assert fitting.MOST - 2 <= len(whole) <= fitting.MOST
