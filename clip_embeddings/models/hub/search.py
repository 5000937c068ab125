"""A model on the hub: found in the hub's cache on this machine, or completed from the hub itself.

Imports the modules beside it, and huggingface_hub inside functions.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.models.hub.assets import say_once
from clip_embeddings.models.hub.cache import MAIN, CachedRepository
from clip_embeddings.models.hub.complete import complete, refuse_pickles
from clip_embeddings.models.hub.conversion import pull_request_of_the_bot
from clip_embeddings.models.hub.download import Revision, ask_for_revision, in_time
from clip_embeddings.models.hub.layout import Layout
from clip_embeddings.models.hub.library import TRANSFORMERS, Library
from clip_embeddings.models.hub.listing import listing_of
from clip_embeddings.models.hub.trouble import OUT_OF_REACH, Trouble, trouble_of
from clip_embeddings.models.model import Model
from clip_embeddings.models.open_clip.settings import OPEN_CLIP_CONFIG
from clip_embeddings.models.registry import suggestion

logger = logging.getLogger(__name__)
T = TypeVar("T")


def fetched(
    download: Callable[[], T], here: Callable[[], T | None], explained: Callable[[Exception, Trouble], str]
) -> T:
    """What is downloaded; where the hub is out of reach, what may be here.

    Raises:
        ModelLoadError: neither; `explained` says why.
    """
    try:
        return download()
    except ModelLoadError:
        raise
    except Exception as error:
        trouble = trouble_of(error)
        if trouble is None:  # a fault of ours
            raise
        found = here() if trouble in OUT_OF_REACH else None
        if found is None:
            raise ModelLoadError(explained(error, trouble)) from error
        return found


@dataclass(frozen=True, slots=True)
class HubModel:
    """One model on the hub: in its cache on this machine, or on the hub itself."""

    model: str
    repository: str
    revision: str | None
    allowed: bool
    library: Library = TRANSFORMERS

    @property
    def _cache(self) -> CachedRepository:
        return CachedRepository(self.repository, self.library)

    @property
    def _asked(self) -> str:
        return f"{self.repository}{f'@{self.revision}' if self.revision else ''}"

    def files(self) -> Model:
        """Complete files, or an error that says what was tried.

        Raises:
            ModelLoadError: see `locate`.
        """
        self.check_name()
        return self._cached() or self._fetched()

    def check_name(self) -> None:
        """Raise ModelLoadError for what cannot be the name of a repository."""
        from huggingface_hub import utils
        from huggingface_hub.errors import HFValidationError

        hub: Any = utils  # its names are loaded lazily, so they have no types
        try:
            hub.validate_repo_id(self.repository)
        except HFValidationError as error:
            raise ModelLoadError(f"Unknown model {self.model!r}: {suggestion(self.model)}") from error

    def _cached(self, *, surely: bool = True) -> Model | None:
        """What the cache holds, if it is all there; not `surely`, if nothing tells that it is not."""
        cache = self._cache
        for commit, pull_request in cache.commits(self.revision):
            folder = cache.snapshot(commit)
            layout = self.library.layout_of(listing_of(self.model, folder))
            if layout.missing or (layout.pickled and not self.allowed):
                continue
            unknown = cache.unknown(commit, layout)
            if unknown and (surely or not self.library.plausible(layout)):
                continue
            if unknown:
                say_once(
                    f"model {self.model!r}: the hub does not answer, so what the cache has is used without "
                    f"knowing whether there is {' or '.join(unknown)} too"
                )
            return self._finished(folder, layout, commit, pull_request)
        return None

    def _finished(self, folder: Path, layout: Layout, commit: str, pull_request: str | None) -> Model:
        origin = f"safetensors of {pull_request}" if pull_request else "safetensors"
        return complete(
            self.model,
            folder,
            layout,
            allow_pickle=self.allowed,
            revision=commit,
            origin=origin,
            library=self.library,
        )

    def _fetched(self) -> Model:
        return fetched(self._download, partial(self._cached, surely=False), self.explained)

    def _download(self) -> Model:
        """Ask the hub for what is missing."""
        main = ask_for_revision(self.repository, self.revision or MAIN)
        layout = self.library.layout_of(main.listing(self.model))
        chosen, pull_request = main, None
        unsafe = layout.pickled or not layout.weights
        if self.library.converted and unsafe and main.name == MAIN:
            chosen, layout, pull_request = self._with_safetensors(main, layout)
        self._check(chosen, layout)
        folder = chosen.fetch_all(layout.names)
        cache = self._cache
        cache.point(main.name, main.commit)
        cache.note_files(chosen.commit, layout.names)
        if pull_request:
            cache.note_pull_request(main.commit, pull_request, chosen.commit)
        return self._finished(folder, layout, chosen.commit, pull_request)

    def _with_safetensors(self, main: Revision, layout: Layout) -> tuple[Revision, Layout, str | None]:
        """The conversion bot's pull request in place of the main branch; that itself where there is none."""
        try:
            found = in_time(partial(pull_request_of_the_bot, self.repository, main.commit))
        except Exception as error:  # discussions may be turned off, or the hub may be slow
            logger.info("model %r: cannot ask for a conversion (%s)", self.model, error)
            return main, layout, None
        if not found:
            return main, layout, None
        # The commit, not the name: nobody can change what it holds between this question and the next.
        converted = ask_for_revision(self.repository, found.commit)
        theirs = self.library.layout_of(converted.listing(self.model))
        if theirs.missing or theirs.pickled:
            return main, layout, None
        say_once(
            f"model {self.model!r} has no safetensors on its main branch; they are taken from "
            f"{found.revision} of the hub's conversion bot (commit {found.commit})"
        )
        return converted, theirs, found.revision

    def _check(self, asked: Revision, layout: Layout) -> None:
        """Refuse before anything large is downloaded."""
        if layout.missing:
            there = ", ".join(sorted(asked.sizes)[:12]) or "nothing"
            other = OPEN_CLIP_CONFIG in asked.sizes and self.library is TRANSFORMERS
            hint = f". It is one of open_clip: name it 'hf-hub:{self.repository}'" if other else ""
            raise ModelLoadError(
                f"model {self._asked!r}: {', '.join(layout.missing)} not among its files on the hub "
                f"({there}). Expected {self.library.repository}{hint}"
            )
        self.library.check(asked.listing(self.model), layout)
        refuse_pickles(self.model, layout, self.allowed)

    def explained(self, error: Exception, trouble: Trouble, *, has: str | None = None) -> str:
        """What an error of the client means, and what to do.

        Args:
            has: what the cache has of the model, in words; None looks for one of transformers.
        """
        from huggingface_hub import constants

        tried = f"tried the hub's cache on this machine, then {constants.ENDPOINT}"
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        asked = f"model {self._asked!r}"
        if has is None:
            has = self._in_cache() if trouble in OUT_OF_REACH else ""
        absent = has or suggestion(self.model)
        said = {
            Trouble.GATED: f"{asked} is gated; accept its terms on the hub and log in: hf auth login",
            Trouble.NO_REVISION: f"model {self.repository!r} has no revision {self.revision!r} on the hub",
            Trouble.UNKNOWN: f"Unknown model {self.model!r} ({tried}); {suggestion(self.model)}",
            Trouble.TOKEN: f"{asked}: the hub does not take your token ({reason}). Log in anew, hf auth "
            "login, or take HF_TOKEN away",
            Trouble.BROKE_OFF: f"{asked}: the download broke off ({reason}). Start it again: the files that "
            f"came whole are kept, in {constants.HF_HUB_CACHE}",
            Trouble.NO_PLACE: f"{asked} cannot be written into the hub's cache ({reason}); HF_HOME moves it",
            Trouble.TURNED_OFF: f"{asked} is not on this machine and the network is turned off "
            f"(HF_HUB_OFFLINE); {tried}. {absent}",
            Trouble.REFUSED: f"{asked} is not on this machine and the hub refuses it ({reason}); {tried}",
            Trouble.AWAY: f"{asked} is not on this machine and the hub does not answer ({reason}); {tried}. "
            f"{absent}",
        }
        return said[trouble]

    def _in_cache(self) -> str:
        """What the cache has of a model that is not all there, and what it lacks; "" if it has nothing."""
        cache = self._cache
        parts = []
        for commit, _ in cache.commits(self.revision):
            layout = self.library.layout_of(listing_of(self.model, cache.snapshot(commit)))
            lacks = [*layout.missing, *cache.unknown(commit, layout)]
            lacks = lacks or ["weights that are no pickles, which are not allowed (allow_pickle=False)"]
            has = ", ".join(name for name in layout.names if name not in layout.missing) or "nothing"
            parts.append(f"Of commit {commit} the cache has {has}; it lacks {', '.join(lacks)}. ")
        return f"{''.join(parts)}Start once with the hub in reach to complete it" if parts else ""
