"""Every model once in a process: whoever asks for the same one gets the same encoder. Imports torch."""

from clip_embeddings.forking import FreeLock
from clip_embeddings.models.encoder import Encoder
from clip_embeddings.models.model import Model
from clip_embeddings.models.running.device import choose_device, choose_dtype

_LOADED: dict[tuple[object, ...], Encoder] = {}
_LOADING = FreeLock()


def load_encoder(model: Model, *, device: str = "auto", dtype: str = "auto") -> Encoder:
    """Load a model, once for each identity, device and dtype in this process.

    Raises:
        ModelLoadError: not a family we know, or damaged files.
        InvalidInputError: the device is not on this machine.
    """
    place = choose_device(device)
    precision = choose_dtype(dtype, place)
    model.check_unchanged()
    # A preprocessor or a tokenizer that is written anew makes other vectors, as weights do.
    key = (type(model), model.stamps, place, precision)
    with _LOADING:
        if key not in _LOADED:
            _LOADED[key] = model.load(place, precision)
        return _LOADED[key]
