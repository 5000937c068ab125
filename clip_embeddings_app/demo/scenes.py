"""The demo's pictures: which scenes are wanted, found among seeds that training never saw.

Imports the scene generator, and Pillow when it draws.
"""

from collections.abc import Iterator
from functools import cache
from itertools import count
from pathlib import Path

from clip_embeddings.scenes.scene import Scene, sample_scene

FIRST_SEED = 500_000  # training starts at 1,000,000
QUERY_SEED = 300_000
PIXELS = 384

# One scene for each line's words; "empty" is a place without an object. Special ones first.
_WANTED = """
dog running beach day clear 1 large; dog running beach day 1; dog running beach sunset 1
dog running beach clear; empty mountains day clear; empty mountains sunset; empty mountains night
empty mountains day cloudy; empty mountains day; tent mountains day 1
house mountains day 1; horse mountains clear 1
empty sea sunset clear; empty sea sunset; empty sea sunset cloudy; boat sea sunset 1; boat sea sunset clear
boat sea day 1 large; boat sea night 1; boat sea day 2; empty sea day; empty beach sunset
empty beach day clear
cat plain close-up sitting; cat plain close-up; cat plain 1 standing; cat meadow day close-up
cat sitting snow 1; cat forest day large 1; cat city 1 large; cat plain 2
dog plain close-up sitting; dog plain close-up; dog meadow day close-up; dog sitting forest 1
dog snow 1 large; dog city 1 large; dog plain 2
horse meadow day 1 large; horse plain; elephant desert day 1 large; elephant plain; rabbit snow 1 large
rabbit plain; bird plain 1; bird flying sea 1 large; butterfly meadow day 1 large; butterfly plain
man city 1 large; woman beach 1 large; car city day 1 large; car plain 1; bus city 1 large; bicycle plain 1
bicycle meadow 1 large; airplane flying plain; airplane day 1 large; tree meadow day 1 large; flower plain
flower meadow 2; cactus desert day 1 large; mushroom forest 1 large; house snow 1 large; umbrella rain 1 large
umbrella plain; ball plain; balloon day 1 large; balloon 3; chair plain; tent forest night 1; empty city night
empty desert day
"""
_QUERY = "boat sea sunset 1 large"


def write_scenes(folder: Path) -> None:
    """Draw the demo's scenes into `folder`, numbered by seed so that a file's name gives nothing away."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, scene in enumerate(demo_scenes(), 1):
        _write(scene, folder / f"scene-{number:03}.png")


def write_query(path: Path) -> None:
    """Draw the picture to search with; it is none of the demo's."""
    _write(next(_matching([_QUERY], QUERY_SEED)), path)


@cache
def demo_scenes() -> tuple[Scene, ...]:
    """The wanted scenes, in order of seed; found once, which takes a second."""
    wanted = [line.strip() for line in _WANTED.replace("\n", ";").split(";") if line.strip()]
    return tuple(_matching(wanted, FIRST_SEED))


def _matching(wanted: list[str], first_seed: int) -> Iterator[Scene]:
    """For each line of words the first scene from `first_seed` on that has them all."""
    missing = [set(line.split()) for line in wanted]
    for seed in count(first_seed):
        if not missing:
            return
        scene = sample_scene(seed)
        if scene.held_out:
            continue
        words = _words(scene)
        if fit := next((line for line in missing if line <= words), None):
            missing.remove(fit)
            yield scene


def _words(scene: Scene) -> set[str]:
    named = (scene.place, scene.time, scene.weather, scene.thing, scene.size, scene.pose)
    return {word for word in named if word} | {str(scene.count) if scene.thing else "empty"}


def _write(scene: Scene, path: Path) -> None:
    """Draw a scene unless it is there; a stopped run leaves no half picture."""
    from clip_embeddings.scenes.draw import render

    if path.exists():
        return
    part = path.with_suffix(".part")
    render(scene, PIXELS, supersample=2).save(part, format="PNG")
    part.replace(path)
