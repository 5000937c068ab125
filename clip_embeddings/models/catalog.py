"""Models that people choose, one row each. Data alone; imports nothing heavy.

Facts are those of the models' own files and cards; what is not known stays empty.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clip_embeddings.models.tiny import WEIGHTS


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """What is known of a model before it is loaded.

    Attributes:
        name: what a user types.
        source: hub id, or the folder of a bundled model.
        dimension: length of its vectors.
        languages: what its text tower was trained on.
        license: SPDX name; "" where it is not known.
        notes: one sentence: what it is for.
        edge: pixels of the square that pictures become; None where it is not known or pictures keep their
            proportions.
        context: tokens of a text that it reads.
        megabytes: what is downloaded, weights mostly; None where it is not known.
        beside: for a text model, the model whose text tower it stands in for (`text_model=`).
    """

    name: str
    source: str
    dimension: int
    languages: str
    license: str
    notes: str
    edge: int | None = 224
    context: int | None = 77
    megabytes: int | None = None
    beside: str = ""

    @property
    def bundled(self) -> bool:
        return Path(self.source).is_absolute()


B32 = "openai/clip-vit-base-patch32"
LAION = "laion/CLIP-ViT-B-32-laion2B-s34B-b79K"


def _hub(name: str, dimension: int, languages: str, license: str, notes: str, **more: Any) -> ModelSpec:
    return ModelSpec(name, name, dimension, languages, license, notes, **more)


_SIGLIP = "Apache-2.0"
_ROWS = (
    ModelSpec("tiny", str(WEIGHTS), 128, "en, ko", "Apache-2.0", "Bundled; drawn scenes, not photographs.",
              edge=96, megabytes=0),
    _hub(B32, 512, "en", "", "The default: English on a laptop.", megabytes=605),
    _hub("openai/clip-vit-base-patch16", 512, "en", "", "Finer patches; slower."),
    _hub("openai/clip-vit-large-patch14", 768, "en", "", "English, more accurate and slower.",
         megabytes=1710),
    _hub("openai/clip-vit-large-patch14-336", 768, "en", "", "The same with larger pictures.", edge=336),
    _hub(LAION, 512, "en", "MIT", "The default of Chroma's and LangChain's OpenCLIP.",
         megabytes=605),
    _hub("wkcn/TinyCLIP-ViT-8M-16-Text-3M-YFCC15M", 512, "en", "", "Very small, for weak machines.",
         megabytes=94),
    _hub("patrickjohncyh/fashion-clip", 512, "en", "MIT", "Photos of clothes and goods."),
    _hub("google/siglip-base-patch16-256-multilingual", 768, "many", _SIGLIP, "A hundred languages, base.",
         edge=256, context=64, megabytes=1480),
    _hub("google/siglip-so400m-patch14-384", 1152, "en", _SIGLIP, "English, accurate and slow.", edge=384,
         context=64, megabytes=3510),
    _hub("google/siglip2-base-patch16-224", 768, "many", _SIGLIP, "A hundred languages, Korean too.",
         context=64),
    _hub("google/siglip2-so400m-patch14-384", 1152, "many", _SIGLIP, "The same, most accurate and slow.",
         edge=384, context=64, megabytes=4540),
    _hub("google/siglip2-base-patch16-naflex", 768, "many", _SIGLIP,
         "Pictures in their own proportions: documents, screens, strips.", edge=None, context=64),
    _hub("facebook/metaclip-2-worldwide-b32", 512, "many", "", "CLIP trained on the whole world's texts."),
    _hub("facebook/metaclip-2-worldwide-l14", 768, "many", "", "The same, more accurate and slower."),
    _hub("sentence-transformers/clip-ViT-B-32-multilingual-v1", 512, "50+", _SIGLIP,
         "As text_model beside the default: an index of pictures answers other languages.", edge=None,
         context=128, megabytes=539, beside=B32),
    _hub("Bingsu/clip-vit-base-patch32-ko", 512, "ko", "MIT", "Korean on a laptop."),
    _hub("Bingsu/clip-vit-large-patch14-ko", 768, "ko", "", "Korean, more accurate and slower."),
    _hub("koclip/koclip-base-pt", 512, "ko", "", "Korean, on a RoBERTa; pickled weights only.",
         context=None, megabytes=1700),
    _hub("OFA-Sys/chinese-clip-vit-base-patch16", 512, "zh", "", "Chinese; pickled weights only.",
         context=512),
    _hub("BAAI/AltCLIP-m9", 768, "9, ko among them", "CreativeML-OpenRAIL-M", "Nine languages, large.",
         context=512, megabytes=3220),
    _hub("open_clip:RN50/openai", 1024, "en", "", "OpenAI's ResNet CLIP, through open_clip."),
    _hub("open_clip:MobileCLIP2-S0/dfndr2b", 512, "en", "", "Small and quick, through open_clip.", edge=256),
    _hub("open_clip:PE-Core-B-16/meta", 1024, "en", "", "Accurate at base size, through open_clip.",
         context=32),
    _hub("kakaobrain/align-base", 640, "en", "", "EfficientNet and BERT; pickled weights only.", edge=289,
         context=64),
)  # fmt: skip
MODELS: dict[str, ModelSpec] = {row.name: row for row in _ROWS}
"""Models known by name. Any other model of these families loads by hub id or folder too."""
