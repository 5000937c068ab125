"""The bundled model: a very small CLIP, its weights, the scenes it was trained on and the scripts for both.

Imports the standard library only.
"""

from pathlib import Path

WEIGHTS = Path(__file__).parent / "weights"
