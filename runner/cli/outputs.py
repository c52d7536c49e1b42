"""Stands before stdout and stderr as soon as there is something to take out of them."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from runner.redactor import Redactor, Stream


class _Sieve(io.BufferedIOBase):
    """What is written to it in UTF-8 goes to `output`, as far as `stream` lets it through."""

    def __init__(self, output: TextIO, stream: Stream) -> None:
        """Stand before `output`."""
        super().__init__()
        self.output = output
        self.stream = stream

    @property
    def name(self) -> str:
        """Return what the output is called."""
        return self.output.name

    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True

    def write(self, content: ReadableBuffer, /) -> int:
        """Write what may be shown of it by now."""
        piece = bytes(content)
        self._pass(self.stream.feed(piece))
        return len(piece)

    def flush(self) -> None:
        """Hand over what may be shown; what may still become a value is kept back."""
        if not self.output.closed:
            self.output.flush()

    def end(self) -> None:
        """Hand over what was kept back: nothing comes after it."""
        self._pass(self.stream.flush())
        self.flush()

    def isatty(self) -> bool:
        """Tell whether somebody looks on."""
        return self.output.isatty()

    def fileno(self) -> int:
        """Return the descriptor, by which the size of a terminal is found."""
        return self.output.fileno()

    def _pass(self, content: bytes) -> None:
        if content:
            self.output.write(content.decode("utf-8", "surrogatepass"))


@dataclass(slots=True)
class Outputs:
    """The outputs of this process, and what is hidden in them: nothing at first."""

    _redactor: Redactor | None = None
    _sieves: list[tuple[_Sieve, TextIO]] = field(default_factory=list)

    def hide(self, redactor: Redactor) -> None:
        """Let nothing that `redactor` knows come out from now on."""
        self._redactor = redactor
        for sieve, _ in self._sieves:
            sieve.stream.redactor = redactor
        guards = [guard for _, guard in self._sieves]
        if sys.stdout not in guards:
            sys.stdout = self._before(sys.stdout, redactor)
        if sys.stderr not in guards:
            sys.stderr = self._before(sys.stderr, redactor)

    def hidden(self, text: str) -> str:
        """Return a text as it may be shown, before it is cut or its letters are altered."""
        return text if self._redactor is None else self._redactor.text(text)

    def end(self) -> None:
        """Hand over what was kept back, and leave the outputs as they were."""
        for sieve, guard in self._sieves:
            guard.flush()
            sieve.end()
            if sys.stdout is guard:
                sys.stdout = sieve.output
            if sys.stderr is guard:
                sys.stderr = sieve.output
        self._sieves.clear()
        self._redactor = None

    def _before(self, output: TextIO, redactor: Redactor) -> TextIO:
        sieve = _Sieve(output, redactor.stream())
        guard = io.TextIOWrapper(
            sieve, encoding="utf-8", errors="surrogatepass", newline="", write_through=True
        )
        self._sieves.append((sieve, guard))
        return guard


OUTPUTS = Outputs()
