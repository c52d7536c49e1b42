"""Where a template may name a secret: `{{ secret('name') }}` printed in a leaf, and nowhere else.

Decided by the syntax alone, before anything runs: a call that is allowed becomes a piece of the
leaf that is no ordinary text, and every other mention of `secret` is a fault. So no value exists
that a filter, a variable, a macro or a condition could be given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import nodes

from runner import secretparts
from runner.template import syntax
from runner.template.faults import FaultError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WORD = "secret"
_MEND = (
    "print it by itself, as {{ secret('db_password') }}, in an item of script.args, "
    "an encrypted_password or the query of callback_url"
)


def settled(tree: nodes.Template, *, leaf: bool) -> bool:
    """Put pieces in the place of the calls that `tree` prints, and tell whether there are any.

    Raise the fault of every other mention. Only a leaf may print secrets.
    """
    called = False
    for output in _outputs(tree.body) if leaf else ():
        made = [_piece(one) if _calls(one) else one for one in output.nodes]
        called = called or made != output.nodes
        output.nodes = made
    lines = [line for line, name in _names(tree) if name == WORD]
    if lines:
        raise misplaced("nothing can be done with it but print it in the leaf itself", min(lines))
    return called


def _outputs(body: Iterable[nodes.Node]) -> Iterator[nodes.Output]:
    """Yield what a template prints into its own text: not what it keeps in a variable or passes."""
    for node in body:
        if isinstance(node, nodes.Output):
            yield node
        elif isinstance(node, nodes.If):
            yield from _outputs((*node.body, *node.elif_, *node.else_))
        elif isinstance(node, nodes.For):
            yield from _outputs((*node.body, *node.else_))
        elif isinstance(node, nodes.With):
            yield from _outputs(node.body)


def _calls(node: nodes.Node) -> bool:
    return (
        isinstance(node, nodes.Call)
        and isinstance(node.node, nodes.Name)
        and node.node.name == WORD
    )


def _piece(call: nodes.Expr) -> nodes.Expr:
    match call:
        case nodes.Call(args=[nodes.Const(value=str() as name)], kwargs=[]) if (
            secretparts.NAME.fullmatch(name)
        ):
            return syntax.guard("secret", nodes.Const(name, lineno=call.lineno))
    raise FaultError(
        "secret-misplaced",
        "cannot tell which secret is meant: secret() takes one name, written out in quotes",
        mend="write it as {{ secret('db_password') }}: lower-case letters, digits and "
        "underscores, at most 64, a letter first",
        line=call.lineno,
    )


def _names(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    """Yield every name that a template uses or gives, with its line."""
    yield from ((node.lineno, node.name) for node in tree.find_all(nodes.Name))
    yield from ((node.lineno, node.name) for node in tree.find_all(nodes.Macro))
    yield from ((node.lineno, node.target) for node in tree.find_all(nodes.Import))
    for node in tree.find_all(nodes.FromImport):
        yield from ((node.lineno, one if isinstance(one, str) else one[-1]) for one in node.names)


def misplaced(why: str, line: int | None = None) -> FaultError:
    """Return the fault of a secret that stands where none may."""
    return FaultError("secret-misplaced", f"cannot use a secret here: {why}", mend=_MEND, line=line)
