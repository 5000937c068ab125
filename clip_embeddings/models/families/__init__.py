"""The families that load: one module each, one row here. Imports nothing heavy.

To add one, write its module and its row, and a row in tests/helpers/families/cases.py.
"""

from clip_embeddings.models.families.align import ALIGN
from clip_embeddings.models.families.altclip import ALTCLIP
from clip_embeddings.models.families.chinese_clip import CHINESE_CLIP
from clip_embeddings.models.families.clip import CLIP
from clip_embeddings.models.families.dual_encoder import DUAL_ENCODER
from clip_embeddings.models.families.groupvit import GROUPVIT
from clip_embeddings.models.families.metaclip_2 import METACLIP_2
from clip_embeddings.models.families.siglip import SIGLIP
from clip_embeddings.models.families.siglip2 import SIGLIP2
from clip_embeddings.models.families.tipsv2 import TIPSV2
from clip_embeddings.models.family import Family

_ROWS = (CLIP, SIGLIP, SIGLIP2, METACLIP_2, CHINESE_CLIP, ALTCLIP, ALIGN, DUAL_ENCODER, TIPSV2, GROUPVIT)
FAMILIES: dict[str, Family] = {row.type: row for row in _ROWS}
"""By what config.json names as model_type."""
