"""Templates that can do no harm: from a text and its context to a value or a text.

An evaluation is a pure function of the text, the context and the macro files. It ends after a
bounded amount of work with a value or with one FaultError, whatever the text is. What may be said
in a template is decided by `template.compiling`, what may be done by the rest of `template`.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, TypeAlias

from jinja2 import Template

from runner.template import bounds, compiling, guarded, pieces, secretcalls
from runner.template.bounds import Meter, Purse
from runner.template.faults import FaultError, MissingError, shown, too_much, wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jinja2 import Environment

    from runner.model import Json, Parts
    from runner.template.compiling import Compiled

# Gives the text of a macro file by the name that templates use, None when there is no such file,
# or raises a FaultError that says why it cannot be used.
Macros: TypeAlias = "Callable[[str], str | None]"

FILES = 32  # macro files that one template goes through


def marked(text: str) -> bool:
    """Tell whether a text is a template at all; any other is itself."""
    return "{{" in text or "{%" in text or "{#" in text


class Sandbox:
    """Evaluates templates that share one set of macro files."""

    def __init__(self, macros: Macros, purse: Purse | None = None) -> None:
        """Keep where macro files come from; none is read before a template names it.

        Several sandboxes may share one `purse`; without one, this has its own.
        """
        self._macros = macros
        self._purse = purse or Purse()
        self._used: set[str] = set()

    @cached_property
    def _environment(self) -> guarded.Guarded:
        return _ENVIRONMENT.overlay()

    @property
    def used(self) -> frozenset[str]:
        """Return the names of all macro files that were read so far."""
        return frozenset(self._used)

    def evaluate(self, text: str, context: Mapping[str, Json]) -> Json | Parts:
        """Return the value of a text that is one whole expression, else the rendered text.

        Where that names secrets, return its parts.
        """
        return self._run(text, context, expression=True) if marked(text) else text

    def script(self, text: str, context: Mapping[str, Json]) -> str:
        """Return the rendered text of a script, every character outside its tags kept."""
        return bounds.text(self._run(text, context, expression=False)) if marked(text) else text

    def _run(self, text: str, context: Mapping[str, Json], *, expression: bool) -> Json | Parts:
        environment = self._environment
        known = (*context, *guarded.FUNCTIONS, secretcalls.WORD)
        environment.meter = Meter(known, self._purse)
        environment.library = {}
        try:
            code = _compiled(text, None, expression=expression)
            self._load(code, ())
            template = _template(environment, code)
            scope = template.new_context(dict(context))
            printed = list(template.root_render_func(scope))
            if code.whole:
                return environment.meter.data(scope.vars[compiling.VALUE])
            whole = bounds.joined(printed, bounds.TEXT if expression else bounds.SCRIPT)
            return pieces.parts(printed) if pieces.secret(printed) else whole
        except Exception as error:
            raise _fault(error, environment.meter.names) from error

    def _load(self, code: Compiled, chain: tuple[str, ...]) -> None:
        self._environment.meter.names |= code.names
        for name, line in code.macros:
            try:
                text = self._text(name, chain)
            except FaultError as fault:
                fault.name, fault.line = chain[-1] if chain else None, line
                raise
            if name not in self._environment.library:
                inner = _compiled(text, name, expression=False)
                self._environment.library[name] = _template(self._environment, inner)
                self._load(inner, (*chain, name))

    def _text(self, name: str, chain: tuple[str, ...]) -> str:
        if name in chain:
            route = " → ".join(f"`{one}`" for one in (*chain, name))
            raise wrong(f"load the macro files: {route} go round in a circle", mend="break it")
        if len(self._environment.library) >= FILES:
            raise too_much(f"it goes through more than {FILES} macro files")
        text = self._macros(name)
        if text is None:
            message = f"cannot load the macro file `{shown(name)}`: there is none"
            raise FaultError("macro-missing", message, mend="add it, or mend its name")
        self._used.add(name)
        return text


# ---------------------------------------------------------------- faults


def _fault(error: Exception, names: set[str]) -> FaultError:
    """Return what went wrong, with the macro file and the line where it did."""
    fault = _told(error, names)
    if fault.line is None:
        trace = error.__traceback__
        while trace is not None:
            template = trace.tb_frame.f_globals.get("__jinja_template__")
            if isinstance(template, Template):
                fault.name, fault.line = (
                    template.name,
                    template.get_corresponding_lineno(trace.tb_lineno),
                )
            trace = trace.tb_next
    return fault


def _told(error: Exception, names: set[str]) -> FaultError:
    match error:
        case FaultError():
            return error
        case MissingError():
            return error.value.fault(names)
        case RecursionError() | MemoryError():
            return too_much("it is nested too deeply")
        case TypeError() if str(error).startswith("macro "):
            return wrong(f"call a macro: {error}", mend="give it the arguments that it names")
    mend = "use values and arguments of the right kind"
    return wrong(f"run the template: {type(error).__name__}", mend=mend)


_ENVIRONMENT = guarded.environment()


@lru_cache(maxsize=4096)
def _compiled(text: str, name: str | None, *, expression: bool) -> Compiled:
    return compiling.compiled(_ENVIRONMENT, text, name, expression=expression)


def _template(environment: Environment, code: Compiled) -> Template:
    # A new one for each evaluation: a macro file that keeps a namespace must not remember.
    return Template.from_code(environment, code.code, environment.globals)
