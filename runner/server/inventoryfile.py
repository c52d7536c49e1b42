"""An inventory from its YAML file: read, checked with everything that is wrong in it, in force.

A file that is changed while the server runs comes into force as a whole or not at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import requests
from runner.errors import FindingsError, PlatformError
from runner.mistakes import Mistake
from runner.model import Finding
from runner.rules import requestbody, scriptrules
from runner.server import inventory, inventoryrules, inventorytree, scriptfiles
from runner.server import listed as lists
from runner.server.listed import Listed
from runner.shape import conformity
from runner.yaml import yaml12

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path as File

    from runner.model import Document, Json, Path
    from runner.server.inventory import Inventory, User

SCHEMA = "inventory.v1"
_TIMES = 32  # larger than a spec: some 100,000 hosts
_SECRETS = frozenset({"secret", "password", "tokens", "token"})
_REPEATING = frozenset({"wrong-form", "wrong-type"})  # rules whose messages repeat the value


def load(file: File, user: User) -> Inventory:
    """Return what `file` says, for a server that runs as `user`.

    Raises FindingsError with everything that is wrong with it, or PlatformError when it cannot be
    read at all.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise PlatformError(
            f"cannot read the inventory {file}: {error.strerror}", mend="name a readable YAML file"
        ) from error
    read = yaml12.document(str(file), content, times=_TIMES)
    document = read.value
    if document is None:
        raise FindingsError(read.findings, {str(file): content})
    scripts: dict[Path, bytes] = {}
    listed = Listed(tree=document.tree, user=user)
    refused = conformity.mistakes(SCHEMA, document.tree)
    told = {mistake.path for mistake in refused}
    ruled = (*inventoryrules.mistakes(listed), *_scripts(listed, file.parent, scripts))
    wrong = (*refused, *(mistake for mistake in ruled if mistake.path not in told))
    if wrong:
        raise _refusal(document, content, wrong)
    return inventory.indexed(inventorytree.contents(document.tree, user, scripts))


class Holder:
    """The inventory in force; call it to have it."""

    def __init__(self, file: File | None, user: User) -> None:
        """Put what `file` says in force, or what is built in. Raises as `load` does."""
        self._file = file
        self._user = user
        self._inventory = inventory.built_in(user) if file is None else load(file, user)

    def __call__(self) -> Inventory:
        """Return the inventory in force."""
        return self._inventory

    def reload(self) -> None:
        """Put what the file says now in force; one that is wrong is told as `load` does.

        The one before then stays in force.
        """
        if self._file is not None:
            self._inventory = load(self._file, self._user)


# ---------------------------------------------------------------- scripts


def _scripts(listed: Listed, folder: File, scripts: dict[Path, bytes]) -> Iterator[Mistake]:
    """Read each version's script into `scripts`; yield what is wrong with one."""
    languages = [lists.text(item, "language") for _, item in listed.each("scripts")]
    for where, item in listed.each("scripts", "versions"):
        name = lists.text(item, "file")
        content = (
            scriptfiles.content(folder, name)
            if name
            else lists.text(item, "content").encode("utf-8", "surrogatepass")
        )
        path = (*where, "file" if name else "content")
        if isinstance(content, scriptfiles.Fault):
            yield Mistake(path=path, rule=content.rule, message=content.message, mend=content.mend)
            continue
        scripts[where] = content
        yield from _flaws(content, languages[int(where[1])], path)


def _flaws(content: bytes, language: str, path: Path) -> Iterator[Mistake]:
    """Yield what would be wrong with the script if a request brought it."""
    number: Json = requests.number(requests.LANGUAGES, language)
    body = requestbody.Body(tree={"script_language": number}, script=content, param=None, own=False)
    for rule in (scriptrules.sizes, scriptrules.encoding, scriptrules.shell_text):
        for mistake in rule(body):
            yield Mistake(
                path=path,
                rule=mistake.rule,
                message=mistake.message.replace("script_content", "the script"),
                mend=mistake.mend,
            )


# ---------------------------------------------------------------- findings


def _refusal(document: Document, content: bytes, wrong: tuple[Mistake, ...]) -> FindingsError:
    """Return the error that tells everything; what may be a secret in plain text is not shown."""
    secret = [each for each in wrong if each.rule in _REPEATING and _SECRETS & set(each.path)]
    sources: Mapping[str, bytes] = {} if secret else {document.file: content}
    found = sorted({_finding(document, each, hidden=each in secret) for each in wrong}, key=_order)
    return FindingsError(tuple(found), sources)


def _finding(document: Document, mistake: Mistake, *, hidden: bool) -> Finding:
    key = mistake.key and mistake.path in document.keys
    return Finding(
        place=document.place(mistake.path, key=key),
        rule=mistake.rule,
        message=f"cannot take what stands here: it is no hash ({mistake.rule})"
        if hidden
        else mistake.message,
        mend="write the line that `jobgate hash-secret` prints" if hidden else mistake.mend,
        severity=mistake.severity,
    )


def _order(finding: Finding) -> tuple[int, int, str, str, str]:
    span = finding.place.span
    return span.line, span.column, finding.place.pointer, finding.rule, finding.message
