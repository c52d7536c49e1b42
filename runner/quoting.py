"""A list of arguments into the one line that a POSIX shell splits into the same list again.

The platform puts that line on the shell's command line, and turns each newline in it into a space:
what would not arrive as it was written is a finding.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from runner.canon import scalar_text
from runner.model import Checked, Finding

if TYPE_CHECKING:
    from runner.model import Document, Json, Path


def line(document: Document, path: Path, args: Json, *, posix: bool) -> Checked[str]:
    """Return the quoted line for the arguments at `path`, or None and why there is none.

    Numbers and booleans are written as YAML writes them. `posix` tells whether such a shell will
    read the line at all.
    """
    if not isinstance(args, list):
        finding = Finding(
            place=document.place(path),
            rule="arguments-not-list",
            message="cannot pass the arguments: they are not a list",
            mend="write a list, or one string as script.param",
        )
        return Checked(value=None, findings=(finding,))
    findings = [] if posix else [_foreign(document, path)]
    words: list[str] = []
    for index, arg in enumerate(args):
        word = _word(document, (*path, index), arg)
        if isinstance(word, Finding):
            findings.append(word)
        else:
            words.append(shlex.quote(word))
    return Checked(value=None if findings else " ".join(words), findings=tuple(findings))


def _foreign(document: Document, path: Path) -> Finding:
    return Finding(
        place=document.place(path),
        rule="arguments-need-posix-shell",
        message="cannot quote arguments for bat or powershell: they have rules of their own",
        mend="write script.param instead: one string, quoted as the interpreter wants it",
    )


def _word(document: Document, path: Path, arg: Json) -> str | Finding:
    if arg is None or isinstance(arg, list | dict):
        return Finding(
            place=document.place(path),
            rule="argument-not-scalar",
            message="cannot pass the argument: it is neither text, a number nor a boolean",
            mend='write a plain value; "" is an empty argument',
        )
    word = scalar_text(arg)
    if "\n" in word:
        return Finding(
            place=document.place(path),
            rule="newline-in-argument",
            message="cannot pass the argument: the platform turns its newline into a space",
            mend="pass one line, or put the text into the script",
        )
    if "\0" in word:
        return Finding(
            place=document.place(path),
            rule="nul-in-argument",
            message="cannot pass the argument: no process can be given a NUL character",
            mend="leave the NUL out",
        )
    return word
