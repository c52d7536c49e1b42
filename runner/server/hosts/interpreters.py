"""What runs the scripts of each language, and how their words reach them.

Words stand in the argv of the interpreter, which everybody on the machine can read; so sensitive
ones are written to a descriptor instead, and something that runs before the script takes them from
there, so that the script finds them where it always does.
"""

from __future__ import annotations

import shlex
import shutil
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runner.server.hosts.users import UnstartableError
from runner.server.shim import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Mapping

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_SHELL, _BAT, _PERL, _PYTHON, _POWERSHELL = range(1, 6)
_NAMES = {
    _SHELL: ("bash", "sh"),
    _BAT: (),
    _PERL: ("perl",),
    _PYTHON: ("python3",),
    _POWERSHELL: ("pwsh",),
}
# Bash reads this file before the script, with nothing else changed.
_BASH = {"BASH_ENV": f"/dev/fd/{HIDDEN}"}
_BASH_END = f"unset BASH_ENV\nexec {HIDDEN}<&-\n"
_SH = f"""\
w=
while IFS= read -r l; do w="$w$l
"; done <&{HIDDEN}
exec {HIDDEN}<&-
eval "unset l w; $w"
. "$0"
"""
# The text of -M is put before the script; `vars` does nothing when nothing is asked of it.
_PERL_START = (
    f'-Mvars;BEGIN{{open my $w,"<&=",{HIDDEN};local $/;@ARGV=split/\\0/,<$w>,-1;pop@ARGV}}'
)
_PYTHON_START = f"""\
import os, sys
with open({HIDDEN}, "rb") as f:
    sys.argv[2:] = map(os.fsdecode, f.read().split(b"\\0")[:-1])
del sys.argv[0]
__file__ = sys.argv[0]
sys.path[0] = os.path.dirname(__file__)
with open(__file__, "rb") as f:
    f = compile(f.read(), __file__, "exec")
del os, sys
exec(f)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """An argv, what its environment has besides, and what it reads in secret."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    secret: str = ""


def file_name(language: int) -> str:
    """Return what a script's file is called: pwsh runs nothing without its suffix."""
    return "script.ps1" if language == _POWERSHELL else "script"


def find(language: int, path: str) -> str:
    """Return the interpreter of a language. Raises UnstartableError where `path` has none."""
    names = _NAMES[language]
    for name in names:
        found = shutil.which(name, path=path)
        if found is not None:
            return found
    if language == _PYTHON:
        return sys.executable
    if not names:
        raise UnstartableError("cannot run bat scripts: cmd.exe is a part of Windows")
    raise UnstartableError(f"cannot run the script: {' or '.join(names)} is not in {path}")


def plain(interpreter: str, language: int, script: str, words: tuple[str, ...]) -> Command:
    """Return the command that gets its words by argv."""
    options = ("-NoProfile", "-NonInteractive", "-File") if language == _POWERSHELL else ()
    return Command(argv=(interpreter, *options, script, *words))


def hushed(interpreter: str, language: int, script: str, words: tuple[str, ...]) -> Command:
    """Return the command that shows its words to nobody. Raises UnstartableError."""
    if language == _SHELL:
        secret = f"set -- {shlex.join(words)}\n"
        if interpreter.endswith("/bash"):
            return Command(argv=(interpreter, script), environment=_BASH, secret=secret + _BASH_END)
        return Command(argv=(interpreter, "-c", _SH, script), secret=secret)
    secret = "".join(f"{word}\0" for word in words)
    if language == _PERL:
        return Command(argv=(interpreter, _PERL_START, script), secret=secret)
    if language == _PYTHON:
        return Command(argv=(interpreter, "-c", _PYTHON_START, script), secret=secret)
    raise UnstartableError("cannot run the script: pwsh would show its sensitive parameters")
