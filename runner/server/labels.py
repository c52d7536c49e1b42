"""Whether the labels of a host meet the requirements of a selector, as Kubernetes has it: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.labelselector import Operator

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runner.labelselector import Requirement

_UNLESS = frozenset({Operator.NOT_EQUALS, Operator.NOT_IN})
_ORDERS = frozenset({Operator.GREATER_THAN, Operator.LESS_THAN})


def met(requirements: Iterable[Requirement], labels: Mapping[str, str]) -> bool:
    """Tell whether `labels` meet every one of `requirements`; none of them is met by all labels.

    What compares numbers is not met by a label that is absent or no whole number; what excludes
    values is met by one that is absent.
    """
    return all(_holds(requirement, labels) for requirement in requirements)


def _holds(requirement: Requirement, labels: Mapping[str, str]) -> bool:
    value = labels.get(requirement.key.rstrip("/"))
    operator = requirement.operator
    if operator is Operator.EXISTS:
        return value is not None
    if operator is Operator.DOES_NOT_EXIST:
        return value is None
    if operator in _UNLESS:
        return value not in requirement.values
    if operator in _ORDERS:
        return _compares(operator, value, int(requirement.values[0]))
    return value in requirement.values


def _compares(operator: Operator, value: str | None, bound: int) -> bool:
    if value is None or not (value.isascii() and value.isdecimal()):
        return False
    return int(value) > bound if operator is Operator.GREATER_THAN else int(value) < bound
