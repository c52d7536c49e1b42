"""Prints what the coverage gate is about: the stages, and all that is pure below them.

Comma-separated patterns for `coverage report --include`. Edges, pipeline, reports and commands are
proved by stories on real git and real processes instead.
"""

from __future__ import annotations

import sys

PURE = (
    "accounts",
    "acts",
    "batches",
    "canon",
    "checkup",
    "clauses",
    "diff",
    "fields",
    "filesources",
    "handles",
    "history",
    "judge",
    "labelselector",
    "languages",
    "matrix",
    "mistakes",
    "narrow",
    "parse",
    "pipeline/remains",
    "platforms/bkjob/envelopes",
    "platforms/bkjob/progress",
    "quoting",
    "records",
    "refusing",
    "render",
    "requests",
    "resolve",
    "rolling",
    "scatter",
    "server/access",
    "server/admit",
    "server/answers",
    "server/bodies",
    "server/callers",
    "server/console/assets",
    "server/console/attempts",
    "server/console/entrance",
    "server/console/escapes",
    "server/console/forms",
    "server/console/hostlog",
    "server/console/job",
    "server/console/jobs",
    "server/console/live",
    "server/console/offers",
    "server/console/orders",
    "server/console/origins",
    "server/console/pages",
    "server/console/pieces",
    "server/console/places",
    "server/console/reception",
    "server/console/sessions",
    "server/console/shelf",
    "server/console/visits",
    "server/console/words",
    "server/credentials",
    "server/danger",
    "server/identities",
    "server/inventoryrules",
    "server/inventorytree",
    "server/labels",
    "server/listed",
    "server/passwords",
    "server/routes/attempts",
    "server/routes/desk",
    "server/routes/envelopes",
    "server/routes/gate",
    "server/routes/health",
    "server/routes/inputs",
    "server/routes/openapi",
    "server/routes/operations",
    "server/routes/shapes",
    "server/routes/table",
    "server/routes/times",
    "server/routes/transport",
    "server/routes/v3",
    "server/routes/v3scripts",
    "server/routes/v3steps",
    "server/routes/v4",
    "server/scripts",
    "server/targets",
    "server/throttle",
    "validate",
    "wire",
    "witness",
)
PACKAGES = ("importing", "rules", "shape", "template", "yaml")


def patterns() -> list[str]:
    """Return a pattern for every module that must be covered in full."""
    return [f"runner/{name}.py" for name in PURE] + [f"runner/{name}/*.py" for name in PACKAGES]


if __name__ == "__main__":
    sys.stdout.write(",".join(patterns()))
