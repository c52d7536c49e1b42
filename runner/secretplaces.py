"""Where in a spec a secret may stand, and how it comes from there into the request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import canon, secretparts
from runner.model import Finding, Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.model import Document, Json, Parts, Path, Rendered

_ARGS = ("script", "args")


def refusal(path: Path, parts: Parts) -> str | None:
    """Return why a leaf at `path` of a spec cannot be these parts, or None."""
    match path:
        case ("script", "args", int()):
            return None
        case ("request", "host_password_list", int(), "encrypted_password"):
            return None if len(parts) == 1 else "an encrypted password is one secret and no more"
        case ("request", "callback_url"):
            return None if _in_query(parts) else "a URL may hold secrets in its query alone"
        case _:
            return "only script.args, encrypted_password and callback_url may hold secrets"


def findings(document: Document, rendered: Rendered) -> Iterator[Finding]:
    """Yield what is wrong with secrets in arguments that the platform would show."""
    if rendered.script.get("sensitive") is True:
        return
    for path, _ in rendered.secrets:
        if path[:2] == _ARGS:
            yield Finding(
                place=document.place(path),
                rule="secret-not-sensitive",
                message="cannot pass a secret: the platform shows arguments that are not sensitive",
                mend="add `sensitive: true` under script",
            )


def body(plain: dict[str, Json], rendered: Rendered) -> dict[str, Json]:
    """Return the body with its secrets in the place of their stand-ins."""
    made, secrets = dict(plain), dict(rendered.secrets)
    if "script_param" in made and any(path[:2] == _ARGS for path in secrets):
        made["script_param"] = secretparts.arguments(_arguments(rendered, secrets))
    url = secrets.get(("request", "callback_url"))
    if url is not None:
        made["callback_url"] = secretparts.url(url)
    hosts = made.get("host_password_list")
    if isinstance(hosts, list):
        made["host_password_list"] = [
            _host(host, secrets.get(("request", "host_password_list", index, "encrypted_password")))
            for index, host in enumerate(hosts)
        ]
    return made


def _in_query(parts: Parts) -> bool:
    at = [index for index, part in enumerate(parts) if isinstance(part, Secret)]
    before = [part for part in parts[: at[0]] if isinstance(part, str)]
    until = [part for part in parts[: at[-1]] if isinstance(part, str)]
    return "?" in "".join(before) and "#" not in "".join(until)


def _arguments(rendered: Rendered, secrets: dict[Path, Parts]) -> Iterator[Parts]:
    args = rendered.script.get("args")
    for index, arg in enumerate(args if isinstance(args, list) else ()):
        text = "" if isinstance(arg, list | dict) else canon.scalar_text(arg)
        yield secrets.get((*_ARGS, index)) or (text,)


def _host(host: Json, parts: Parts | None) -> Json:
    if isinstance(host, dict) and parts is not None:
        return {**host, "encrypted_password": secretparts.password(parts)}
    return host
