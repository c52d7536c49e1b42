"""An editor, as far as a language server can tell: JSON-RPC over the server's stdin and stdout."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Self

from runner import narrow
from tests.node import peers

if TYPE_CHECKING:
    from pathlib import Path

    from runner.model import Json

_SERVER = peers.MODULES / "yaml-language-server" / "bin" / "yaml-language-server"
# Nothing is fetched: the schema is the one that the file itself names.
_SETTINGS: dict[str, Json] = {
    "yaml": {
        "validate": True,
        "completion": True,
        "hover": True,
        "schemaStore": {"enable": False},
        "kubernetesCRDStore": {"enable": False},
    }
}


class Editor:
    """An editor that has `folder` open. Use it in a `with`."""

    def __init__(self, folder: Path) -> None:
        """Start the server and greet it."""
        self._process = subprocess.Popen(
            [peers.node(), str(_SERVER), "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        )
        self._asked = 0
        self._diagnostics: dict[str, list[Json]] = {}
        root = folder.as_uri()
        self.ask(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": root,
                "workspaceFolders": [{"uri": root, "name": "folder"}],
                "capabilities": {
                    "workspace": {"configuration": True},
                    "textDocument": {"completion": {"completionItem": {"snippetSupport": False}}},
                },
            },
        )
        self.tell("initialized", {})
        self.tell("workspace/didChangeConfiguration", {"settings": _SETTINGS})

    def __enter__(self) -> Self:
        """Return the editor itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the server, politely."""
        self.ask("shutdown", None)
        self.tell("exit", None)
        self._process.communicate(timeout=10)

    def diagnostics(self, path: Path) -> list[tuple[int, str]]:
        """Open a file and return what the server finds: line (from 1) and message, in order."""
        uri, text = path.as_uri(), path.read_text(encoding="utf-8")
        document: Json = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})
        while uri not in self._diagnostics:
            self._take(self._read())
        found = self._diagnostics.pop(uri)
        return sorted(
            (narrow.integer(each, "range", "start", "line", default=-1) + 1, _text(each))
            for each in found
        )

    def completions(self, path: Path, line: int, column: int) -> list[str]:
        """Return what the server offers at a place (from 1) of a file that is open."""
        answer = self.ask("textDocument/completion", _place(path, line, column))
        offers = answer if isinstance(answer, list) else narrow.items(answer, "items")
        return [narrow.text(each, "label") for each in offers]

    def hover(self, path: Path, line: int, column: int) -> str:
        """Return what the server says about a place (from 1) of a file that is open."""
        answer = self.ask("textDocument/hover", _place(path, line, column))
        return narrow.text(answer, "contents", "value")

    # ------------------------------------------------------------ messages

    def ask(self, method: str, params: Json) -> Json:
        """Send a request and return its result, answering what the server asks meanwhile."""
        self._asked += 1
        self._send({"id": self._asked, "method": method, "params": params})
        while True:
            message = self._read()
            if message.get("id") == self._asked and "method" not in message:
                assert "error" not in message, message
                return message.get("result")
            self._take(message)

    def tell(self, method: str, params: Json) -> None:
        """Send a notification."""
        self._send({"method": method, "params": params})

    def _take(self, message: dict[str, Json]) -> None:
        method = message.get("method")
        if method == "textDocument/publishDiagnostics":
            uri = narrow.text(message, "params", "uri")
            self._diagnostics[uri] = narrow.items(message, "params", "diagnostics")
        elif "id" in message:
            wanted = narrow.items(message, "params", "items") if _configures(method) else []
            result: list[Json] = [_SETTINGS.get(narrow.text(each, "section")) for each in wanted]
            self._send({"id": message["id"], "result": result if _configures(method) else None})

    def _send(self, message: dict[str, Json]) -> None:
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(content), content))
        self._process.stdin.flush()

    def _read(self) -> dict[str, Json]:
        assert self._process.stdout is not None
        length = 0
        while line := self._process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the language server has ended"
        message: dict[str, Json] = json.loads(self._process.stdout.read(length))
        return message


def _configures(method: Json) -> bool:
    return method == "workspace/configuration"


def _place(path: Path, line: int, column: int) -> Json:
    return {
        "textDocument": {"uri": path.as_uri()},
        "position": {"line": line - 1, "character": column - 1},
    }


def _text(diagnostic: Json) -> str:
    return narrow.text(diagnostic, "message")
