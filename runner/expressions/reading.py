"""What an expression of a clause may say: a part of CEL, with the type of everything in it.

It compares what is known of a job, and computes nothing: there is no arithmetic, no regular
expression, no clock, and one `all` or `exists` never stands within another. So no expression takes
longer than its length times the size of the job. CEL itself, which is more, evaluates it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runner.expressions import kinds, words
from runner.expressions.kinds import CALLED, FIELDS, ITEMS, LARGE, LISTS, Fault, FaultError, Kind

if TYPE_CHECKING:
    from runner.expressions.words import Token

LONGEST = 500  # characters
_DEEPEST = 20  # of parts within one another

_FUNCTIONS = frozenset({"has", "int", "size", "string"})
_MACROS = frozenset({"all", "exists", "exists_one"})
_TESTS = frozenset({"contains", "endsWith", "startsWith"})
_RESERVED = frozenset({"all", "exists", "exists_one", "false", "has", "in", "job", "null", "true"})
_COMPARES = frozenset({"==", "!=", "<", "<=", ">", ">=", "in"})
_APART = "make two clauses of it"


def fields(text: str) -> frozenset[str] | Fault:
    """Return the fields of a job that an expression looks at, or what is wrong with it."""
    if len(text) > LONGEST:
        return Fault(f"it has {len(text)} characters, and may have {LONGEST}", _APART)
    try:
        reading = _Reading(tokens=[*words.tokens(text)])
        found = reading.choice()
        reading.expect("end")
        kinds.check_whole(found)
    except FaultError as error:
        return error.fault
    return frozenset(reading.fields)


@dataclass(slots=True)
class _Reading:
    """One expression while it is read, part by part; each part tells its type."""

    tokens: list[Token]
    at: int = 0
    depth: int = 0
    fields: set[str] = field(default_factory=set)
    bound: dict[str, Kind] = field(default_factory=dict)
    selects: bool = False  # the last part read was a field of labels or of the request

    # ------------------------------------------------------------ tokens

    def peek(self, *marks: str) -> bool:
        """Tell whether one of these comes next."""
        token = self.tokens[self.at]
        return token.kind in {"mark", "name"} and token.text in marks

    def take(self) -> Token:
        """Return what comes next, and go on."""
        token = self.tokens[self.at]
        self.at += token.kind != "end"
        return token

    def expect(self, kind: str, text: str = "") -> Token:
        """Take what must come next; an empty text is any of that kind."""
        token = self.take()
        if token.kind != kind or (text and token.text != text):
            where = f"`{token.text}` stands" if token.text else "it ends"
            raise FaultError(f"{where} where `{text or kind}` should")
        return token

    # ------------------------------------------------------------ operators

    def choice(self) -> Kind:
        """Read `a ? b : c`, or what binds tighter."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise FaultError(f"it is nested deeper than {_DEEPEST}", _APART)
        found = self.joined()
        if self.peek("?"):
            self.take()
            kinds.need(found, "bool", "what stands before `?`")
            one = self.joined()
            self.expect("mark", ":")
            other = self.choice()
            found = one if one == other else "any"
            self.selects = False
        self.depth -= 1
        return found

    def joined(self, marks: tuple[str, ...] = ("||", "&&")) -> Kind:
        """Read what `||` and `&&` join."""
        mark, *tighter = marks
        found = self.joined(tuple(tighter)) if tighter else self.compared()
        while self.peek(mark):
            self.take()
            kinds.need(found, "bool", f"what stands before `{mark}`")
            other = self.joined(tuple(tighter)) if tighter else self.compared()
            kinds.need(other, "bool", f"what stands behind `{mark}`")
            found, self.selects = "bool", False
        return found

    def compared(self) -> Kind:
        """Read a comparison of two values, or one value."""
        one = self.negated()
        if not self.peek(*_COMPARES):
            return one
        mark = self.take().text
        other = self.negated()
        kinds.check_compared(mark, one, other)
        self.selects = False
        return "bool"

    def negated(self) -> Kind:
        """Read a value, or what it is not."""
        count = 0
        while self.peek("!"):
            self.take()
            count += 1
        found = self.value()
        if count:
            kinds.need(found, "bool", "what stands behind `!`")
            found, self.selects = "bool", False
        return found

    # ------------------------------------------------------------ values

    def value(self) -> Kind:
        """Read a value with all that is asked of it: fields, items, tests."""
        found = self.first()
        while self.peek(".", "["):
            if self.take().text == "[":
                found = self.item(found)
                continue
            name = self.expect("name").text
            if self.peek("("):
                found = self.test(found, name)
            elif found in {"labels", "any"} and name not in _RESERVED:
                found, self.selects = ITEMS[found], True
            else:
                raise FaultError(f"{CALLED[found]} has no field {name}")
        return found

    def first(self) -> Kind:
        """Read what a value begins with."""
        self.selects = False
        token = self.take()
        if token.kind == "text":
            return "string"
        if token.kind == "number":
            return "int"
        if token.kind == "name":
            return self.named(token.text)
        if token.text == "(":
            found = self.choice()
            self.selects = False
            self.expect("mark", ")")
            return found
        if token.text == "[":
            return self.listed()
        raise FaultError(f"`{token.text or 'its end'}` is no value")

    def named(self, name: str) -> Kind:
        """Read what a name begins: a field of the job, a function, a variable."""
        if name in {"true", "false"}:
            return "bool"
        if name == "null":
            return "any"
        if name == "job":
            return self.field()
        if name in self.bound:
            return self.bound[name]
        if self.peek("("):
            return self.function(name)
        raise FaultError(f"it names {name}, and knows nothing but `job`")

    def field(self) -> Kind:
        """Read a field of the job."""
        self.expect("mark", ".")
        name = self.expect("name").text
        if name not in FIELDS:
            raise FaultError(f"a job has no field {name}", f"name one of {', '.join(FIELDS)}")
        if name in LARGE and self.bound:
            raise FaultError(
                f"job.{name} stands within `all` or `exists`", "look at the variable alone there"
            )
        self.fields.add(name)
        return FIELDS[name]

    def listed(self) -> Kind:
        """Read a list that is written out, of texts, numbers and truths."""
        found: set[Kind] = set()
        while not self.peek("]"):
            each = self.choice()
            if each not in LISTS:
                raise FaultError(f"a list that is written out holds {CALLED[each]}")
            found.add(LISTS[each])
            if not self.peek("]"):
                self.expect("mark", ",")
        self.take()
        self.selects = False
        return found.pop() if len(found) == 1 else "list"

    def item(self, of: Kind) -> Kind:
        """Read the rest of `value[…]`."""
        if of not in ITEMS:
            raise FaultError(f"{CALLED[of]} has no items")
        at = self.choice()
        if of != "any":
            kinds.need(at, "string" if of == "labels" else "int", "what stands in brackets")
        self.expect("mark", "]")
        self.selects = False
        return ITEMS[of]

    # ------------------------------------------------------------ functions

    def function(self, name: str) -> Kind:
        """Read what `has(…)`, `size(…)`, `int(…)` or `string(…)` is of."""
        if name not in _FUNCTIONS:
            raise FaultError(f"there is no function {name}")
        self.take()
        found = self.choice()
        selects = self.selects
        self.expect("mark", ")")
        self.selects = False
        if name == "has":
            if not selects:
                raise FaultError(
                    "`has` is not of a field", "write `has(job.labels.team)` or of the request"
                )
            return "bool"
        if name == "size":
            kinds.check_size(found)
            return "int"
        if found not in {"int", "string", "any"}:
            raise FaultError(f"there is no {name} of {CALLED[found]}")
        return "int" if name == "int" else "string"

    def test(self, of: Kind, name: str) -> Kind:
        """Read what is asked of a value: `value.startsWith("x")`, `list.all(each, …)`."""
        self.expect("mark", "(")
        if name in _MACROS:
            self.each(of, name)
        elif name in _TESTS:
            kinds.need(of, "string", f"what stands before `{name}`")
            kinds.need(self.choice(), "string", f"what `{name}` looks for")
        elif name == "size":
            kinds.check_size(of)
        else:
            raise FaultError(f"there is no {name} of {CALLED[of]}")
        self.expect("mark", ")")
        self.selects = False
        return "int" if name == "size" else "bool"

    def each(self, of: Kind, name: str) -> None:
        """Read the variable of `all` or `exists`, and what is said of each item."""
        if of not in ITEMS:
            raise FaultError(f"{CALLED[of]} has no items")
        if self.bound:
            raise FaultError(f"`{name}` stands within another one", _APART)
        variable = self.expect("name").text
        if variable in _RESERVED:
            raise FaultError(f"a variable is named {variable}", "give it a name of its own")
        self.expect("mark", ",")
        self.bound[variable] = ITEMS[of]
        kinds.need(self.choice(), "bool", f"what `{name}` says of each")
        del self.bound[variable]
