"""What a user types for a model of open_clip -> a folder, or a repository on the hub.

Four forms: "open_clip:ARCHITECTURE/TAG" as in open_clip's own table, "open_clip:FOLDER", and open_clip's
own "hf-hub:ORGANISATION/REPOSITORY" and "local-dir:FOLDER".

Imports errors, assets and, once for each name of its table, open_clip.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.models.hub.assets import key_of, read_note, write_note
from clip_embeddings.models.open_clip.extra import needed, releases

OURS, HUB, FOLDER = "open_clip:", "hf-hub:", "local-dir:"
_PREFIXES = (OURS, HUB, FOLDER)
_KIND = "open_clip"
_PICTURES = ("mean", "std", "interpolation", "resize_mode")


@dataclass(frozen=True, slots=True)
class OpenClipName:
    """Where a model of open_clip lies.

    Attributes:
        folder: on this machine; None if it is on the hub.
        repository: its id on the hub; "" for a folder.
        weights: the file of its weights where the table names one, else "".
        pictures: how the table says that pictures are prepared, where the repository's config does not.
    """

    folder: Path | None
    repository: str = ""
    weights: str = ""
    pictures: Mapping[str, Any] = field(default_factory=dict)


def parted(model: str) -> tuple[str, str]:
    """The prefix that makes a name one of open_clip, and the rest; ("", model) for any other name."""
    prefix = next((prefix for prefix in _PREFIXES if model.startswith(prefix)), "")
    return prefix, model[len(prefix) :]


def place_of(model: str) -> OpenClipName | None:
    """Where the model is that a name with a prefix means; None for a name without one.

    Raises:
        ModelLoadError: no such folder, or nothing in open_clip's table; open_clip is not installed.
    """
    prefix, rest = parted(model)
    if not prefix:
        return None
    folder = Path(rest).expanduser()
    if prefix != HUB and rest and folder.is_dir():
        return OpenClipName(folder.resolve())
    if prefix == FOLDER or not rest:
        raise ModelLoadError(f"model {model!r}: no such folder; expected one with open_clip_config.json")
    if prefix == HUB:
        return OpenClipName(None, rest)
    return _entry(model, rest)


def _entry(model: str, name: str) -> OpenClipName:
    """The row of open_clip's table, noted for its release: importing it takes seconds."""
    key = key_of("entry", name, *releases())
    noted = read_note(_KIND, key)
    try:
        return OpenClipName(None, str(noted["repository"]), str(noted["weights"]), dict(noted["pictures"]))
    except (KeyError, TypeError, ValueError):  # not noted, or by another release of ours
        row = _looked_up(model, name)
    # "ORGANISATION/REPOSITORY/FILE", with the file left out where it has the usual name.
    repository, _, weights = str(row["hf_hub"]).rpartition("/")
    pictures = {key: row[key] for key in _PICTURES if key in row}
    note = {"name": name, "repository": repository, "weights": weights, "pictures": pictures}
    write_note(_KIND, key, note)
    return OpenClipName(None, repository, weights, pictures)


def _looked_up(model: str, name: str) -> dict[str, Any]:
    with needed(model):
        from open_clip import pretrained as table
    architecture, _, tag = name.rpartition("/")
    architecture = (architecture or tag).replace("/", "-")  # as open_clip reads "ViT-B/32"
    entry: dict[str, Any] = table.get_pretrained_cfg(architecture, tag)
    if not entry:
        raise ModelLoadError(f"Unknown model {model!r}: {_known(architecture, name, table)}")
    if not entry.get("hf_hub"):
        raise ModelLoadError(
            f"model {model!r} is not on the hub: open_clip has it at a web address alone "
            f"({entry.get('url')}). Load it with open_clip, write it into a folder with "
            "open_clip.push_to_hf_hub.save_for_hf, and name that folder"
        )
    return entry


def _known(architecture: str, name: str, table: Any) -> str:
    """What open_clip has instead."""
    if tags := table.list_pretrained_tags_by_model(architecture):
        return f"open_clip has {architecture} with {', '.join(tags)}"
    names = ["/".join(pair) for pair in table.list_pretrained()]
    close = get_close_matches(name, names, n=3)
    hint = f"did you mean {' or '.join(repr(OURS + each) for each in close)}? " if close else ""
    return (
        f"{hint}expected {OURS}ARCHITECTURE/TAG as in open_clip.list_pretrained(), "
        f"{HUB}ORGANISATION/REPOSITORY, or a folder with open_clip_config.json"
    )


def from_anywhere(model: str) -> str:
    """A name with a prefix as it means the same in any working folder."""
    prefix, rest = parted(model)
    folder = Path(rest).expanduser()
    return f"{prefix}{folder.absolute()}" if prefix != HUB and rest and folder.is_dir() else model
