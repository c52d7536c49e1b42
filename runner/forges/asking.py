"""Questions to one forge: with its token, page after page, and not oftener than it lets us.

What was answered before is asked for again by its tag alone, and kept in memory for as long as the
process lives. What asks may always be sent again. What writes is sent once, unless it is sure that
nobody took it.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar
from urllib.parse import urlsplit

from runner import calling
from runner.calls import Mishap, Request, Setback, Terms
from runner.errors import ForgeError, NoWritingError, UnansweredError
from runner.forges import replies
from runner.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runner.calls import Answer
    from runner.forges.tokens import Token
    from runner.model import Json
    from runner.terms import ForgeEntry

T = TypeVar("T")

NAME = re.compile(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+", re.ASCII)
TERMS = Terms(read=30.0, whole=60.0, most=8 * 1024 * 1024, pause=0.5, patience=65.0)
PAGES = 50  # of one list
EACH = 100  # entries of a page: the most that GitHub gives
_MEMORY = 32 * 1024 * 1024  # bytes of answers that are kept
_OK, _MADE, _UNCHANGED = 200, 201, 304
_NO_LEAVE = 403
_API = "2022-11-28"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One question: what it is to do, in words, the path, and the statuses that mean "nothing".

    Of a list `pages` are read at most. One that has more is an error, with a mend, unless there is
    none: then what comes after is left.
    """

    deed: str
    path: str
    nothing: frozenset[int] = frozenset()
    query: str = ""
    pages: int = PAGES
    mend: str = "take signed approvals here: `jobgate approve`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What is to be written, and the permission that it needs, as a workflow names it."""

    tree: dict[str, Json]
    needs: str
    method: Literal["", "PATCH"] = ""  # empty: POST


class Asker:
    """One forge's address, with its connections and what it has answered."""

    def __init__(
        self, entry: ForgeEntry, token: Token, terms: Terms, wait: Callable[[float], None]
    ) -> None:
        """Ask the forge of `entry`; nothing is sent yet. `wait` is given seconds."""
        self._entry = entry
        self._token = token
        self._terms = terms
        self._wait = wait
        self._base = entry.url.rstrip("/")
        # A proxy would be shown what is not encrypted, so that it did not stay on this machine.
        self._line = calling.Line(self._base, terms, direct=not self._base.startswith("https:"))
        self._kept: dict[str, Answer] = {}

    def one(self, ask: Ask) -> Json:
        """Return what is answered; None where that is nothing. Raises ForgeError."""
        answer = self._answer(ask, self._url(ask.path))
        return None if answer is None else self._tree(ask, answer)

    def many(self, ask: Ask) -> tuple[Json, ...]:
        """Return every entry of a list, of all its pages. Raises ForgeError."""
        return tuple(self._entries(ask))

    def write(self, ask: Ask, word: Word) -> Json:
        """Write something, and return what is answered.

        It is sent again only where it is sure that nobody took it. Raises UnansweredError where
        nobody knows, NoWritingError where the token may not, and ForgeError.
        """
        self._check_address(ask)
        headers = {**self._headers(None), "Content-Type": "application/json"}
        content = json.dumps(word.tree).encode()
        request = Request(
            url=self._url(ask.path), headers=headers, body=content, method=word.method
        )
        answer = calling.until_done(lambda: self._sent(ask, word, request), self._terms, self._wait)
        return self._tree(ask, answer)

    def close(self) -> None:
        """Let go of the connections."""
        self._line.close()

    def failed(self, deed: str, said: str, mend: str) -> ForgeError:
        """Return the error of what cannot be done here."""
        return ForgeError(f"cannot {deed} on {self._entry.name}: {said}", mend=mend)

    def strange(self, deed: str, said: str) -> ForgeError:
        """Return the error of an answer that is none of GitHub's."""
        mend = f"look at the URL of {self._entry.name} in jobgate.yaml"
        return self.failed(deed, f"the answer is not one of GitHub's: {said}", mend)

    def of_repository(self, deed: str, path: str) -> str:
        """Return a path below the repository's. Raises ForgeError where that has no name."""
        repository = self._entry.repository
        if NAME.fullmatch(repository) is None:
            mend = f"name the repository of {self._entry.name} as `owner/name` in jobgate.yaml"
            raise self.failed(deed, "its repository has no name of GitHub's", mend)
        return f"repos/{repository}/{path}"

    def read(self, deed: str, read: Callable[[], T]) -> T:
        """Return what an answer says. Raises ForgeError where it is of another shape."""
        try:
            return read()
        except TypeError as error:
            raise self.strange(deed, str(error)) from None

    # ------------------------------------------------------------ pages

    def _entries(self, ask: Ask) -> Iterator[Json]:
        url, seen = f"{self._url(ask.path)}?per_page={EACH}{ask.query}", 0
        while url:
            answer = self._answer(ask, url)
            if answer is None:
                return
            tree = self._tree(ask, answer)
            if not isinstance(tree, list):
                raise self.strange(ask.deed, "it is no list")
            yield from tree
            last, url, seen = url, replies.following(answer), seen + 1
            if url and seen >= ask.pages and not ask.mend:
                return
            if url:
                self._check_page(ask, url, seen)
            elif len(tree) >= EACH:
                # A full page can get a next one without a change of its own: its tag tells nothing.
                self._kept.pop(last, None)

    def _check_page(self, ask: Ask, url: str, seen: int) -> None:
        """Raise ForgeError where the next page is not to be asked for."""
        if not replies.at_one_place(url, self._base):
            raise self.strange(ask.deed, "its next page is at another host")
        if seen >= ask.pages:
            said = f"there are more than {ask.pages * EACH:,} entries"
            raise self.failed(ask.deed, said, ask.mend)

    def _tree(self, ask: Ask, answer: Answer) -> Json:
        try:
            tree: Json = json.loads(answer.content, parse_float=str, parse_constant=str)
        except (ValueError, RecursionError):
            raise self.strange(ask.deed, "it is no JSON") from None
        return tree

    # ------------------------------------------------------------ one exchange

    def _answer(self, ask: Ask, url: str) -> Answer | None:
        self._check_address(ask)
        return calling.until_done(lambda: self._attempt(ask, url), self._terms, self._wait)

    def _attempt(self, ask: Ask, url: str) -> Answer | Setback | None:
        kept = self._kept.get(url)
        answer = self._line.exchange(Request(url=url, headers=self._headers(kept)))
        if isinstance(answer, Mishap):
            return self._disturbed(ask, answer)
        if answer.status == _OK:
            self._keep(url, answer)
            return answer
        if answer.status == _UNCHANGED and kept is not None:
            return kept
        found = replies.trouble(answer, self._entry, time.time())
        if answer.status in ask.nothing and not found.again:
            return None
        said = replies.shown(self._token.hidden(found.said))
        error = self.failed(ask.deed, said, found.mend)
        return Setback(error=error, again=found.again, wait=found.wait)

    def _sent(self, ask: Ask, word: Word, request: Request) -> Answer | Setback:
        answer = self._line.exchange(request)
        if isinstance(answer, Mishap):
            found = self._disturbed(ask, answer)
            surely = answer.kind in {"unsent", "address", "certificate"}
            return found if surely else self._unanswered(ask, answer.said)
        if answer.status in {_OK, _MADE}:
            return answer
        trouble = replies.trouble(answer, self._entry, time.time(), word.needs)
        said = replies.shown(self._token.hidden(trouble.said))
        if answer.status in replies.FAILURES:
            return self._unanswered(ask, said)
        error = self.failed(ask.deed, said, trouble.mend)
        if answer.status == _NO_LEAVE and not trouble.again:
            error = NoWritingError(error.message, mend=error.mend)
        return Setback(error=error, again=trouble.again, wait=trouble.wait)

    def _unanswered(self, ask: Ask, said: str) -> Setback:
        error = self.failed(ask.deed, said, "")
        mend = f"run it again: what is there by then of {self._entry.name} is looked at first"
        return Setback(error=UnansweredError(error.message, mend=mend), again=False)

    def _disturbed(self, ask: Ask, mishap: Mishap) -> Setback:
        mend = f"look at the network, and at the URL of {self._entry.name} in jobgate.yaml"
        return Setback(
            error=self.failed(ask.deed, mishap.said, mishap.mend or mend),
            again=mishap.kind in {"unsent", "late", "broken"},
        )

    def _headers(self, kept: Answer | None) -> dict[str, str]:
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self._token.value}",
            "User-Agent": f"jobgate/{VERSION}",
            "X-GitHub-Api-Version": _API,
        }
        return headers if kept is None else {**headers, "If-None-Match": kept.headers["etag"]}

    def _keep(self, url: str, answer: Answer) -> None:
        """Keep an answer that has a tag, and forget the oldest where there are too many."""
        self._kept.pop(url, None)
        if answer.headers.get("etag"):
            self._kept[url] = answer
        while sum(len(each.content) for each in self._kept.values()) > _MEMORY:
            del self._kept[next(iter(self._kept))]

    def _url(self, path: str) -> str:
        return f"{self._base}/{path}"

    def _check_address(self, ask: Ask) -> None:
        """Raise ForgeError where the token would be shown to whoever listens."""
        split = urlsplit(self._base)
        secret = split.scheme == "https" or (
            split.scheme == "http" and split.hostname in {"127.0.0.1", "::1", "localhost"}
        )
        if not secret:
            said = "a token is shown over https alone, or to this very machine"
            mend = f"begin the URL of {self._entry.name} in jobgate.yaml with https://"
            raise self.failed(ask.deed, said, mend)
