"""Small text models that stand in for a CLIP's own text tower, in both layouts that real ones have."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from families import vocabularies as words
from numpy.typing import NDArray
from reference import randomised
from safetensors.torch import save_file


def sentence_transformer(
    folder: Path, dimension: int, *, seed: int = 0, pooling: str = "mean", pickled: bool = False
) -> Path:
    """DistilBERT, pooling, a dense layer without bias, as clip-ViT-B-32-multilingual-v1 lies."""
    folder.mkdir(parents=True)
    config = transformers.DistilBertConfig(vocab_size=600, dim=32, hidden_dim=64, n_layers=2, n_heads=4)
    randomised(transformers.DistilBertModel(config), seed).save_pretrained(folder)
    words.bert(folder)
    tokenizer = {"tokenizer_class": "DistilBertTokenizer", "do_lower_case": False, "model_max_length": 512}
    _write(folder / "tokenizer_config.json", tokenizer)
    _write(folder / "sentence_bert_config.json", {"max_seq_length": 128, "do_lower_case": False})
    package = "sentence_transformers.models"
    modules = [("Transformer", ""), ("Pooling", "1_Pooling"), ("Dense", "2_Dense")]
    _write(folder / "modules.json", [
        {"idx": place, "name": str(place), "path": path, "type": f"{package}.{kind}"}
        for place, (kind, path) in enumerate(modules)
    ])  # fmt: skip
    (folder / "1_Pooling").mkdir()
    flags = {"pooling_mode_cls_token": pooling == "cls", "pooling_mode_mean_tokens": pooling == "mean"}
    _write(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": 32, **flags})
    (folder / "2_Dense").mkdir()
    activation = "torch.nn.modules.linear.Identity"
    sizes = {"in_features": 32, "out_features": dimension, "bias": False}
    _write(folder / "2_Dense" / "config.json", {**sizes, "activation_function": activation})
    torch.manual_seed(seed)
    weights = {"linear.weight": torch.randn(dimension, 32)}
    if pickled:
        torch.save(weights, folder / "2_Dense" / "pytorch_model.bin")
    else:
        save_file(weights, folder / "2_Dense" / "model.safetensors")
    return folder


def m_clip(folder: Path, dimension: int) -> Path:
    """A pickle of transformer and linear layer under names of their own, as M-CLIP's lie."""
    folder.mkdir(parents=True)
    words.xlm_roberta(folder)
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "XLMRobertaTokenizer", "pad_token": "<pad>", "model_max_length": 512})
    )
    model = randomised(transformers.XLMRobertaModel(m_clip_config()), 3).eval()
    torch.manual_seed(3)
    weights = {f"transformer.{name}": tensor for name, tensor in model.state_dict().items()}
    weights |= {
        "LinearTransformation.weight": torch.randn(dimension, 128),
        "LinearTransformation.bias": torch.randn(dimension),
    }
    torch.save(weights, folder / "pytorch_model.bin")
    config = {"model_type": "M-CLIP", "modelBase": "xlm-roberta-large", "numDims": dimension}
    _write(
        folder / "config.json",
        {**config, "transformerDimensions": 128, "architectures": ["MultilingualCLIP"]},
    )
    return folder


def m_clip_config() -> Any:
    return transformers.XLMRobertaConfig(
        vocab_size=600, hidden_size=128, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=66, type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=1,
    )  # fmt: skip


def m_clip_reference(folder: Path, texts: list[str]) -> NDArray[np.float32]:
    """What M-CLIP's own class computes: the mean over a text's tokens, then its linear layer."""
    weights = torch.load(folder / "pytorch_model.bin", weights_only=True)
    model = randomised(transformers.XLMRobertaModel(m_clip_config()), 3).eval()
    inner = {name.removeprefix("transformer."): value for name, value in weights.items()}
    model.load_state_dict({name: inner[name] for name in model.state_dict()})
    make: Any = transformers.PreTrainedTokenizerFast
    given = make.from_pretrained(folder, pad_token="<pad>")(texts, padding=True, return_tensors="pt")
    mask = given["attention_mask"]
    with torch.inference_mode():
        states = model(input_ids=given["input_ids"], attention_mask=mask).last_hidden_state
        pooled = (states * mask.unsqueeze(2)).sum(1) / mask.sum(1)[:, None]
        linear = pooled @ weights["LinearTransformation.weight"].T + weights["LinearTransformation.bias"]
    rows: NDArray[np.float32] = torch.nn.functional.normalize(linear, dim=-1).numpy()
    return rows


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content))
