"""From the hub into its cache on this machine. Imports huggingface_hub (inside functions).

The hub says once what a revision holds, and is asked only for the files that make up the model. A connection
that breaks in the middle of a file is taken up where it broke.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from clip_embeddings.models.hub.assets import in_megabytes
from clip_embeddings.models.hub.listing import Listing, read_json
from clip_embeddings.models.hub.trouble import BrokenOff, Trouble, trouble_of

logger = logging.getLogger(__name__)
T = TypeVar("T")

# Connecting and answering a question each get this long, so that a hub that is away is told in 10 seconds.
# A file may take as long as it needs; the client gives up on one of which nothing comes for a minute.
CONNECT_SECONDS = 4.0
_LARGE = 50_000_000  # bytes; from here on a user is told before it begins
_shown = threading.Event()


@contextmanager
def progress_shown() -> Iterator[None]:
    """Show the bars of the hub's client while weights are downloaded; for the command line."""
    _shown.set()
    try:
        yield
    finally:
        _shown.clear()


@dataclass(frozen=True, slots=True)
class Revision:
    """What the hub holds at a revision.

    Attributes:
        repository, name: the revision as it was asked for.
        commit: what it is now.
        sizes: every file's name and bytes, where they are known.
    """

    repository: str
    name: str
    commit: str
    sizes: dict[str, int | None]

    def listing(self, model: str) -> Listing:
        def read(name: str) -> Any:
            return read_json(model, self.fetch(name))

        return Listing(model, frozenset(self.sizes), read)

    def fetch(self, name: str, *, shown: bool = False) -> Path:
        """One file, from the cache if it is there; with a bar if that is `shown`."""
        from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url

        if not self.has(name):
            # Asked here first: the client asks a hub that says nothing for six minutes.
            get_hf_file_metadata(
                hf_hub_url(self.repository, name, revision=self.commit), timeout=CONNECT_SECONDS
            )
        with _bars(shown=shown):
            path = hf_hub_download(self.repository, name, revision=self.commit, etag_timeout=CONNECT_SECONDS)
        return Path(path)

    def has(self, name: str) -> bool:
        """Whether the cache has a file."""
        from huggingface_hub import try_to_load_from_cache

        return isinstance(try_to_load_from_cache(self.repository, name, revision=self.commit), str)

    def fetch_all(self, names: Sequence[str]) -> Path:
        """All of these files; says before it begins if they are large.

        Returns:
            The folder of the snapshot.
        """
        size = sum(self.sizes.get(name) or 0 for name in names if not self.has(name))
        if size >= _LARGE:
            logger.warning(
                "downloading %s of %r (commit %.12s)", in_megabytes(size), self.repository, self.commit
            )
        with _told_apart():
            paths = [self.fetch(name, shown=_shown.is_set() and size >= _LARGE) for name in names]
        return paths[0].parents[names[0].count("/")]


def ask_for_revision(repository: str, revision: str) -> Revision:
    """One question to the hub.

    Raises:
        Exception: what the hub's client raises.
    """
    from huggingface_hub import HfApi

    info = HfApi().model_info(repository, revision=revision, files_metadata=True, timeout=CONNECT_SECONDS)
    sizes = {each.rfilename: each.size for each in info.siblings or ()}
    return Revision(repository, revision, str(info.sha), sizes)


def in_time(work: Callable[[], T]) -> T:
    """work(), for questions to which the hub's client would wait for ever.

    Raises:
        TimeoutError: no answer.
    """
    answers: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(work())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True, name="clip-embeddings-hub")
    thread.start()
    thread.join(CONNECT_SECONDS)
    if errors:
        raise errors[0]
    if not answers:
        raise TimeoutError(f"no answer within {CONNECT_SECONDS:g} seconds")
    return answers[0]


@contextmanager
def _told_apart() -> Iterator[None]:
    """A download that broke off, apart from a hub that refuses a file and a disk that is full."""
    try:
        yield
    except Exception as error:
        if trouble_of(error) is Trouble.AWAY:
            raise BrokenOff(str(error).strip() or type(error).__name__) from error
        raise


@contextmanager
def _bars(*, shown: bool) -> Iterator[None]:
    """The client's bars are a setting of the whole process, and on by default."""
    from huggingface_hub import constants, utils

    bars: Any = utils  # its names are loaded lazily, so they have no types
    decided = constants.HF_HUB_DISABLE_PROGRESS_BARS is not None  # by the environment
    if shown or decided or bars.are_progress_bars_disabled():
        yield
        return
    bars.disable_progress_bars()
    try:
        yield
    finally:
        bars.enable_progress_bars()
