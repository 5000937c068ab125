"""What holds an embedder can be pickled, copied and sent to another process after it was used."""

import asyncio
import copy
import pickle
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import numpy as np
import pytest
from pictures import encoded, photo
from spawned import both_ways, call, spawned, there_and_back, type_and

from clip_embeddings import CLIPEmbedder, LinearProbe, ModalityCalibration, TipAdapter, ZeroShotClassifier

PICTURE = encoded(photo(40, 30), "PNG")
COPIES = pytest.mark.parametrize("copied", [there_and_back, copy.copy, copy.deepcopy])
SMALL = 2_000  # bytes: a config, and far from any weights


class Named(CLIPEmbedder):
    """A user's own, with an attribute, and something made of it at first use."""

    def __init__(self, model: str, *, nickname: str, **options: Any) -> None:
        super().__init__(model, **options)
        self.nickname = nickname

    @cached_property
    def shouted(self) -> Any:
        return self.nickname.upper(), (letter for letter in "a generator cannot be pickled")


class Slotted(CLIPEmbedder):
    __slots__ = ("nickname",)
    nickname: str


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Callable[..., Any]]:
    with spawned() as run:
        yield run


@pytest.fixture
def used() -> CLIPEmbedder:
    """An embedder that has done all it can: its model is loaded, and tasks have waited for each other."""
    made = CLIPEmbedder("tiny", device="cpu", dtype="float32", long_text="chunk", batch_size=3)
    both_ways(made, PICTURE)
    assert made.fingerprint
    assert made.dimension == 128
    return made


def assert_same_vectors(found: Any, expected: Any) -> None:
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@COPIES
def test_a_copy_of_an_embedder_in_use_gives_the_same_vectors(
    used: CLIPEmbedder, copied: Callable[[Any], Any]
) -> None:
    other = copied(used)
    assert type(other) is CLIPEmbedder
    assert other is not used
    assert other.config == used.config
    assert other.fingerprint == used.fingerprint
    assert_same_vectors(both_ways(other, PICTURE), both_ways(used, PICTURE))


@COPIES
def test_a_copy_shares_the_weights_of_the_process(used: CLIPEmbedder, copied: Callable[[Any], Any]) -> None:
    assert copied(used)._encoder is used._encoder


def test_a_new_process_gives_the_same_vectors_also_to_those_who_wait(
    used: CLIPEmbedder, elsewhere: Callable[..., Any]
) -> None:
    assert_same_vectors(elsewhere(both_ways, used, PICTURE), both_ways(used, PICTURE))


def test_a_pickle_holds_the_settings_and_no_weights(used: CLIPEmbedder) -> None:
    content = pickle.dumps(used)
    assert len(content) < SMALL
    assert b"torch" not in content
    assert len(content) == len(pickle.dumps(CLIPEmbedder.from_config(used.config)))


def test_what_is_copied_in_the_middle_of_waiting_calls_waits_for_none_of_them(used: CLIPEmbedder) -> None:
    async def run() -> Any:
        first = asyncio.ensure_future(used.aembed_texts(["a cat"]))
        await asyncio.sleep(0)  # it is under way
        others = [copied(used) for copied in (there_and_back, copy.copy, copy.deepcopy)]
        rows = await asyncio.gather(*(other.aembed_texts(["a cat"]) for other in others))
        return [await first, *rows]

    expected, *found = asyncio.run(run())
    assert_same_vectors(found, [expected] * 3)


def test_a_calibration_travels_with_the_embedder(
    calibrated: CLIPEmbedder, reference: ModalityCalibration, elsewhere: Callable[..., Any]
) -> None:
    whole = calibrated.with_calibration(reference)
    for embedder in (calibrated, whole):
        expected = embedder.embed_texts(["a cat"])
        found = elsewhere(call, embedder, "embed_texts", ["a cat"])
        np.testing.assert_allclose(found, expected, atol=1e-6)


@COPIES
def test_a_subclass_stays_itself_and_keeps_what_it_was_given(copied: Callable[[Any], Any]) -> None:
    made = Named("tiny", nickname="Kim", device="cpu", dtype="float32")
    made.embed_texts(["a cat"])
    assert made.shouted[0] == "KIM"
    other = copied(made)
    assert type(other) is Named
    assert other.nickname == "Kim"
    assert other.shouted[0] == "KIM"
    np.testing.assert_allclose(other.embed_texts(["a cat"]), made.embed_texts(["a cat"]), atol=1e-6)


@COPIES
def test_a_subclass_with_slots_keeps_what_is_in_them(copied: Callable[[Any], Any]) -> None:
    made = Slotted("tiny", device="cpu", dtype="float32")
    made.nickname = "Kim"
    made.embed_texts(["a cat"])
    other = copied(made)
    assert other.nickname == "Kim"
    assert other.config == made.config


def test_a_subclass_arrives_in_a_new_process_as_itself(elsewhere: Callable[..., Any]) -> None:
    made = Named("tiny", nickname="Kim", device="cpu", dtype="float32")
    made.embed_texts(["a cat"])
    assert elsewhere(type_and, made, "nickname") == ("Named", ["Kim"])


def classifiers(embedder: CLIPEmbedder) -> dict[str, Any]:
    pictures, names = [photo(20, 20, seed=seed) for seed in range(4)], ["cat", "dog"] * 2
    zero_shot = ZeroShotClassifier(embedder, ["cat", "dog"])
    return {
        "zero-shot": zero_shot,
        "probe": LinearProbe(embedder).fit(pictures, names),
        "adapter": TipAdapter(zero_shot).fit(pictures, names),
    }


@pytest.mark.parametrize("kind", ["zero-shot", "probe", "adapter"])
def test_a_classifier_that_was_used_says_the_same_in_copies_and_in_a_new_process(
    used: CLIPEmbedder, elsewhere: Callable[..., Any], kind: str
) -> None:
    classifier = classifiers(used)[kind]
    expected = classifier.predict_proba([PICTURE])
    assert len(pickle.dumps(classifier)) < 10_000
    for other in (there_and_back(classifier), copy.copy(classifier), copy.deepcopy(classifier)):
        assert type(other) is type(classifier)
        np.testing.assert_allclose(other.predict_proba([PICTURE]), expected, atol=1e-6)
    np.testing.assert_allclose(elsewhere(call, classifier, "predict_proba", [PICTURE]), expected, atol=1e-6)


def test_a_classifier_takes_its_class_vectors_along(used: CLIPEmbedder) -> None:
    """Thousands of prompts are not embedded again by every worker."""
    classifier = ZeroShotClassifier(used, ["cat", "dog"])
    expected = classifier.class_vectors
    other = there_and_back(classifier)
    assert "class_vectors" in vars(other)
    np.testing.assert_array_equal(other.class_vectors, expected)
