"""What a Ray job stores in and counts with: one server for all workers, and a report."""

from pathlib import Path
from typing import Any

import chromadb
import httpx
import pytest

from clip_embeddings import CLIPEmbedder, StoreError
from ray_clip_embeddings import RowFailure
from ray_clip_embeddings.report import Tally
from ray_clip_embeddings.server import Server

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ray")


def test_a_server_that_comes_back_is_asked_again(
    server: tuple[str, int], unused: str, tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Server(unused, *server, False, (), 60.0, tiny.fingerprint)
    place.prepare(tiny)
    asked: list[int] = []
    get = chromadb.Collection.get

    def away_at_first(self: chromadb.Collection, **arguments: Any) -> Any:
        asked.append(1)
        if len(asked) < 4:
            raise httpx.ConnectError("connection refused")
        return get(self, **arguments)

    monkeypatch.setattr(chromadb.Collection, "get", away_at_first)
    assert place.stored(["text:absent"]) == set()
    assert len(asked) == 4


def test_a_collection_that_was_replaced_meanwhile_is_not_written_to(
    server: tuple[str, int], unused: str, tiny: CLIPEmbedder
) -> None:
    place = Server(unused, *server, False, (), 60.0, "another fingerprint")
    place.prepare(tiny)
    with pytest.raises(StoreError, match=f"{tiny.fingerprint} now: something has replaced it"):
        place.stored(["text:absent"])


def test_every_failure_is_counted_and_the_first_thousand_are_kept(tmp_path: Path) -> None:
    with Tally.writing_to(tmp_path / "failures.jsonl") as tally:
        for number in range(1200):
            tally.add({"outcome": "failed", "count": 1, "path": f"{number}.png", "reason": "empty"})
        tally.add({"outcome": "images", "count": 7, "path": None, "reason": None})
    assert (tally.report.failed, len(tally.report.failures)) == (1200, 1000)
    assert tally.report.failures[0] == RowFailure("0.png", "empty")
    assert len((tmp_path / "failures.jsonl").read_text(encoding="utf-8").splitlines()) == 1200
    assert str(tally.report).startswith("7 pictures and 0 texts added, 0 already there, 1200 failed")
