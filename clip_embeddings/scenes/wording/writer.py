"""What the caption writers of both languages share: the list of what is still to be stated.

Every method that states an attribute takes it off that list, so that a text says all of them and
each once. Imports the standard library and `scenes.py`.
"""

import random
from collections.abc import Sequence

from clip_embeddings.scenes.scene import Scene

THING = frozenset({"thing", "kind"})


class CaptionWriter:
    """Writes one caption of one scene."""

    def __init__(
        self, scene: Scene, stated: set[str], rng: random.Random, *, full: bool = False, style: str = ""
    ) -> None:
        self.scene, self.todo, self.rng = scene, set(stated), rng
        self.full, self.style = full, style

    def compose(self) -> str:
        """Write the caption in its style: short, prompt, fragment, sentence, tags."""
        write = {"tags": self.tags, "sentence": self.sentence, "prompt": self.prompt}
        text = write.get(self.style, self.fragment)()
        if self.todo:
            raise ValueError(f"left unsaid: {self.todo} in {text!r}")
        return text

    def tags(self) -> str:
        """A list of words, separated by commas."""
        raise NotImplementedError

    def sentence(self) -> str:
        """A whole sentence."""
        raise NotImplementedError

    def prompt(self) -> str:
        """A picture of something."""
        raise NotImplementedError

    def fragment(self) -> str:
        """A noun phrase."""
        raise NotImplementedError

    def take(self, name: str) -> bool:
        """Whether the attribute was still to be stated, which from now on it is not."""
        if name not in self.todo:
            return False
        self.todo.remove(name)
        return True

    def pick(self, words: Sequence[str]) -> str:
        """Any of the words."""
        return self.rng.choice(words)

    def noun(self, words: Sequence[str]) -> str:
        """The main word about every other time, else any of them."""
        return words[0] if self.chance(0.42) else self.rng.choice(words)

    def chance(self, share: float) -> bool:
        """True in about this share of the cases."""
        return self.rng.random() < share
