"""Where a Chroma store is, for another process to open it too. Imports chromadb and the Chroma adapter."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import chromadb
from chromadb.api import ClientAPI
from chromadb.api.client import Client
from chromadb.config import Settings

from chroma_clip_embeddings.client.connection import store_errors
from chroma_clip_embeddings.client.read_only import origin_of, place_of, refuse_writes
from clip_embeddings import StoreError

_SERVER = "chromadb.api.fastapi.FastAPI"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a client's store is.

    Attributes:
        settings: what was set of Chroma's settings, credentials included, and so not shown.
        tenant, database: of the client.
        folder: whole path of a store in a folder.
        unusable: why there is no opening it again, in words; None where there is.
    """

    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)
    tenant: str = ""
    database: str = ""
    folder: str | None = None
    unusable: str | None = None

    @classmethod
    def of(cls, client: ClientAPI) -> "Address":
        """Where an open client's store is."""
        if type(client) is not Client:
            return cls(unusable=f"was given a client of its own ({type(client).__qualname__})")
        settings = client._system.settings
        on_server = settings.chroma_api_impl == _SERVER
        if not on_server and not settings.is_persistent:
            return cls(unusable="is in memory")
        was_set = {name: getattr(settings, name) for name in sorted(settings.model_fields_set)}
        folder = None if on_server else os.path.abspath(settings.persist_directory)  # noqa: PTH100
        folder = folder and (origin_of(folder) or folder)
        return cls(was_set, client.tenant, client.database, folder)

    def check(self, name: str) -> None:
        """Raise StoreError if there is no opening it again."""
        if self.unusable:
            raise StoreError(
                f"the store of collection {name!r} {self.unusable}, so no other process can open it. Make it "
                'with persist_directory="folder", or with host= and port= of a server'
            )

    def open(self) -> ClientAPI:
        """A client of the store, sharing what this process has open of it.

        Raises:
            StoreError: the folder is not there, or the server does not answer.
        """
        settings, place = dict(self.settings), self.folder
        if self.folder is not None:
            if not Path(self.folder).is_dir():
                raise StoreError(f"the store's folder {self.folder!r} is not on this machine")
            # By its name of then where that leads to it: by two names, Chroma has it open twice, and searches
            # through one do not see what the other removed.
            if os.path.abspath(settings["persist_directory"]) != self.folder:  # noqa: PTH100
                settings["persist_directory"] = self.folder
            place = place_of(self.folder)
            if place != self.folder:
                settings["persist_directory"] = place
        where = self.folder or f"{settings['chroma_server_host']}:{settings.get('chroma_server_http_port')}"
        with store_errors(f"open the store at {where} again", "Is it there, and is its server running?"):
            client = chromadb.Client(Settings(**settings), tenant=self.tenant, database=self.database)
            if self.folder is not None and place != self.folder:
                refuse_writes(client, self.folder)
            return client
