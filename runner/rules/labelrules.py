"""Rules about the labels by which a request selects the pods of its containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import labelselector
from runner.mistakes import Mistake
from runner.model import Severity
from runner.narrow import at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.rules.requestbody import Body

_FILTERS = ("execute_target", "kube_container_filters")
_FIELD = ("kube_pod_filter", "label_selector_expr")


def label_selectors(body: Body) -> Iterator[Mistake]:
    """The text of a label selector can be read, and is looked at: a list beside it wins."""
    for index, pods in body.mappings(*_FILTERS):
        expression = at(pods, *_FIELD)
        if not isinstance(expression, str) or not expression:
            continue
        path = (*_FILTERS, index, *_FIELD)
        if at(pods, "kube_pod_filter", "label_selector"):
            yield Mistake(
                path=path,
                rule="shadowed-field",
                message="cannot use label_selector_expr: label_selector is there and wins",
                mend="remove label_selector_expr, or label_selector",
                severity=Severity.WARNING,
            )
        made = labelselector.requirements(expression)
        if isinstance(made, labelselector.Fault):
            yield Mistake(path=path, rule="label-selector", message=made.message, mend=made.mend)
        elif "\0" in expression:
            yield Mistake(
                path=path,
                rule="label-selector",
                message="cannot select by labels: the platform reads a NUL as the end of the text",
                mend="remove the NUL",
            )
