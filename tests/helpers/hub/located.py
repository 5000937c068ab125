"""Where a model is found, asked in a process of its own; and a cache that transformers filled."""

from pathlib import Path

from hub.hub_process import ask
from hub.loopback import Hub

NAME = "openai/clip-vit-base-patch32"
AWAY = "http://127.0.0.1:9"
# What users of transformers do: its files come from the main branch, or weights from the pull request.
PLAIN, SAFE = "", ", use_safetensors=True"


def fill(hub: Hub, home: Path, how: str) -> None:
    """Let transformers fill the cache with a model and its tokenizer."""
    program = (
        "from transformers import AutoTokenizer, CLIPModel\n"
        f"CLIPModel.from_pretrained({NAME!r}{how}); AutoTokenizer.from_pretrained({NAME!r})"
    )
    # Otherwise it would have the pickle converted by another machine.
    off = "0" if how == SAFE else "1"
    done = ask(hub, home, program, DISABLE_SAFETENSORS_CONVERSION=off)
    assert done.returncode == 0, done.stderr


LOCATE = (
    "import sys\nfrom clip_embeddings import ModelLoadError\n"
    "from clip_embeddings.models.hub.locate import locate\n"
    "try: found = locate(sys.argv[1], sys.argv[2] or None); print(found.revision, found.origin)\n"
    "except ModelLoadError as error: print(error)"
)


def located(hub: Hub | str, home: Path, model: str = NAME, revision: str = "", **env: str) -> str:
    """Where it comes from, or the error; no model is loaded, so this is quick."""
    done = ask(hub, home, LOCATE, model, revision, timeout=120, **env)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
