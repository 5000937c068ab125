"""The scene generator: repeatable, complete, true to its captions; evaluation and training share no scene."""

import random
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.quality import bundled_model
from clip_embeddings.scenes.captions import Language, caption, true_of
from clip_embeddings.scenes.draw import DRAWINGS, render
from clip_embeddings.scenes.scene import (
    HELD_OUT_COLORS,
    HELD_OUT_PLACES,
    OBJECTS,
    PLACES,
    Scene,
    sample_scene,
    scenes,
)
from clip_embeddings_app.demo import scenes as demo_scenes
from tools.tiny_model.unrelated import unrelated_text

LANGUAGES: tuple[Language, ...] = ("en", "ko")


def test_a_seed_gives_the_same_scene_and_the_same_picture() -> None:
    assert sample_scene(7) == sample_scene(7)
    assert render(sample_scene(7), 48).tobytes() == render(sample_scene(7), 48).tobytes()
    assert render(sample_scene(7), 48).size == (48, 48)


@pytest.mark.parametrize("thing", OBJECTS)
def test_every_object_is_drawn_in_every_pose_and_colour(thing: str) -> None:
    empty = Scene(3, "plain", None, None, "grey", None, None, 0, None, None, None)
    background = np.asarray(render(empty, 48))
    shown = set()
    for pose in OBJECTS[thing].poses:
        for color in OBJECTS[thing].colors:
            scene = replace(empty, thing=thing, color=color, count=1, size="large", pose=pose)
            picture = np.asarray(render(scene, 48))
            assert (picture != background).any(axis=2).mean() > 0.02
            shown.add(picture.tobytes())
    assert len(shown) == len(OBJECTS[thing].poses) * len(OBJECTS[thing].colors)


def test_there_is_a_drawing_for_each_object_and_every_place_can_be_sampled() -> None:
    assert DRAWINGS.keys() == OBJECTS.keys()
    assert {scene.place for scene in scenes(0, 400)} == set(PLACES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_captions_are_true_of_their_scene_and_full_ones_say_it_all(language: Language) -> None:
    rng = random.Random(1)
    for scene in scenes(0, 300):
        assert true_of(caption(scene, language, rng), scene)
        full = caption(scene, language, rng, full=True)
        assert true_of(full, scene)
        stated = {"thing", "color", "count", "size"} if scene.thing else set()
        assert full.claims.keys() >= stated | {"place"}


def test_a_caption_is_false_of_another_scene() -> None:
    cat = next(scene for scene in scenes(0, 500) if scene.thing == "cat")
    dog = next(scene for scene in scenes(0, 500) if scene.thing == "dog")
    assert not true_of(caption(cat, "en", random.Random(0), full=True), dog)


def test_held_out_pairs_are_never_in_the_ordinary_stream() -> None:
    for scene in scenes(1_000_000, 3000):
        assert (scene.thing, scene.color) not in HELD_OUT_COLORS
        assert (scene.thing, scene.place) not in HELD_OUT_PLACES
    assert all(scene.held_out for scene in scenes(0, 20, held_out=True))


def test_training_validation_evaluation_and_demo_use_different_seeds() -> None:
    from tools.tiny_model.training_data import TRAINING_SEED, VALIDATION_SEED

    demo = [scene.seed for scene in demo_scenes.demo_scenes()]
    evaluation = [scene.seed for scene in scenes(bundled_model.FIRST_SEED, bundled_model.NUMBER)]
    held_out = [scene.seed for scene in scenes(bundled_model.FIRST_SEED, 500, held_out=True)]
    validation = [scene.seed for scene in scenes(VALIDATION_SEED, 1000)]
    assert max(*evaluation, *held_out) < min(demo) <= max(demo) < VALIDATION_SEED
    assert max(validation) < TRAINING_SEED


@pytest.mark.parametrize("language", LANGUAGES)
def test_unrelated_texts_are_varied_and_repeat_with_their_seed(language: Language) -> None:
    first, again = random.Random(5), random.Random(5)
    texts = [unrelated_text(language, first) for _ in range(500)]
    assert texts == [unrelated_text(language, again) for _ in range(500)]
    assert len(set(texts)) > 400
    assert not {"quarterly revenue report", "분기 매출 보고서"} & set(texts)
