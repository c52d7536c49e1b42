"""What the forge of the tests tells of what it has, as GitHub writes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.forge import accounts, deeds
from tests.forge.accounts import Accounts

if TYPE_CHECKING:
    from runner.model import Json
    from tests.forge.state import Event, Pull, Review

ID = 1296269  # of the repository
_REPOSITORY_URLS = (
    *("archive", "assignees", "blobs", "branches", "collaborators", "comments", "commits"),
    *("compare", "contents", "contributors", "deployments", "downloads", "events", "forks"),
    *("git_commits", "git_refs", "git_tags", "issue_comment", "issue_events", "issues", "keys"),
    *("labels", "languages", "merges", "milestones", "notifications", "pulls", "releases"),
    *("stargazers", "statuses", "subscribers", "subscription", "tags", "teams", "trees", "hooks"),
    *("clone", "git", "ssh", "svn"),
)
_COUNTS = (
    *("forks", "forks_count", "open_issues", "open_issues_count", "size", "stargazers_count"),
    *("watchers", "watchers_count"),
)
_YES = ("has_downloads", "has_issues", "has_projects", "has_wiki")
_NO = ("has_pages", "archived", "disabled", "private")


@dataclass(frozen=True, slots=True)
class Shapes(Accounts):
    """Writes all of it."""

    def repository(self, name: str) -> Json:
        """Return a repository by its full name."""
        owner, _, short = name.partition("/")
        place = self.at("repos", name)
        return {
            "id": ID if name == self.double.name else ID + 1,
            "node_id": accounts.node(ID),
            "name": short,
            "full_name": name,
            "owner": self.user(self.double.user(owner)),
            "html_url": f"{self.html}/{name}",
            "url": place,
            "description": None,
            "fork": name != self.double.name,
            "default_branch": self.double.default,
            "license": None,
            "homepage": None,
            "language": None,
            "mirror_url": None,
            "pushed_at": accounts.BEGUN,
            "created_at": accounts.BEGUN,
            "updated_at": accounts.BEGUN,
            **{f"{each}_url": f"{place}/{each}" for each in _REPOSITORY_URLS},
            **dict.fromkeys(_COUNTS, 0),
            **dict.fromkeys(_YES, True),
            **dict.fromkeys(_NO, False),
        }

    def listed(self, pull: Pull) -> dict[str, Json]:
        """Return a pull request as lists have it."""
        double, place = self.double, self.at("repos", self.double.name)
        own, issue = f"{place}/pulls/{pull.number}", f"{place}/issues/{pull.number}"
        html, head = f"{self.html}/{double.name}/pull/{pull.number}", double.head(pull)
        links = {
            "self": own,
            "html": html,
            "issue": issue,
            "comments": f"{issue}/comments",
            "review_comments": f"{own}/comments",
            "review_comment": f"{place}/pulls/comments{{/number}}",
            "commits": f"{own}/commits",
            "statuses": f"{place}/statuses/{head}",
        }
        ended = None if pull.closed is None else accounts.written(pull.closed)
        return {
            "url": own,
            "id": 10_000 + pull.number,
            "node_id": accounts.node(pull.number),
            "html_url": html,
            "diff_url": f"{html}.diff",
            "patch_url": f"{html}.patch",
            **{f"{each}_url": link for each, link in links.items() if each not in {"self", "html"}},
            "number": pull.number,
            "state": "open" if pull.state == "open" else "closed",
            "locked": False,
            "title": pull.title,
            "user": self.user(pull.opener),
            "body": None,
            "labels": [],
            "milestone": None,
            "active_lock_reason": None,
            "created_at": accounts.written(pull.opened),
            "updated_at": ended or accounts.written(pull.opened),
            "closed_at": ended,
            "merged_at": ended if pull.merge else None,
            # Of one that is open it is a merge that was only tried.
            "merge_commit_sha": pull.merge or double.tip(double.default),
            "assignee": None,
            "assignees": [],
            "requested_reviewers": [],
            "requested_teams": [],
            "head": self._side(pull.source, pull.branch, head, gone=pull.fork_gone),
            "base": self._side(double.name, pull.base, double.base_of(pull)),
            "_links": {name: {"href": link} for name, link in links.items()},
            "author_association": "MEMBER",
            "auto_merge": None,
            "draft": False,
        }

    def pull(self, pull: Pull) -> Json:
        """Return a pull request by itself, with what GitHub finds about it."""
        return {
            **self.listed(pull),
            "user": self.user(pull.opener) or self.user(self.double.user("ghost")),
            "merged": pull.merge is not None,
            "mergeable": True,
            "rebaseable": True,
            "mergeable_state": "clean",
            "merged_by": self.user(pull.merger),
            "comments": 0,
            "review_comments": 0,
            "maintainer_can_modify": False,
            "commits": 1,
            "additions": 1,
            "deletions": 0,
            "changed_files": 1,
        }

    def review(self, pull: Pull, review: Review) -> Json:
        """Return a review; one that is pending has no time."""
        own = self.at("repos", self.double.name, "pulls", pull.number)
        html = f"{self.html}/{self.double.name}/pull/{pull.number}"
        pending = review.state == "PENDING"
        return {
            "id": review.number,
            "node_id": accounts.node(review.number),
            "user": self.user(review.by),
            "body": review.body,
            "state": review.state,
            "html_url": f"{html}#pullrequestreview-{review.number}",
            "pull_request_url": own,
            "author_association": "MEMBER",
            "_links": {
                "html": {"href": f"{html}#pullrequestreview-{review.number}"},
                "pull_request": {"href": own},
            },
            **({} if pending else {"submitted_at": accounts.written(review.at)}),
            "commit_id": review.commit,
        }

    def event(self, event: Event) -> Json:
        """Return an event of a pull request."""
        dismissed: dict[str, Json] = {}
        if event.review is not None:
            told: Json = {
                "state": "approved",
                "review_id": event.review.number,
                "dismissal_message": None,
            }
            dismissed = {"dismissed_review": told}
        return {
            "id": event.number,
            "node_id": accounts.node(event.number),
            "url": self.at("repos", self.double.name, "issues", "events", event.number),
            "actor": self.user(event.by),
            "event": event.what,
            "commit_id": None,
            "commit_url": None,
            "created_at": accounts.written(event.at),
            "performed_via_github_app": None,
            **dismissed,
        }

    def file(self, told: tuple[str, str, str], head: str) -> Json:
        """Return a file that differs."""
        letter, oid, path = told
        place = f"{self.html}/{self.double.name}"
        return {
            "sha": oid,
            "filename": path,
            "status": {"A": "added", "D": "removed"}.get(letter, "modified"),
            "additions": 1,
            "deletions": 0,
            "changes": 1,
            "blob_url": f"{place}/blob/{head}/{path}",
            "raw_url": f"{place}/raw/{head}/{path}",
            "contents_url": self.at("repos", self.double.name, "contents", path),
        }

    def commit(self, commit: str) -> Json:
        """Return a commit of a pull request."""
        repository, place = self.double.repository, self.at("repos", self.double.name)
        shown = deeds.shown(repository, commit, "%an%n%ae%n%aI%n%cn%n%ce%n%cI%n%T").split("\n")
        names = ("name", "email", "date")
        return {
            "url": f"{place}/commits/{commit}",
            "sha": commit,
            "node_id": accounts.node(1),
            "html_url": f"{self.html}/{self.double.name}/commit/{commit}",
            "comments_url": f"{place}/commits/{commit}/comments",
            "commit": {
                "url": f"{place}/git/commits/{commit}",
                "author": dict(zip(names, shown[:3], strict=True)),
                "committer": dict(zip(names, shown[3:6], strict=True)),
                "message": deeds.shown(repository, commit, "%B"),
                "comment_count": 0,
                "tree": {"sha": shown[6], "url": f"{place}/git/trees/{shown[6]}"},
            },
            "author": None,
            "committer": None,
            "parents": [
                {"sha": each, "url": f"{place}/commits/{each}"}
                for each in deeds.parents(repository, commit)
            ],
        }

    def _side(self, name: str, branch: str, commit: str, *, gone: bool = False) -> Json:
        owner = name.partition("/")[0]
        user = self.user(self.double.user(owner)) or self.user(self.double.user("ghost"))
        repository = None if gone else self.repository(name)
        return {
            "label": f"{owner}:{branch}",
            "ref": branch,
            "sha": commit,
            "user": user,
            "repo": repository,
        }
