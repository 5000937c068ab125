"""The modality gap measured and removed, so that text and pictures rank in one list.

CLIP puts text and pictures into two cones; a text query meets every text before the first picture. What is
here shifts both onto one centre, spreads their scores alike, and can take that back. Imports numpy only.
"""

from clip_embeddings.calibration.estimate import MINIMUM, CalibrationEstimator
from clip_embeddings.calibration.explain import GapReport, explain_vectors
from clip_embeddings.calibration.modality import ModalityCalibration

__all__ = ["MINIMUM", "CalibrationEstimator", "GapReport", "ModalityCalibration", "explain_vectors"]
