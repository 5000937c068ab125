"""Files of rows as resources, where they lie below the roots. Imports the SDK's types and the core."""

from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, unquote

from mcp_types import (
    BlobResourceContents,
    ReadResourceResult,
    ResourceLink,
    ResourceTemplate,
    TextResourceContents,
)

from clip_embeddings.context import Source, one_line
from clip_embeddings.errors import InvalidInputError
from clip_embeddings.ingestion.read.local import UnusableFile, read_file
from clip_embeddings.stores.collection import row_of
from clip_embeddings_app.files import files_of, media_type_of
from clip_embeddings_app.library import Library

_BEFORE = "clip-embeddings://rows/"  # a host of its own: some clients write one in small letters
TEMPLATE = ResourceTemplate(
    uri_template=_BEFORE + "{collection}/{id}",
    name="original",
    title="The file of a result",
    description=(
        "The whole file that a row was made of, as it is on the disk now. `search` and `similar` give the "
        "address of each as `original`."
    ),
)


class Originals:
    """What may be read: files that rows name, below some folders."""

    def __init__(self, library: Library, roots: Sequence[Path]) -> None:
        self._library, self._roots = library, roots

    def link(self, collection: str, source: Source) -> ResourceLink | None:
        """The address of a row's file; None where it has none that may be read."""
        path = next(files_of(source, self._roots), None)
        if path is None or not source.id:
            return None
        uri = f"{_BEFORE}{_quoted(collection)}/{_quoted(source.id)}"
        return ResourceLink(uri=uri, name=one_line(path.name), mime_type=media_type_of(path))

    def read(self, uri: str) -> ReadResourceResult:
        """A file.

        Raises:
            InvalidInputError: no such address or row, or its file may not be read.
            StoreError: the store does not answer.
        """
        collection, id = _parts(uri)
        source = self._library.ask(self._library.chosen(collection), lambda found: row_of(found, id))
        path = next(files_of(source, self._roots), None)
        if path is None:
            raise InvalidInputError(f"the row {id!r:.100} has no file in the folders that may be read")
        try:
            content = read_file(path)
        except UnusableFile as error:
            raise InvalidInputError(f"the file of the row {id!r:.100} cannot be read: {error}") from error
        return ReadResourceResult(contents=[_contents(uri, content, media_type_of(path))])


def _parts(uri: str) -> tuple[str, str]:
    collection, slash, id = uri.removeprefix(_BEFORE).partition("/")
    if not uri.startswith(_BEFORE) or not collection or not slash or not id:
        raise InvalidInputError(
            f"{uri!r:.200} is no address of a file here; expected {TEMPLATE.uri_template}"
        )
    return unquote(collection), unquote(id)


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="replace")


def _contents(uri: str, content: bytes, kind: str) -> TextResourceContents | BlobResourceContents:
    if kind.startswith("text/"):
        try:
            return TextResourceContents(uri=uri, text=content.decode(), mime_type=kind)
        except UnicodeDecodeError:  # in another encoding: as it is
            pass
    return BlobResourceContents(uri=uri, blob=b64encode(content).decode(), mime_type=kind)
