"""The parts of `python -m benchmarks.gpu_check`; each yields its Markdown table by table.

They import torch, transformers, Pillow, numpy and this library, and nothing else that it depends on: the
machine with the card may have no more.
"""
