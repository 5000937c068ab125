"""Contrastive training: the loss, and `finetune` for a domain of one's own.

Follow `finetune`: pairs.py reads the manifest, dataset.py the pictures, methods.py chooses what moves, run.py
steps (gradients.py, recall.py, checkpoint.py), report.py says what came of it. Imports torch.
"""

from clip_embeddings.models.contrastive import contrastive_loss
from clip_embeddings.tasks.training.finetune import finetune

__all__ = ["contrastive_loss", "finetune"]
