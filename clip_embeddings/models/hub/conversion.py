"""The safetensors that the hub's conversion bot offers for a repository that has only pickles.

They lie in a pull request that nobody has merged: that is so of openai/clip-vit-base-patch32. Imports
huggingface_hub (inside functions).

Source: transformers, safetensors_conversion.py; the conditions are its own, but that any other pull request
of the same title, whoever made it, is passed over and does not hide the bot's.
"""

from dataclasses import dataclass

_TITLE = "Adding `safetensors` variant of this model"
_BOT = "SFconvertbot"


@dataclass(frozen=True, slots=True)
class PullRequest:
    """Its revision on the hub ("refs/pr/15"), and its newest commit."""

    revision: str
    commit: str


def pull_request_of_the_bot(repository: str, main: str) -> PullRequest | None:
    """The bot's open pull request on top of the commit `main`, if there is one.

    It holds what `main` holds and the weights as safetensors, and nobody has added a commit to it.

    Raises:
        Exception: what the hub's client raises.
    """
    from huggingface_hub import HfApi

    api = HfApi()
    for each in api.get_repo_discussions(repository):
        if not each.is_pull_request or (each.title, each.author, each.status) != (_TITLE, _BOT, "open"):
            continue
        revision = f"refs/pr/{each.num}"
        commits = [commit.commit_id for commit in api.list_repo_commits(repository, revision=revision)]
        if len(commits) > 1 and commits[1] == main:
            return PullRequest(revision, commits[0])
    return None
