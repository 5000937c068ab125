"""Texts that tokenizers read differently: entities, mojibake, emoji, Korean, long numbers, odd spaces."""

import random
import unicodedata

PIECES = [
    *("&amp;", "&lt;b&gt;", "&amp;eacute;", "&nbsp;", "&#x1F408;", "&bogus;", "<3", "<b>", "{json: [1]}"),
    *("cafÃ©", "â€™", "Ã¼ber", "lâ€™humanitÃ©", "ï»¿", "¯\\_(ツ)_/¯"),
    *("☃", "🐈", "👩‍👩‍👧", "🇰🇷", "🧑🏽", "❤️", "№5", "½", "①", "Ⅷ", "٣", "ﬁ"),
    *(
        "해변에서",
        "노을지는 바다",
        "ㅋㅋㅋ",
        "中文",
        "夕暮れの浜辺",
        "カタカナ",
        "ｶﾀｶﾅ",
        "คน",
        "हिन्दी",
        "שלום",
        "صورة",
    ),
    *("12345678901234", "3.14159", "2,000", "1st", "0x1F", "1e-5"),
    *("don't", "I'VE", "we'll", "o'clock", "rock'n'roll", "'S", "’s", "it'ſ", "d'accord", "'tis"),
    *("STRASSE ẞß", "İstanbul", "ΣΊΣΥΦΟΣ", "ǅ", "K", "Ünïcode", "é", "naïve", "ÅNGSTRÖM"),
    *(
        "  ",
        "\t",
        "\n",
        "\r\n",
        "\x1c",
        "\x85",
        "\u3000",
        "\u2009",
        "\u200b",
        "\ufeff",
        "\u00ad",
        "\x00",
        "\x7f",
    ),
    *("a", "!", "...", "?!", "_", "snake_case", "@user", "#tag", "https://x.org/a-b?c=1%20", "“q”", "a" * 90),
]


def odd_texts(count: int = 500) -> list[str]:
    """Each piece, pieces side by side with and without a space, and runs of letters of many scripts."""
    choose = random.Random(0)
    mixed = [
        "".join(choose.choice(PIECES) + choose.choice(["", " ", ""]) for _ in range(choose.randint(1, 12)))
        for _ in range(count)
    ]
    blocks = [(0x20, 0x250), (0x370, 0x590), (0xAC00, 0xAD00), (0x1F300, 0x1F600)]
    # What no release of Unicode has given a meaning yet is read by each library as its own release says.
    letters = [code for block in blocks for code in range(*block) if unicodedata.category(chr(code)) != "Cn"]
    runs = [
        "".join(chr(choose.choice(letters)) for _ in range(choose.randint(1, 25))) for _ in range(count // 2)
    ]
    return [*PIECES, *mixed, *runs]
