"""What a hub in trouble does to a request: answers late, slowly, wrongly, in part, or not at all."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase


@dataclass
class Fault:
    """Trouble with some requests; what is left out goes as usual.

    Args:
        repository: id of the repository, or a pattern of ids.
        path: end of the paths it is about ("model.safetensors", "revision/main"), or a pattern of them.
        method: "GET" or "HEAD"; None: both.
        times: how many requests it hits; None: all of them.
        status: answer with this error (500, 429) and nothing else.
        headers: of that answer, such as Retry-After.
        wait: seconds before the answer.
        rate: bytes of the body in a second.
        die_after: the connection closes after so many bytes of the body.
        reset: and it closes with a reset, not with an end.
        silent: the answer never comes.
    """

    repository: str = "*"
    path: str = "*"
    method: str | None = None
    times: int | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0.0
    rate: float | None = None
    die_after: int | None = None
    reset: bool = False
    silent: bool = False

    def hits(self, method: str, repository: str, path: str) -> bool:
        # A HEAD has no body that could die or be slow.
        bodiless = method == "HEAD" and (self.rate is not None or self.die_after is not None)
        ending = path.endswith("/" + self.path) or fnmatchcase(path, self.path)
        return (
            self.times != 0
            and self.method in {None, method}
            and not bodiless
            and fnmatchcase(repository, self.repository)
            and ending
        )


class Faults:
    """The faults that are switched on; the first one that fits a request hits it."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> Fault:
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self, faults: Iterable[Fault] | None = None) -> None:
        with self._lock:
            gone = self._faults if faults is None else [*faults]
            self._faults = [fault for fault in self._faults if fault not in gone]

    def take(self, method: str, repository: str, path: str) -> Fault:
        with self._lock:
            for fault in self._faults:
                if fault.hits(method, repository, path):
                    if fault.times is not None:
                        fault.times -= 1
                    return fault
        return Fault()
