"""What the schema of `fast_execute_script` cannot say: one small rule each, in a table.

A rule takes the whole body and yields what it finds. A body that the schema refuses is no reason
to fail: what is not of the right shape counts as absent, and the schema says so at its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.rules import fieldrules, labelrules, requestbody, scriptrules, targetrules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from runner.mistakes import Mistake
    from runner.model import Json
    from runner.rules.requestbody import Body

# Every rule, in no particular order: what they find is sorted by place.
RULES: tuple[Callable[[Body], Iterator[Mistake]], ...] = (
    scriptrules.base64,
    scriptrules.sizes,
    scriptrules.encoding,
    scriptrules.shell_text,
    scriptrules.interpreter,
    scriptrules.param_text,
    scriptrules.param_changed,
    scriptrules.shadowed,
    fieldrules.task_name,
    fieldrules.windows_interpreter,
    fieldrules.callback_url,
    fieldrules.passwords,
    targetrules.repeated_targets,
    targetrules.container_targets,
    targetrules.whole_clusters,
    targetrules.node_types,
    labelrules.label_selectors,
    targetrules.rolling_kind,
    targetrules.scatter_waits,
    targetrules.rolling_batches,
)


def mistakes(tree: Mapping[str, Json], *, own: bool) -> Iterator[Mistake]:
    """Yield everything that the rules find in a body; `own` tells that jobgate will send it."""
    body = requestbody.body(tree, own=own)
    for rule in RULES:
        yield from rule(body)
