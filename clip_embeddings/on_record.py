"""Which model a collection's vectors are of, as every store has it on record: written, read, compared.

Where nothing is on record, the vectors themselves are looked at. Device, dtype and batch size are never part
of a record; a calibration is, whole. Imports the embedder.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from clip_embeddings.calibration import ModalityCalibration
from clip_embeddings.embedder import CLIPEmbedder
from clip_embeddings.errors import FingerprintMismatchError, InvalidInputError
from clip_embeddings.ingestion.store import Metadata, Stored

FINGERPRINT = "fingerprint"
"""Key of the vectors' fingerprint in a record, where a store keeps it there."""
_KNOWN = {"model_name", "revision", "text_model", "truncate_dim", "long_text", "calibration"}
_SAME = 0.98  # cosine of a text with itself, embedded twice
_FIX = "Open it with the model it was made with, or ingest into a new collection"


def record_of(embedder: CLIPEmbedder) -> dict[str, Any]:
    """What is put on record of an embedder, the fingerprint aside; JSON can hold it."""
    identity = embedder.portable_config.identity()
    calibration = embedder.config.calibration
    if isinstance(calibration, ModalityCalibration):  # left out where there is none
        identity["calibration"] = calibration.to_record()
    return {"model_name": identity.pop("model"), **identity}


def settings_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record as arguments, the model's name under "model_name".

    Raises:
        InvalidInputError: it is of a later version, or names no model.
    """
    if unknown := sorted(record.keys() - _KNOWN - {FINGERPRINT}):
        raise InvalidInputError(f"{', '.join(unknown)} is of a later version; upgrade clip-embeddings")
    known = {key: record[key] for key in _KNOWN if record.get(key) is not None}
    if "model_name" not in known:
        raise InvalidInputError("it names no model")
    if "calibration" in known:
        known["calibration"] = ModalityCalibration.from_record(known["calibration"])
    return known


def embedder_on_record(record: Mapping[str, Any]) -> CLIPEmbedder:
    """The embedder that a record is of; nothing is loaded.

    Raises:
        InvalidInputError: the record cannot be used.
    """
    settings = settings_of(record)
    return CLIPEmbedder(settings.pop("model_name"), **settings)


def as_recorded(embedder: CLIPEmbedder, record: Mapping[str, Any]) -> CLIPEmbedder:
    """A raw embedder with the calibration that is on record of its model; any other as it is.

    Raises:
        InvalidInputError: the record cannot be used.
    """
    calibration = settings_of(record).get("calibration")
    if calibration is None or embedder.config.calibration is not None:
        return embedder
    return embedder.with_calibration(calibration) if embedder.matches_model(calibration.model) else embedder


def resolved(embedder: CLIPEmbedder) -> CLIPEmbedder:
    """With the calibration itself in place of its name, so that a bad name is an error here and now."""
    if embedder.config.calibration is None or isinstance(embedder.config.calibration, ModalityCalibration):
        return embedder
    return embedder.with_calibration(embedder.calibration)


def for_collection(embedder: CLIPEmbedder) -> CLIPEmbedder:
    """The embedder as it can stand behind a collection.

    Raises:
        InvalidInputError: its vectors are not of unit length (normalize=False).
    """
    if not embedder.config.normalize:
        raise InvalidInputError(
            "normalize: the embedder has normalize=False; a collection is for vectors of unit length. "
            "Make one without it"
        )
    return resolved(embedder)


def described(record: Mapping[str, Any]) -> str:
    """A record in words: "calibration=2f7413114bd150b9, model_name=tiny"."""
    short = {
        key: value.get("id", "unreadable") if key == "calibration" and isinstance(value, dict) else value
        for key, value in record.items()
    }
    shown = sorted((key, value) for key, value in short.items() if key != FINGERPRINT and value is not None)
    return ", ".join(f"{key}={value}" for key, value in shown)


def refuse_other(
    name: str,
    record: Mapping[str, Any],
    fingerprints: Sequence[object],
    embedder: CLIPEmbedder,
    *,
    recalibrate: str = "",
) -> None:
    """Refuse an embedder whose vectors cannot be compared with those of a collection.

    Args:
        name: what the collection is called in the message: "collection 'photos'".
        record: what it has, without fingerprints; compared where there are none.
        recalibrate: what the message advises where the calibration alone differs.
    Raises:
        FingerprintMismatchError: names both models.
    """
    stored = {key: value for key, value in record.items() if key != FINGERPRINT}
    ours = record_of(for_collection(embedder))
    others = [each for each in fingerprints if not embedder.matches(each)]
    if not others and (fingerprints or stored == ours):
        return
    holds = _named(stored, others[0] if others else None)
    fix = recalibrate if recalibrate and _raw(stored) == _raw(ours) and stored != ours else _FIX
    raise FingerprintMismatchError(
        f"{name} holds vectors of {holds}; got {_named(ours, embedder.fingerprint)}. {fix}"
    )


class Finding(NamedTuple):
    """What a look at stored rows has shown.

    Attributes:
        problem: why they are not of the model, in words; "" where nothing speaks against it.
        compared: whether a text was embedded again and had its own vector.
    """

    problem: str
    compared: bool


def look_at(rows: Stored, embedder: CLIPEmbedder, *, longest: int | None = None) -> Finding:
    """Compare stored vectors with the embedder's, where nothing is on record of them.

    Their length is compared, and those of some texts.

    Args:
        rows: some of a collection, with their vectors.
        longest: characters of a text that is embedded again; None takes any.
    """
    stored = np.zeros((0, 0), np.float32) if rows.vectors is None else rows.vectors  # (n, D)
    if not stored.size:
        return Finding("", False)
    if stored.shape[1] != embedder.dimension:
        return Finding(f"their length is {stored.shape[1]}, not {embedder.dimension}", False)
    texts = [
        place
        for place, (text, metadata) in enumerate(zip(rows.documents, rows.metadatas, strict=True))
        if text and (longest is None or len(text) <= longest) and _is_text(metadata)
    ]
    lengths = np.linalg.norm(stored[texts], axis=1, keepdims=True)
    if not texts or not lengths.all():
        return Finding("", False)
    ours = embedder.embed_texts([rows.documents[place] for place in texts])
    cosine = float((stored[texts] / lengths * ours).sum(axis=1).max())
    if cosine < _SAME:
        return Finding(f"a stored text has cosine {cosine:.3f} with its own vector", True)
    return Finding("", True)


def _is_text(metadata: Metadata) -> bool:
    """By its mark; without one, by having no file."""
    return bool(metadata.get("modality", "image" if "uri" in metadata else "text") == "text")


def _raw(record: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key != "calibration"}


def _named(record: Mapping[str, Any], fingerprint: object) -> str:
    how = described(record) + ("" if "calibration" in record else ", raw (no calibration)")
    return f"{how} (fingerprint {fingerprint or 'not recorded'})"
