"""Small tokenizers of the classes that real models have, trained on a few sentences in many languages."""

import io
import json
from pathlib import Path
from typing import Any

from reference import clip_tokenizer
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import (
    BertTokenizer,
    GemmaTokenizer,
    RobertaTokenizer,
    Siglip2Tokenizer,
    SiglipTokenizer,
    XLMRobertaTokenizer,
)
from transformers.convert_slow_tokenizer import T5Converter

LANGUAGES = {
    "English": "A photo of two dogs running on the beach at sunset",
    "Korean": "해변에서 달리는 강아지 두 마리, 노을지는 바다",
    "Chinese": "两只狗在海滩上奔跑 日落",
    "Arabic": "كلبان يركضان على الشاطئ عند غروب الشمس",
    "Thai": "สุนัขสองตัววิ่งบนชายหาดตอนพระอาทิตย์ตก",
    "Japanese": "夕暮れの浜辺を走る二匹の犬",
    "Russian": "две собаки бегут по пляжу на закате",
}
CORPUS = [
    *LANGUAGES.values(),
    *(text.lower() for text in LANGUAGES.values()),
    "the quick brown fox, 0123456789",
]


def clip(folder: Path) -> None:
    """OpenAI's kind."""
    clip_tokenizer().save_pretrained(folder)


def bert(folder: Path) -> None:
    """vocab.txt and nothing else, as Chinese-CLIP has it."""
    letters = sorted({letter for text in CORPUS for letter in text.lower() if letter != " "})
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")


def bert_of_64(folder: Path) -> None:
    """With the limit that ALIGN's has in its file."""
    bert(folder)
    make: Any = BertTokenizer
    made = make.from_pretrained(folder, model_max_length=64)
    (folder / "vocab.txt").unlink()
    made.save_pretrained(folder)


def xlm_roberta(folder: Path) -> None:
    """Unigram pieces behind the four special tokens of XLM-R."""
    trained: Any = Tokenizer(models.Unigram())
    trained.pre_tokenizer = pre_tokenizers.Metaspace()
    trained.train_from_iterator(
        CORPUS, trainers.UnigramTrainer(vocab_size=300, show_progress=False, unk_token="<unk>",
                                        special_tokens=["<s>", "<pad>", "</s>", "<unk>"])
    )  # fmt: skip
    vocabulary = [tuple(each) for each in json.loads(trained.to_str())["model"]["vocab"]]
    make: Any = XLMRobertaTokenizer
    made = make(vocab=[*vocabulary, ("<mask>", 0.0)], model_max_length=77)
    made.save_pretrained(folder)


def roberta(folder: Path) -> None:
    """Byte-level pieces, as the Korean RoBERTa of some dual encoders has a vocabulary of its own."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *letters]
    make: Any = RobertaTokenizer
    made = make(vocab={word: number for number, word in enumerate(words)}, merges=[])
    made.save_pretrained(folder)


def _pieces(*special: str) -> dict[str, int]:
    """Special tokens, bytes and the letters of the corpus: a BPE that merges nothing."""
    letters = sorted({letter for text in CORPUS for letter in text.replace(" ", "▁")})
    words = [*special, *(f"<0x{byte:02X}>" for byte in range(256)), *letters]
    return {word: number for number, word in enumerate(words)}


def gemma(folder: Path) -> None:
    """As the fixed-size SigLIP 2 lies: a class that leaves capitals, a file that says it should not."""
    make: Any = GemmaTokenizer
    made = make(
        vocab=_pieces("<pad>", "<eos>", "<bos>", "<unk>", "<mask>"), merges=[], add_bos_token=False,
        add_eos_token=True, do_lower_case=True, padding_side="right", model_max_length=10**30,
    )  # fmt: skip
    made.save_pretrained(folder)


def siglip2(folder: Path, padding_side: str) -> None:
    make: Any = Siglip2Tokenizer
    made = make(
        vocab=_pieces("<pad>", "<eos>", "<bos>", "<unk>", "<mask>"), merges=[], padding_side=padding_side
    )
    made.save_pretrained(folder)


def tipsv2_tokenizer() -> Any:
    """By its path: transformers shows the class only beside sentencepiece, which it does not use."""
    from transformers.models.tipsv2.tokenization_tipsv2 import Tipsv2Tokenizer

    return Tipsv2Tokenizer


def tipsv2(folder: Path) -> None:
    make = tipsv2_tokenizer()
    make(vocab=_pieces("<pad>", "<unk>"), merges=[]).save_pretrained(folder)


def siglip(folder: Path) -> None:
    """A sentencepiece model and the fast tokenizer of the same pieces beside it, as Google's lie."""
    import sentencepiece  # not everywhere that the other families are compared

    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS * 4), model_writer=model, vocab_size=250, model_type="unigram",
        pad_id=0, eos_id=1, unk_id=2, bos_id=-1, character_coverage=1.0, hard_vocab_limit=False,
        minloglevel=9,
    )  # fmt: skip
    (folder / "spiece.model").write_bytes(model.getvalue())
    make: Any = SiglipTokenizer
    slow = make(str(folder / "spiece.model"), pad_token="</s>")
    slow.save_pretrained(folder)
    slow._extra_ids = 0
    convert: Any = T5Converter
    convert(slow).converted().save(str(folder / "tokenizer.json"))
