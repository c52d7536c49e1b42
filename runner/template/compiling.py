"""From the text of a template to code that can only do what a template may.

The text is held to bounds before it is read, so that neither Jinja's parser nor its compiler can
take long; what was read is held to an allow-list of syntax; and each thing that could escape the
meter (loops, comparisons, literals, slices, printed text) is put behind a guard by `syntax`.
Nothing is computed here: Jinja's optimizer is off, and printing needs a context.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError

from runner.template import secretcalls, syntax
from runner.template.faults import FaultError, shown, too_much, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import CodeType

    from jinja2 import Environment

VALUE = "jobgate_value"  # the variable in which a whole expression leaves its value

SOURCE = 1 << 20  # characters of one template
TOKENS = 20_000  # of one template, blanks included
BRACKETS = 12  # within one another
NESTING = 64  # syntax within syntax
DIGITS = 1_000  # of a number as written


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A template that keeps to the rules. `whole` is one that is a single expression.

    `macros` are the macro files it names, with the line; `names` are those that it sets itself.
    """

    code: CodeType
    whole: bool
    macros: tuple[tuple[str, int], ...]
    names: frozenset[str]


def compiled(
    environment: Environment, text: str, name: str | None, *, expression: bool
) -> Compiled:
    """Return the code of a template, or raise the FaultError that says why it has none.

    `name` is that of a macro file. Where `expression` allows it, a text that is one whole
    expression leaves its value in the variable VALUE instead of printing it.
    """
    try:
        return _compiled(environment, text, name, expression=expression)
    except FaultError as fault:
        fault.name = name
        raise


def _compiled(
    environment: Environment, text: str, name: str | None, *, expression: bool
) -> Compiled:
    if len(text) > SOURCE:
        raise too_much(f"its text has more than {SOURCE} characters")
    if "\r" in text:
        line = text.count("\n", 0, text.index("\r")) + 1
        raise unreadable("it has a carriage return", "end lines with a line feed alone", line)
    try:
        _lexed(environment, text)
        tree = environment.parse(text)
        _measured(tree)
        return _made(environment, tree, name, expression=expression)
    except TemplateSyntaxError as error:
        mend = "mend the template where it says so"
        raise unreadable(error.message or "its syntax is wrong", mend, error.lineno) from error
    except (RecursionError, MemoryError) as error:
        raise _deep() from error
    except SyntaxError as error:
        # What Python says of the code that Jinja wrote: too many loops in one another, or this.
        if error.msg.startswith("too many"):
            raise _deep() from error
        raise unreadable(
            "a parameter or an argument is named twice",
            "name each once",
            None,
        ) from error


def _deep() -> FaultError:
    return too_much("it is nested too deeply", mend="take it apart with {% set %}")


# ---------------------------------------------------------------- before it is read

# The escapes whose meaning is the same in every Python, and that cannot make half a character.
_ESCAPE = re.compile(
    r"\\(?:[\\'\"abfnrtv]|x[0-9a-fA-F]{2}|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}"
    r"|U00(?:0[1-9a-fA-F]|10)[0-9a-fA-F]{4}|U0000(?![dD][89a-fA-F])[0-9a-fA-F]{4})|(\\)",
)


def _lexed(environment: Environment, text: str) -> None:
    brackets = 0
    for count, (line, sort, value) in enumerate(environment.lex(text)):
        if count > TOKENS:
            raise too_much(f"it has more than {TOKENS} words and signs")
        if sort == "operator":
            brackets += (value in "([{") - (value in ")]}")
            if brackets > BRACKETS:
                raise _deep()
        fault = _LITERALS[sort](value) if sort in _LITERALS else None
        if fault is not None:
            raise unreadable(*fault, line)


def _float(value: str) -> tuple[str, str]:
    return f"{shown(value)} is a fraction", "use whole numbers, or put it in quotes"


def _integer(value: str) -> tuple[str, str] | None:
    return ("a number is too long", "use a smaller number") if len(value) > DIGITS else None


def _string(value: str) -> tuple[str, str] | None:
    strange = any(match.group(1) for match in _ESCAPE.finditer(value))
    return ("an escape in a text is unknown", r"write \\ for a backslash") if strange else None


_LITERALS: Mapping[str, Callable[[str], tuple[str, str] | None]] = {
    "float": _float,
    "integer": _integer,
    "string": _string,
}


# ---------------------------------------------------------------- after it was read


def _measured(tree: nodes.Template) -> None:
    level: list[nodes.Node] = [tree]
    for _ in range(NESTING):
        level = [child for node in level for child in node.iter_child_nodes()]
    if level:
        raise _deep()


def _made(
    environment: Environment, tree: nodes.Template, name: str | None, *, expression: bool
) -> Compiled:
    whole = expression and _one_expression(tree)
    notes = syntax.Notes()
    syntax.guarded(tree, notes)
    whole = not secretcalls.settled(tree, leaf=expression) and whole
    if whole:
        output = tree.body[0]
        value = syntax.guard("data", next(output.find_all(nodes.Expr)))
        tree.body = [nodes.Assign(nodes.Name(VALUE, "store", lineno=1), value, lineno=1)]
    return Compiled(
        code=environment.compile(tree, name),
        whole=whole,
        macros=tuple(dict.fromkeys(notes.macros)),
        names=frozenset(notes.names),
    )


def _one_expression(tree: nodes.Template) -> bool:
    match tree.body:
        case [nodes.Output(nodes=[only])]:
            return not isinstance(only, nodes.TemplateData)
        case _:
            return False
