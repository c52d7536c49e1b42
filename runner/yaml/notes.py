"""What was found in one file while it is read: faults get their places, up to a bound."""

from __future__ import annotations

from runner import faults
from runner.faults import Fault
from runner.model import Finding, Path, Place, Severity, Span, pointer
from runner.yaml.lines import Lines

LIMIT = 100


class EndError(Exception):
    """Nothing more can be found in this file; what was found so far is in its Notes."""


class Notes:
    """Everything found in one file so far."""

    def __init__(self, file: str) -> None:
        """Begin with nothing found in `file`."""
        self._file = file
        self._found: list[Finding] = []
        self._text = ""
        self._lines: Lines | None = None

    def reads(self, text: str) -> None:
        """Keep every later finding inside `text`."""
        self._text = text
        self._lines = None

    def add(self, fault: Fault, span: Span, path: Path = ()) -> None:
        """Add one finding; raise EndError when there are so many that more are of no use."""
        self._append(fault, span, path)
        if len(self._found) == LIMIT:
            raise self.end(_TOO_MANY, span, path)

    def end(self, fault: Fault, span: Span, path: Path = ()) -> EndError:
        """Add one last finding, and return the error to raise."""
        self._append(fault, span, path)
        return EndError()

    @property
    def errors(self) -> bool:
        """Tell whether anything found is more than a warning."""
        return any(finding.severity is Severity.ERROR for finding in self._found)

    def findings(self) -> tuple[Finding, ...]:
        """Return everything found, in the order of the text."""
        return tuple(sorted(self._found, key=_order))

    def _append(self, fault: Fault, span: Span, path: Path) -> None:
        if self._lines is None:
            self._lines = Lines(self._text)
        place = Place(file=self._file, pointer=pointer(path), span=self._lines.inside(span))
        self._found.append(faults.at(fault, place))


_TOO_MANY = Fault(
    rule="too-many-findings",
    message=f"cannot list everything that is wrong: there are {LIMIT} findings and more",
    mend="mend what is listed, then check again",
)


def _order(finding: Finding) -> tuple[int, int]:
    return finding.place.span.line, finding.place.span.column
