"""Unit tests of what stands before stdout and stderr once there is something to hide."""

from __future__ import annotations

import contextlib
import io
import sys
import traceback
from typing import TYPE_CHECKING

import click
import pytest

from runner.cli import ending, outputs
from runner.cli.outputs import Outputs
from runner.redactor import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterator

VALUE = "Corr3ct-Horse"


class Caught:
    """What came out by now, on a stream of each kind."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.out = io.StringIO()
        self.content = io.BytesIO()
        self.err = io.TextIOWrapper(self.content, "utf-8", write_through=True)


@contextlib.contextmanager
def catching() -> Iterator[Caught]:
    """Catch what comes out."""
    made = Caught()
    with contextlib.redirect_stdout(made.out), contextlib.redirect_stderr(made.err):
        yield made


def test_a_value_does_not_come_out_on_either() -> None:
    """Be it written at once, in pieces, by click, as bytes, or by Python as a traceback."""
    with catching() as caught:
        made = Outputs()
        made.hide(Redactor([VALUE]))
        sys.stdout.write(f"out {VALUE}")
        sys.stderr.write(VALUE[:5])
        sys.stderr.flush()
        sys.stderr.write(f"{VALUE[5:]}\n")
        click.echo(f"click {VALUE}")
        click.echo(f"click {VALUE}".encode(), err=True)
        sys.stdout.buffer.write(f"bytes {VALUE}\n".encode())
        try:
            int(VALUE)
        except ValueError:
            traceback.print_exc()
        made.end()

        out, err = caught.out.getvalue(), caught.content.getvalue().decode()
        assert out == "out ******click ******\nbytes ******\n"
        assert err.startswith("******\nclick ******\nTraceback")
        assert err.endswith("with base 10: '******'\n")


def test_what_may_still_become_a_value_is_kept_and_comes_at_the_end() -> None:
    """A flush does not let it through; the end does, and the outputs are as they were."""
    with catching() as caught:
        made = Outputs()
        made.hide(Redactor([VALUE]))
        sys.stdout.write(f"line {VALUE[:5]}")
        sys.stdout.flush()
        assert caught.out.getvalue() == "line "
        made.end()
        assert caught.out.getvalue() == "line Corr3"
        assert sys.stdout is caught.out
        assert sys.stderr is caught.err
        click.echo(VALUE)
        assert caught.out.getvalue().endswith(VALUE + "\n")


def test_what_is_known_later_is_hidden_as_well() -> None:
    """One guard stands there, however often there is more to hide."""
    with catching() as caught:
        made = Outputs()
        made.hide(Redactor([VALUE]))
        guard = sys.stdout
        made.hide(Redactor([VALUE, "another one"]))
        assert sys.stdout is guard
        click.echo(f"{VALUE} another one")
        assert made.hidden("another one") == "******"
        made.end()
        assert caught.out.getvalue() == "****** ******\n"
        assert made.hidden("another one") == "another one"


def test_it_says_of_itself_what_is_behind_it() -> None:
    """Whether it is a terminal, and its descriptor, are those of the real one."""
    with catching() as caught:
        made = Outputs()
        made.hide(Redactor([VALUE]))
        assert not sys.stdout.isatty()
        with pytest.raises(io.UnsupportedOperation):
            sys.stdout.fileno()
        assert sys.stdout.writable()
        assert caught.out.getvalue() == ""
        made.end()


def test_half_a_character_goes_on_as_it_is() -> None:
    """It is for the output itself to say that it cannot be written."""
    with catching() as caught:
        made = Outputs()
        made.hide(Redactor([VALUE]))
        sys.stdout.write("\udc80\n")
        made.end()
        assert caught.out.getvalue() == "\udc80\n"


def test_the_end_of_a_command_takes_the_guards_away() -> None:
    """After the last words, which are still looked through: those of a bug as well."""
    with catching() as caught:
        with ending.Guard() as guard:
            outputs.OUTPUTS.hide(Redactor([f"{VALUE}\u200b##[x"]))
            raise KeyError(f"{VALUE}\u200b##[x")
        assert guard.code == 70
        assert sys.stdout is caught.out
        err = caught.content.getvalue().decode()
        assert "KeyError: '******'" in err
        assert "Corr3ct" not in err
