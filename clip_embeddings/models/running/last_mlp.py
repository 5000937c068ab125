"""The last layer's MLP for the one position that is read after it. Imports torch.

Many towers end in one position: CLIP's pictures in the first, SigLIP's texts in the last. An MLP takes each
position by itself, so that of the last layer need not compute the others: of twelve layers it is a
twentieth of all the work.
"""

import re

from torch import Tensor, nn

_LAST = re.compile(r"(.*\blayers)\.(\d+)\.mlp")


class MLPOfOne(nn.Module):
    """(B, T, W) -> (B, T, W): as the MLP at one position, zeros at the others.

    Args:
        mlp: takes and gives rows of one width.
        position: 0 for the first, -1 for the last.
    """

    def __init__(self, mlp: nn.Module, position: int) -> None:
        super().__init__()
        self.mlp, self._position = mlp, position

    def forward(self, rows: Tensor) -> Tensor:
        result = rows.new_zeros(rows.shape)
        result[:, self._position] = self.mlp(rows[:, self._position : self._position + 1 or None])[:, 0]
        return result


def only_what_is_read(tower: nn.Module, position: int) -> None:
    """Have the last of a tower's layers compute its MLP at one position, if it has layers as these."""
    found = [(match, each) for name, each in tower.named_modules() if (match := _LAST.fullmatch(name))]
    if not found:
        return
    match, mlp = max(found, key=lambda each: int(each[0][2]))
    tower.get_submodule(f"{match[1]}.{match[2]}").mlp = MLPOfOne(mlp, position)
