"""What is counted while the server runs, as Prometheus reads it."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

from runner.progress import Status
from runner.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KIND = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counts requests and troubles; several threads may use one."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, int]] = Counter()
        self._micros: Counter[str] = Counter()
        self._troubles = 0

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count an answer on a route, and the time that it took."""
        with self._lock:
            self._requests[route, status] += 1
            self._micros[route] += round(seconds * 1_000_000)

    def troubled(self) -> None:
        """Count a trouble of the driver."""
        with self._lock:
            self._troubles += 1

    def text(self, jobs: Mapping[Status, int], running: int) -> str:
        """Return everything that is counted, with the jobs by state and the hosts that run."""
        with self._lock:
            requests, micros = dict(self._requests), dict(self._micros)
            troubles = self._troubles
        return "".join(
            f"{line}\n"
            for line in (
                *_head("jobgate_info", "gauge", "The version that runs."),
                f'jobgate_info{{version="{VERSION}"}} 1',
                *_head("jobgate_jobs", "gauge", "Jobs by state."),
                *(
                    f'jobgate_jobs{{state="{each.name.lower()}"}} {jobs.get(each, 0)}'
                    for each in Status
                ),
                *_head("jobgate_hosts_running", "gauge", "Hosts on which a script runs."),
                f"jobgate_hosts_running {running}",
                *_head("jobgate_driver_troubles_total", "counter", "Troubles of the driver."),
                f"jobgate_driver_troubles_total {troubles}",
                *_head("jobgate_requests_total", "counter", "Answers by route and status."),
                *(
                    f'jobgate_requests_total{{route="{route}",status="{status}"}} {count}'
                    for (route, status), count in sorted(requests.items())
                ),
                *_head("jobgate_request_seconds_total", "counter", "Seconds spent on a route."),
                *(
                    f'jobgate_request_seconds_total{{route="{route}"}} {count / 1_000_000:.6f}'
                    for route, count in sorted(micros.items())
                ),
            )
        )


def _head(name: str, kind: str, about: str) -> Iterator[str]:
    yield f"# HELP {name} {about}"
    yield f"# TYPE {name} {kind}"
