"""What an error of the hub's client means. Imports huggingface_hub inside functions.

The client raises errors of its own and those of its HTTP library, which differs from release to release.
"""

import errno
from enum import Enum, auto

_NO_PLACE = {errno.ENOSPC, errno.EACCES, errno.EPERM, errno.EROFS, errno.EDQUOT, errno.EEXIST, errno.ENOTDIR}
_CLIENTS = ("huggingface_hub", "httpx", "httpx2", "httpcore", "httpcore2", "requests", "urllib3", "hf_xet")
_UNAVAILABLE = (408, 429, 500, 502, 503, 504)


class BrokenOff(Exception):
    """A download ended before its end."""


class Trouble(Enum):
    """Why a model did not come from the hub."""

    GATED = auto()
    NO_REVISION = auto()
    UNKNOWN = auto()
    TOKEN = auto()
    REFUSED = auto()
    BROKE_OFF = auto()
    NO_PLACE = auto()
    TURNED_OFF = auto()
    AWAY = auto()


OUT_OF_REACH = (Trouble.AWAY, Trouble.TURNED_OFF)
"""Nothing was learnt of the model, so what the cache has of it is all there is to go by."""


def trouble_of(error: Exception) -> Trouble | None:
    """What kind of trouble it is; None where it is none with the hub."""
    from huggingface_hub import errors

    kinds: tuple[tuple[type[BaseException], Trouble], ...] = (
        (errors.OfflineModeIsEnabled, Trouble.TURNED_OFF),
        (errors.GatedRepoError, Trouble.GATED),
        (errors.RevisionNotFoundError, Trouble.NO_REVISION),
        (errors.RepositoryNotFoundError, Trouble.UNKNOWN),
        (BrokenOff, Trouble.BROKE_OFF),
    )
    for kind, trouble in kinds:
        if isinstance(error, kind):
            return trouble
    if isinstance(error, errors.HfHubHTTPError):
        status = getattr(error.response, "status_code", None)
        if status == 401:
            return Trouble.TOKEN
        return Trouble.AWAY if status is None or status in _UNAVAILABLE else Trouble.REFUSED
    if isinstance(error, OSError) and error.errno in _NO_PLACE:
        return Trouble.NO_PLACE
    foreign = type(error).__module__.partition(".")[0] in _CLIENTS
    return Trouble.AWAY if foreign or isinstance(error, OSError | TimeoutError) else None
