"""The bundled model, a very small CLIP, trained by `tools/tiny_model` on the scenes of this package."""

from pathlib import Path

WEIGHTS = Path(__file__).parent / "weights"
OWN = Path(__file__).parent / "own.npz"
"""What tells its own kind of pictures from others."""
