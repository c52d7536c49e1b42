"""The accessibility check: axe-core as the lock file has it, run inside a page.

Playwright evaluates it as a debugger does, which a page's Content-Security-Policy does not hinder:
the policy stays in force.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runner import narrow

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from runner.model import Json

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
_RUN = "axe.run(document, {resultTypes: ['violations']})"


def faults(page: Page) -> list[str]:
    """Return what is wrong with the page as it is shown now: a line for each element."""
    page.evaluate((MODULES / "axe-core" / "axe.min.js").read_text("utf-8"))
    told: Json = page.evaluate(_RUN)
    return [
        f"{narrow.text(rule, 'impact')}: {narrow.text(rule, 'id')}: {narrow.text(node, 'html')}"
        f" {narrow.text(node, 'failureSummary')}"
        for rule in narrow.items(told, "violations")
        for node in narrow.items(rule, "nodes")
    ]
