"""A model of sentence-transformers from its files alone. Imports torch, and that library inside."""

from typing import TYPE_CHECKING, Any

import torch
from safetensors import safe_open
from tokenizers import Tokenizer

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.models.families import FAMILIES
from clip_embeddings.models.transformers.files import ModelFiles
from clip_embeddings.models.transformers.loading import detach_from_file
from clip_embeddings.models.transformers.tokenizer import load_tokenizer, quiet
from clip_embeddings.similarity import ScoreFunction

if TYPE_CHECKING:
    from clip_embeddings.models.sentence_transformers.files import SentenceTransformersFiles

_SCALE = 20.0


def loaded(files: "SentenceTransformersFiles", device: torch.device, dtype: torch.dtype) -> Any:
    """The model, without any code of its own.

    Raises:
        ModelLoadError: the library cannot load it, or it does not take both texts and pictures.
    """
    try:
        from sentence_transformers import SentenceTransformer

        with quiet():
            model: Any = SentenceTransformer(
                str(files.folder),
                device=str(device),
                trust_remote_code=False,
                local_files_only=True,
                model_kwargs={"dtype": dtype, "use_safetensors": True},
            )
    except Exception as error:  # of many kinds: what the files hold may come from anybody
        own = "it needs code of its own, which is never run here" if "trust_remote_code" in str(error) else ""
        raise ModelLoadError(
            f"model {files.model!r}: {own or 'sentence-transformers cannot load it'} "
            f"({str(error).strip():.300})"
        ) from error
    if lacks := [name for name in ("text", "image") if not model.supports(name)]:
        takes = ", ".join(str(each) for each in model.modalities)
        raise ModelLoadError(
            f"model {files.model!r} takes {takes}, not {' and '.join(lacks)}; expected one that embeds text "
            "and pictures"
        )
    if device.type == "cpu":
        detach_from_file(model)
    model.truncate_dim = None  # vectors are cut, and made of unit length again, by the embedder
    return model.eval()


def tokenizer_of(files: "SentenceTransformersFiles", tokenizer: Any) -> Tokenizer:
    """A copy of the model's tokenizer to count with; for one that is not of the tokenizers library, its twin.

    Raises:
        ModelLoadError: it has none.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if isinstance(backend, Tokenizer):
        return Tokenizer.from_str(backend.to_str())
    path = files.modules[0].path
    family = FAMILIES.get(str(files.json(f"{path}/config.json" if path else "config.json").get("model_type")))
    folder = files.folder / path
    if family:
        twin = load_tokenizer(ModelFiles(files.model, folder, folder, None), family.tokenizer)
        return Tokenizer.from_str(twin.backend_tokenizer.to_str())
    if not (folder / "tokenizer.json").is_file():
        raise ModelLoadError(f"model {files.model!r} has no tokenizer.json, which texts are counted by")
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


def scoring_of(files: "SentenceTransformersFiles", config: Any) -> ScoreFunction:
    """By the scale that the weights have, for a family that learnt one; else one that is not learnt.

    Source: `MultipleNegativesRankingLoss` of sentence-transformers, whose scale is 20 unless said otherwise.
    """

    def number(name: str, otherwise: float | None = None) -> float:
        for path in files.weights():
            with safe_open(path, "pt") as weights:
                if name in weights.keys():  # noqa: SIM118 - not a mapping
                    return float(weights.get_tensor(name))
        if otherwise is None:
            raise KeyError(name)
        return otherwise

    family = FAMILIES.get(config.model_type)
    try:
        return family.scoring(number, config) if family else ScoreFunction("softmax", _SCALE)
    except KeyError:
        return ScoreFunction("softmax", _SCALE)
