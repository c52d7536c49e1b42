"""The page of the server, held against the server."""

from __future__ import annotations

import re
from pathlib import Path

from runner.server.routes import health, table

HERE = Path(__file__).parents[2]
PAGE = (HERE / "docs" / "reference" / "server.md").read_text("utf-8")


def rows(name: str) -> list[list[str]]:
    """Return the cells of the table between the markers `name` and `/name`, below its head."""
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", PAGE, re.DOTALL)
    assert found is not None
    lines = found[1].splitlines()[2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def test_the_calls_are_those_of_the_table() -> None:
    """Each operation stands on the page once, in the order of the table."""
    assert rows("calls") == [[each.method, each.path, each.title] for each in table.OPERATIONS]


def test_the_metrics_are_those_that_are_counted() -> None:
    """Each name is on the page, and each on the page is counted."""
    metrics = health.Metrics()
    metrics.answered("/x", 200, 0.5)
    text = metrics.text({}, 0)

    assert [row[0] for row in rows("metrics")] == re.findall(r"^# TYPE (\w+)", text, re.MULTILINE)
    assert 'jobgate_request_seconds_total{route="/x"} 0.500000' in text


def test_the_events_are_those_that_are_noted() -> None:
    """Each event that the server's code names is on the page, and no other."""
    code = "".join(path.read_text("utf-8") for path in (HERE / "runner" / "server").rglob("*.py"))

    assert {row[0] for row in rows("events")} == set(re.findall(r'note\(\s*"([\w-]+)"', code))
