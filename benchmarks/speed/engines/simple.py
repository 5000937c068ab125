"""What the peers have in common: texts and pictures, and nothing else. Imports the standard library."""

from collections.abc import Sequence
from typing import Any

from benchmarks.speed.engines import Work


class Simple:
    """An engine with one method for texts and one for the paths of pictures."""

    def facts(self) -> dict[str, Any]:
        return {"dtype": "float32", "device": "cpu"}

    def texts(self, texts: Sequence[str]) -> Any:
        raise NotImplementedError

    def pictures(self, paths: Sequence[str]) -> Any:
        raise NotImplementedError

    def prepare(self, call: str, items: Sequence[str], **options: Any) -> Work:
        method = {"texts": self.texts, "pictures": self.pictures}[call]

        def work() -> None:
            if len(method(items)) != len(items):
                raise ValueError(f"{call}: expected {len(items)} vectors")

        return work
