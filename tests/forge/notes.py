"""What is said on the forge of the tests, as GitHub writes it: comments and statuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.forge import accounts
from tests.forge.accounts import Accounts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.model import Json
    from tests.forge.state import Comment, Pull, Status, User


@dataclass(frozen=True, slots=True)
class Notes(Accounts):
    """Writes comments and statuses."""

    def myself(self, user: User) -> Json:
        """Return the account of whoever asks, with what only they are told."""
        shown = self.user(user)
        assert isinstance(shown, dict)
        counts = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
        nothing = ("name", "company", "blog", "location", "email", "hireable", "bio")
        return {
            **shown,
            **counts,
            **dict.fromkeys(nothing),
            "created_at": accounts.BEGUN,
            "updated_at": accounts.BEGUN,
        }

    def comment(self, pull: Pull, comment: Comment) -> Json:
        """Return a comment on a pull request."""
        repository = self.at("repos", self.double.name)
        html = f"{self.html}/{self.double.name}/pull/{pull.number}"
        return {
            "id": comment.number,
            "node_id": accounts.node(comment.number),
            "url": f"{repository}/issues/comments/{comment.number}",
            "html_url": f"{html}#issuecomment-{comment.number}",
            "issue_url": f"{repository}/issues/{pull.number}",
            "user": self.user(comment.by),
            "body": comment.body,
            "created_at": accounts.written(comment.at),
            "updated_at": accounts.written(comment.at),
            "author_association": "MEMBER",
            "performed_via_github_app": None,
        }

    def status(self, status: Status) -> dict[str, Json]:
        """Return a status, with whose it is."""
        return {**self._short(status), "creator": self.user(status.by)}

    def combined(self, commit: str, statuses: Iterable[Status], repository: Json) -> Json:
        """Return the newest status of each context of a commit (they come newest first)."""
        newest: dict[str, Status] = {}
        for each in statuses:
            newest.setdefault(each.context, each)
        states = {each.state for each in newest.values()}
        failed = states & {"failure", "error"}
        place = self.at("repos", self.double.name)
        return {
            "state": "failure" if failed else "success" if states == {"success"} else "pending",
            "statuses": [
                {**self._short(each), "avatar_url": f"{self.html}/avatars/u/{each.by.number}"}
                for each in newest.values()
            ],
            "sha": commit,
            "total_count": len(newest),
            "repository": repository,
            "commit_url": f"{place}/commits/{commit}",
            "url": f"{place}/commits/{commit}/status",
        }

    def _short(self, status: Status) -> dict[str, Json]:
        return {
            "url": self.at("repos", self.double.name, "statuses", status.commit),
            "avatar_url": f"{self.html}/avatars/u/{status.by.number}",
            "id": status.number,
            "node_id": accounts.node(status.number),
            "state": status.state,
            "description": status.description,
            "target_url": status.link,
            "context": status.context,
            "created_at": accounts.written(status.at),
            "updated_at": accounts.written(status.at),
        }
