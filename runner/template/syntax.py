"""The allow-list of template syntax, and the guards that are put round what it leaves open.

Works on Jinja's own tree, in place, from the leaves up. What has no rule here is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import singledispatch

from jinja2 import nodes

from runner.template.faults import FaultError, unknown, unreadable
from runner.template.filters import FILTERS, TESTS

# A macro file: a path below the macro folder that cannot lead out of it.
_MACRO_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")


@dataclass(slots=True)
class Notes:
    """What was seen on the way: the names that a template sets, and the macro files it names."""

    names: set[str] = field(default_factory=set)
    macros: list[tuple[str, int]] = field(default_factory=list)


def guarded(node: nodes.Node, notes: Notes) -> nodes.Node:
    """Return `node` with every part of it guarded, or raise the fault of its syntax."""
    for name, value in node.iter_fields():
        if isinstance(value, nodes.Node):
            setattr(node, name, guarded(value, notes))
        elif isinstance(value, list):
            parts = [guarded(one, notes) if isinstance(one, nodes.Node) else one for one in value]
            setattr(node, name, parts)
    return _ruled(node, notes)


def guard(name: str, node: nodes.Node, *args: nodes.Expr) -> nodes.Filter:
    """Return `node` behind the guard that `filters.GUARDS` has under this name."""
    return nodes.Filter(node, f"<{name}>", list(args), [], None, None, lineno=node.lineno)


def _refused(what: str, mend: str, node: nodes.Node) -> FaultError:
    return unreadable(what, mend, node.lineno)


@singledispatch
def _ruled(node: nodes.Node, _notes: Notes) -> nodes.Node:
    what = f"{_TAGS.get(type(node), 'this syntax')} is not available"
    raise _refused(what, "use macros, includes, if, for and set", node)


_TAGS: dict[type[nodes.Node], str] = {
    nodes.Block: "{% block %}",
    nodes.Extends: "{% extends %}",
    nodes.ScopedEvalContextModifier: "{% autoescape %}",
}


def _allowed(node: nodes.Node, _notes: Notes) -> nodes.Node:
    return node


for _plain in (
    nodes.Add,
    nodes.And,
    nodes.Const,
    nodes.FilterBlock,
    nodes.FloorDiv,
    nodes.Getattr,
    nodes.If,
    nodes.Keyword,
    nodes.Mod,
    nodes.Mul,
    nodes.Neg,
    nodes.Not,
    nodes.NSRef,
    nodes.Operand,
    nodes.Or,
    nodes.Pair,
    nodes.Pos,
    nodes.Pow,
    nodes.Slice,
    nodes.Sub,
    nodes.Template,
    nodes.TemplateData,
):
    _ruled.register(_plain, _allowed)


# ---------------------------------------------------------------- expressions


@_ruled.register
def _name(node: nodes.Name, notes: Notes) -> nodes.Node:
    if node.ctx != "load":
        notes.names.add(node.name)
    return node


@_ruled.register
def _division(node: nodes.Div, _notes: Notes) -> nodes.Node:
    raise _refused("/ makes fractions", "divide whole numbers with //", node)


@_ruled.register
def _conditional(node: nodes.CondExpr, _notes: Notes) -> nodes.Node:
    if node.expr2 is None:
        raise _refused("an inline if has no else", "add else ''", node)
    return node


@_ruled.register
def _list(node: nodes.List, _notes: Notes) -> nodes.Node:
    return guard("data", node)


@_ruled.register
def _mapping(node: nodes.Dict, _notes: Notes) -> nodes.Node:
    parts = [part for pair in node.items for part in (pair.key, pair.value)]
    return guard("mapping", nodes.Const(None, lineno=node.lineno), *parts)


@_ruled.register
def _tuple(node: nodes.Tuple, _notes: Notes) -> nodes.Node:
    return guard("data", node) if node.ctx == "load" else node


@_ruled.register
def _comparison(node: nodes.Compare, _notes: Notes) -> nodes.Node:
    if len(node.ops) > 1:
        raise _refused("comparisons are chained", "join two comparisons with `and`", node)
    (operand,) = node.ops
    return guard("compare", node.expr, nodes.Const(operand.op), operand.expr)


@_ruled.register
def _concatenation(node: nodes.Concat, _notes: Notes) -> nodes.Node:
    return guard("concat", *node.nodes)


@_ruled.register
def _item(node: nodes.Getitem, _notes: Notes) -> nodes.Node:
    if not isinstance(node.arg, nodes.Slice):
        return node
    ends = (node.arg.start, node.arg.stop, node.arg.step)
    return guard("slice", node.node, *(end or nodes.Const(None) for end in ends))


@_ruled.register
def _call(node: nodes.Call, _notes: Notes) -> nodes.Node:
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        raise _refused("* and ** spread arguments", "write the arguments one by one", node)
    return node


@_ruled.register
def _filter(node: nodes.Filter, _notes: Notes) -> nodes.Node:
    return _listed(node, "filter", node.name, list(FILTERS))


@_ruled.register
def _test(node: nodes.Test, _notes: Notes) -> nodes.Node:
    return _listed(node, "test", node.name, list(TESTS))


def _listed(node: nodes.Filter | nodes.Test, sort: str, name: str, known: list[str]) -> nodes.Node:
    if name not in known:
        fault = unknown(sort, name, known)
        fault.line = node.lineno
        raise fault
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        raise _refused("* and ** spread arguments", "write the arguments one by one", node)
    return node


# ---------------------------------------------------------------- statements


@_ruled.register
def _output(node: nodes.Output, _notes: Notes) -> nodes.Node:
    # As constants the pieces of plain text are printed like all else, and so are paid for.
    node.nodes = [
        nodes.Const(one.data, lineno=one.lineno) if isinstance(one, nodes.TemplateData) else one
        for one in node.nodes
    ]
    return node


@_ruled.register
def _for(node: nodes.For, _notes: Notes) -> nodes.Node:
    if node.recursive:
        raise _refused("a loop is recursive", "call a macro from within itself", node)
    width = _targets(node.target)
    rows = () if width is None else (nodes.Const(width),)
    node.iter = guard("each" if width is None else "rows", node.iter, *rows)
    return node


@_ruled.register
def _set(node: nodes.Assign, _notes: Notes) -> nodes.Node:
    width = _targets(node.target)
    if width is not None:
        node.node = guard("unpack", node.node, nodes.Const(width))
    return node


@_ruled.register
def _set_block(node: nodes.AssignBlock, _notes: Notes) -> nodes.Node:
    if _targets(node.target) is not None:
        raise _refused("a set block has several names", "give it one name", node)
    return node


@_ruled.register
def _with(node: nodes.With, _notes: Notes) -> nodes.Node:
    if any(_targets(target) is not None for target in node.targets):
        raise _refused("{% with %} unpacks a list", "unpack it with {% set %}", node)
    return node


def _targets(target: nodes.Node) -> int | None:
    """Return how many names a target has; None for one that is not unpacked."""
    if not isinstance(target, nodes.Tuple):
        return None
    if any(isinstance(item, nodes.Tuple) for item in target.items):
        raise _refused("names are nested in parentheses", "unpack in two steps", target)
    return len(target.items)


@_ruled.register(nodes.Macro)
def _macro(node: nodes.Macro, notes: Notes) -> nodes.Node:
    notes.names.add(node.name)
    return node


@_ruled.register(nodes.CallBlock)
def _call_block(node: nodes.CallBlock, _notes: Notes) -> nodes.Node:
    return node


@_ruled.register
def _include(node: nodes.Include, notes: Notes) -> nodes.Node:
    if node.ignore_missing:
        raise _refused("an include ignores what is missing", "include what is there", node)
    return _file(node, node.template, notes)


@_ruled.register
def _import(node: nodes.Import, notes: Notes) -> nodes.Node:
    notes.names.add(node.target)
    return _file(node, node.template, notes)


@_ruled.register
def _from(node: nodes.FromImport, notes: Notes) -> nodes.Node:
    for name in node.names:
        notes.names.add(name[-1] if isinstance(name, tuple) else name)
    return _file(node, node.template, notes)


def _file(node: nodes.Stmt, template: nodes.Expr, notes: Notes) -> nodes.Node:
    name = template.value if isinstance(template, nodes.Const) else None
    if not isinstance(name, str) or not _MACRO_FILE.fullmatch(name):
        mend = "write the name of a file in specs/_lib in quotes"
        raise _refused("a macro file is not named literally", mend, node)
    notes.macros.append((name, node.lineno))
    return node
