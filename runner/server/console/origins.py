"""Whether a form was sent by a page of ours, by what browsers say of it: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from runner.server.answers import Code, Number, RefusalError

if TYPE_CHECKING:
    from collections.abc import Mapping


def check(headers: Mapping[str, str]) -> None:
    """Raise RefusalError unless a page of this very server has sent the form.

    A browser that names neither its page's origin nor its site is not let in.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    ours = site == "same-origin" if origin is None else _same(origin, headers.get("host", ""))
    if not ours or site not in {None, "same-origin"}:
        raise foreign()


def foreign() -> RefusalError:
    """Return the refusal of a form that no page of ours has sent in this session."""
    return RefusalError(
        code=Code.NO_PERMISSION,
        number=Number.NO_PERMISSION,
        message="cannot do this: the form does not come from a page of this session",
        mend="open the page again and send the form from there",
    )


def _same(origin: str, host: str) -> bool:
    # Of the scheme nothing is known behind a proxy with TLS.
    try:
        return urlsplit(origin).netloc.lower() == host.lower() != ""
    except ValueError:
        return False
