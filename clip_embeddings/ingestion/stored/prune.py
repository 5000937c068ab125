"""Which rows `prune` removes: those of files that are gone from a folder that is there, and no others.

A disk that is not mounted looks like an empty folder, and so does one whose link leads nowhere: rows from
under such a folder stay until the user says that it is really empty.
"""

import os
from collections.abc import Sequence
from mimetypes import MimeTypes
from pathlib import Path
from stat import S_ISDIR

from PIL import Image

from clip_embeddings.errors import StoreError
from clip_embeddings.ingestion.find.entries import IngestProblem, printable
from clip_embeddings.ingestion.find.notes import NOT_NOTES
from clip_embeddings.ingestion.find.walking import Walker
from clip_embeddings.ingestion.report import Recorder
from clip_embeddings.ingestion.stored.ledger import Ledger

_NOTES = (".txt", ".text", ".md", ".rst", ".org", ".adoc", ".tex", ".srt", ".vtt", ".heic", ".heif", ".avif")
_UNDER = "(s.uri = ?1 OR (s.uri >= ?1 || '/' AND s.uri < ?1 || '0'))"
# What was moved has its row already, at another place.
_MISSED = f"""
SELECT s.id, s.uri FROM stored_uri s WHERE {_UNDER} AND NOT EXISTS (SELECT 1 FROM seen WHERE uri = s.uri)
AND NOT EXISTS (SELECT 1 FROM gone WHERE id = s.id AND uri = s.uri) ORDER BY s.uri
"""
_FILES = f"SELECT COUNT(DISTINCT s.uri) FROM stored_uri s WHERE {_UNDER}"
_TABLE = "CREATE TEMP TABLE IF NOT EXISTS missed (id TEXT, uri TEXT, folder TEXT, sure INTEGER)"
_GONE = """
INSERT OR IGNORE INTO gone SELECT id, uri, 'vanished' FROM missed WHERE folder IS NULL AND (sure OR ?)
"""


def check_roots(ledger: Ledger, roots: Sequence[str], empty: Sequence[str]) -> None:
    """Refuse to prune a folder with nothing in it, unless it is among those that are `empty`.

    Raises:
        StoreError: the collection has rows from under it.
    """
    for root in roots:
        if _within(root, empty) or not Path(root).is_dir() or not (state := _state(root)):
            continue
        if rows := next(ledger.each(_MISSED, root.rstrip("/"), page=1), None):
            raise StoreError(
                f"prune: {root} {state}, there is no file in it, but the collection has rows of files from "
                f"there, such as {rows[0][1]}. Nothing was changed. Is the disk mounted? If the files are "
                f"really gone: prune_empty=[{root!r}], on the command line --prune-empty {root}"
            )


class Pruning:
    """Notes in the ledger what is gone.

    Args:
        empty: folders that may be empty or gone, whole paths: what was in them is pruned.
        most: whether more than half of the files under a root may be pruned.
    """

    def __init__(self, ledger: Ledger, recorder: Recorder, *, empty: Sequence[str], most: bool) -> None:
        self._ledger, self._recorder, self._empty, self._most = ledger, recorder, empty, most
        self._states: dict[str, str] = {}  # of folders that were looked at
        ledger.database.execute(_TABLE)

    def run(self, root: str) -> None:
        """Rows of files that are gone from under a root go, unless that may be a mistake."""
        root, database = root.rstrip("/"), self._ledger.database
        database.execute("DELETE FROM missed")
        for page in self._ledger.each(_MISSED, root):
            rows = [self._judged(id, uri, root) for id, uri in page if vanished(uri)]
            database.executemany("INSERT INTO missed VALUES (?, ?, ?, ?)", rows)
        for folder, files in database.execute(
            "SELECT folder, COUNT(DISTINCT uri) FROM missed WHERE folder IS NOT NULL GROUP BY folder"
        ).fetchall():
            self._keep(folder, f"{self._states[folder]}, and {_rows_of(files)}. Is a disk not mounted?", True)
        database.execute(_GONE, (self._may_go(root),))

    def may_have_moved(self, uri: str) -> bool:
        """Whether a file that is gone was taken away from where it was, and not its disk with it.

        A folder that is empty now, unreadable, or a link to nowhere may be a disk that is not mounted: a copy
        of the file that is found elsewhere says nothing then. A folder that is gone itself was renamed or
        removed, if there are files in the folder that it was in.
        """
        if _within(uri, self._empty):
            return True
        folder = os.path.dirname(uri)  # noqa: PTH120
        while folder != (above := os.path.dirname(folder)) and not _is_place(folder):  # noqa: PTH120
            folder = above
        return not self._state_of(folder)

    def _state_of(self, folder: str) -> str:
        if folder not in self._states:
            self._states[folder] = _state(folder)
        return self._states[folder]

    def _judged(self, id: str, uri: str, root: str) -> tuple[str, str, str | None, bool]:
        if _within(uri, self._empty):
            return id, uri, None, True
        return id, uri, self._lost_folder(uri, root), False

    def _lost_folder(self, uri: str, root: str) -> str | None:
        """The outermost folder above a file that looks as if a disk were missing; None where all is there."""
        parts = uri[len(root) :].strip("/").split("/")[:-1] if uri != root else []
        folder = root or "/"
        for part in ["", *parts]:
            folder = os.path.join(folder, part) if part else folder  # noqa: PTH118
            if self._state_of(folder):
                return folder
        return None

    def _may_go(self, root: str) -> bool:
        query = "SELECT folder IS NULL AND NOT sure, COUNT(DISTINCT uri) FROM missed GROUP BY 1"
        counts = dict(self._ledger.database.execute(query).fetchall())
        missed, settled = counts.get(1, 0), counts.get(0, 0)
        ((files,),) = self._ledger.database.execute(_FILES, (root,)).fetchall()
        files -= settled
        if self._most or 2 * missed <= files:
            return True
        reason = f"{missed} of its {files} files are gone, more than half, and their rows stay"
        self._keep(root or "/", f"{reason}. If they are to go: prune_most=True, on the command line --yes")
        return False

    def _keep(self, folder: str, reason: str, ask: bool = False) -> None:
        named = printable(folder)
        fix = f" Else: prune_empty=[{named!r}], on the command line --prune-empty {named}" if ask else ""
        self._recorder.warned(named, reason + fix)


def _rows_of(files: int) -> str:
    return f"the rows of {files} file{'s' if files > 1 else ''} from there stay"


def _within(path: str, folders: Sequence[str]) -> bool:
    return any(path == each or path.startswith(each.rstrip("/") + "/") for each in folders)


def _is_place(path: str) -> bool:
    """Whether there is a folder, or a link, which may have been to one."""
    return os.path.isdir(path) or os.path.islink(path)  # noqa: PTH112, PTH114


def _state(folder: str) -> str:
    """What is wrong with a folder that should have files in it, in words; "" where it has some."""
    if not os.path.isdir(folder):  # noqa: PTH112
        if os.path.islink(folder):  # noqa: PTH114
            return f"is a link to {printable(os.readlink(folder))}, which is not there"  # noqa: PTH115
        return "is a folder no more" if os.path.lexists(folder) else "is gone"
    problem = False
    for found in Walker(lambda _: False).walk(folder, lambda _: True):
        if not isinstance(found, IngestProblem):
            return ""
        problem = True
    return "cannot be read" if problem else "is empty"


def trouble_with(folder: str) -> str | None:
    """Why a folder has no file in it, as far as can be seen, in words; None where it has one."""
    return _state(folder) or None


def trouble_with_link(path: str) -> str | None:
    """What is wrong with a link that leads nowhere and whose name is not that of a known kind of file."""
    if not os.path.islink(path) or os.path.exists(path) or _is_name_of_file(path):  # noqa: PTH110, PTH114
        return None
    return _state(path)


def _is_name_of_file(path: str) -> bool:
    """Whether a name ends as files of a known kind do; folders are called "My.Disk" and "trip.2023" too."""
    ending = Path(path).suffix.lower()
    known = ending in _NOTES or ending in NOT_NOTES or ending in Image.registered_extensions()
    # Types of Python's own, the same on every machine.
    return known or MimeTypes().guess_type(f"file{ending}")[0] is not None


def vanished(uri: str) -> bool:
    """Whether a local file is gone, or a folder now; what cannot be looked at may be there."""
    if not os.path.isabs(uri):  # noqa: PTH117
        return False
    try:
        found = Path(uri).lstat()
        return S_ISDIR(found.st_mode) or os.path.isdir(uri)  # noqa: PTH112
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
