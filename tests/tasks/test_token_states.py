"""Token states are those that diffusers' pipelines make of the same text encoder."""

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from reference import CLOSE, CONTEXT, DIMENSION, Reference, encoded, stable_diffusion
from transformers import AutoTokenizer, CLIPTextModel, CLIPTextModelWithProjection

from clip_embeddings import CLIPEmbedder, InvalidInputError, TextTooLongError, TruncationWarning, token_states

# Short, empty, in another script, and a word that no tokenizer has whole.
PROMPTS = ["a photo of a cat", "", "고양이가 해변에 있다", "qqqqq"]


@pytest.mark.parametrize("skip", [0, 1, 2])
def test_states_equal_those_of_stable_diffusion_with_and_without_clip_skip(
    pair: tuple[CLIPEmbedder, Reference], skip: int
) -> None:
    embedder, _ = pair
    ours = token_states(embedder, PROMPTS, skip=skip)
    expected = encoded(stable_diffusion(Path(embedder.config.model)), PROMPTS, skip or None)
    assert ours.dtype == np.float32
    assert ours.shape[:2] == (len(PROMPTS), CONTEXT)
    np.testing.assert_allclose(ours, expected, **CLOSE)


@pytest.mark.parametrize("skip", [None, 1])
def test_states_equal_those_of_the_two_encoders_of_stable_diffusion_xl(
    checkpoint: Path, byte_level_checkpoint: Path, skip: int | None
) -> None:
    import diffusers

    make: Any = diffusers.StableDiffusionXLPipeline  # untyped
    first: Any = CLIPTextModel.from_pretrained(checkpoint, dtype=torch.float32)
    second: Any = CLIPTextModelWithProjection.from_pretrained(
        byte_level_checkpoint, dtype=torch.float32, projection_dim=DIMENSION
    )
    tokenizers = [AutoTokenizer.from_pretrained(folder) for folder in (checkpoint, byte_level_checkpoint)]
    pipeline = make(
        **dict.fromkeys(("vae", "unet", "scheduler")),
        text_encoder=first.eval(),
        text_encoder_2=second.eval(),
        tokenizer=tokenizers[0],
        tokenizer_2=tokenizers[1],
        add_watermarker=False,
    )
    with torch.inference_mode():
        expected, *_ = pipeline.encode_prompt(
            PROMPTS, device="cpu", do_classifier_free_guidance=False, clip_skip=skip
        )
    ours = [
        token_states(
            CLIPEmbedder(str(folder), device="cpu", dtype="float32"), PROMPTS, layer=-2, skip=skip or 0
        )
        for folder in (checkpoint, byte_level_checkpoint)
    ]
    np.testing.assert_allclose(np.concatenate(ours, axis=2), expected.numpy(), **CLOSE)


def test_padding_is_masked_only_where_the_config_says_so(copy_of: Callable[[str], Path]) -> None:
    folder = copy_of("masked")
    plain = token_states(CLIPEmbedder(str(folder), device="cpu", dtype="float32"), PROMPTS)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["text_config"]["use_attention_mask"] = True
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    masked = copy_of("masked-again")
    (masked / "config.json").write_text(json.dumps(config), encoding="utf-8")
    ours = token_states(CLIPEmbedder(str(masked), device="cpu", dtype="float32"), PROMPTS)
    np.testing.assert_allclose(ours, encoded(stable_diffusion(masked), PROMPTS, None), **CLOSE)
    assert not np.allclose(ours, plain, **CLOSE)


def test_the_padding_is_the_tokenizers_own(copy_of: Callable[[str], Path]) -> None:
    """Stable Diffusion 2 pads with "!", token 0, where 1 repeats the end token."""
    folder = copy_of("exclamation")
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    end = tokenizer.pad_token
    tokenizer.pad_token = "!"
    tokenizer.save_pretrained(folder)
    ours = token_states(CLIPEmbedder(str(folder), device="cpu", dtype="float32"), PROMPTS)
    pipeline = stable_diffusion(folder)
    np.testing.assert_allclose(ours, encoded(pipeline, PROMPTS, None), **CLOSE)
    pipeline.tokenizer.pad_token = end
    assert not np.allclose(ours, encoded(pipeline, PROMPTS, None), **CLOSE)


def test_a_layer_counts_from_either_end_and_only_the_last_has_the_norm(embedder: CLIPEmbedder) -> None:
    """The random checkpoint has two layers, so three states."""
    from_the_end = {layer: token_states(embedder, PROMPTS, layer=layer) for layer in (-1, -2, -3)}
    assert np.array_equal(token_states(embedder, PROMPTS, layer=1), from_the_end[-2])
    assert np.array_equal(token_states(embedder, PROMPTS, layer=0), from_the_end[-3])
    assert np.array_equal(token_states(embedder, PROMPTS, layer=-2, skip=1), from_the_end[-3])
    unnormed = token_states(embedder, PROMPTS, layer=2)
    norm = torch.nn.functional.layer_norm(torch.from_numpy(unnormed), unnormed.shape[-1:])
    np.testing.assert_allclose(norm.numpy(), from_the_end[-1], **CLOSE)
    assert not np.allclose(unnormed, from_the_end[-1], **CLOSE)


@pytest.mark.parametrize(("layer", "skip"), [(3, 0), (-4, 0), (-1, 3), (0, 1), (-1, -1)])
def test_a_layer_that_is_not_there_is_refused_with_those_that_are(
    embedder: CLIPEmbedder, layer: int, skip: int
) -> None:
    with pytest.raises(
        InvalidInputError, match=rf"layer={layer}, skip={skip}; .* the layers 0 to 2, or -3 to -1"
    ):
        token_states(embedder, ["a cat"], layer=layer, skip=skip)


def test_a_long_prompt_is_cut_with_a_warning_as_diffusers_cuts_it_or_refused(checkpoint: Path) -> None:
    prompts = ["a cat", "a photo of a dog on the beach " * 20]
    settings: dict[str, Any] = {"device": "cpu", "dtype": "float32"}
    with pytest.warns(TruncationWarning, match="1 of 2 texts") as caught:
        ours = token_states(CLIPEmbedder(str(checkpoint), **settings), prompts)
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = encoded(stable_diffusion(checkpoint), prompts, None)
    np.testing.assert_allclose(ours, expected, **CLOSE)
    with pytest.raises(TextTooLongError, match=r"texts\[1\] has"):
        token_states(CLIPEmbedder(str(checkpoint), long_text="error", **settings), prompts)
    with pytest.raises(InvalidInputError, match='long_text="chunk"'):
        token_states(CLIPEmbedder(str(checkpoint), long_text="chunk", **settings), ["short"])


def test_rows_are_those_of_the_texts_in_batches_of_any_size(embedder: CLIPEmbedder) -> None:
    texts = [f"a cat number {i}" for i in range(11)]  # batches of four
    states = token_states(embedder, texts)
    np.testing.assert_allclose(states[7], token_states(embedder, [texts[7]])[0], **CLOSE)
    assert token_states(embedder, []).shape == (0, CONTEXT, states.shape[2])


def test_one_text_in_place_of_a_list_is_refused(embedder: CLIPEmbedder) -> None:
    with pytest.raises(InvalidInputError, match=r"token_states: got one str; expected a list"):
        token_states(embedder, "a cat")
    with pytest.raises(InvalidInputError, match=r"texts\[1\]: got int"):
        token_states(embedder, ["a cat", 3])  # type: ignore[list-item]
