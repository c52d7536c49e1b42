"""Rules about the hosts that a spec expects, once it is rendered."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from runner import narrow, published
from runner.mistakes import Mistake, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.model import Json, Targets

_PART = "expect_hosts"


def labels(value: Json) -> Iterator[Mistake]:
    """What a spec expects is a list of hosts, each under the label that plans show."""
    if not isinstance(value, list) or not value:
        yield Mistake(
            path=(_PART,),
            rule="host-label",
            message=f"cannot expect {shown(value)}: it is not a list of hosts",
            mend="list the hosts, or leave expect_hosts out",
        )
        return
    for index, label in enumerate(value):
        if not isinstance(label, str) or _label().fullmatch(label) is None:
            yield Mistake(
                path=(_PART, index),
                rule="host-label",
                message=f"cannot expect {shown(label)}: it is not the label of a host",
                mend="write cloud:address, such as 0:10.0.0.1, or # and the id of the host",
            )


def contradictions(value: Json, targets: Targets) -> Iterator[Mistake]:
    """Each host that a request names is expected, and where it names all, no other one is.

    A host goes by one label in both places: whether an id and an address are one host, only the
    platform knows.
    """
    expected = value if isinstance(value, list) else []
    known = frozenset(each for each in expected if isinstance(each, str))
    for label in targets.hosts:
        if label not in known:
            yield Mistake(
                path=(_PART,),
                rule="unexpected-host",
                message=f"cannot do without {label} in expect_hosts: host_list names it",
                mend=f"add {label}, or take it out of host_list",
            )
    named = frozenset(targets.hosts)
    for index, other in enumerate(() if targets.open or not named else expected):
        if other not in named:
            yield Mistake(
                path=(_PART, index),
                rule="unexpected-host",
                message=f"cannot expect {shown(other)}: host_list does not name it, and nothing "
                "else names hosts",
                mend="take it out, or add it to host_list",
            )


@cache
def _label() -> re.Pattern[str]:
    schema = published.schema("job-spec.v1")
    return re.compile(narrow.text(schema, "$defs", "host_label", "pattern"))
