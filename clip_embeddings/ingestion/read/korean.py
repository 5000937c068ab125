"""Whether what was decoded from CP949 is Korean, or another language whose bytes fit too.

Every pair of bytes that Chinese or Japanese is written in is a Hangul syllable or a hanja of CP949, so the
syllables have to be those that Korean has.
"""

import re

# About the 470 commonest: three quarters and more of what is written, and few of any misreading.
_FREQUENT = frozenset(
    "이다는을가에의하고한지로도기사리나자시인어해서대그아보일정수라만들은를여전스과부있제게주장경것안무면"
    "었우소조구상동마성원모생공오와관년학비화국신유세문요내진실개치않미방연드까분계물때러선위없더차음재려"
    "회할트중였명용살산식영말당민적외체결업호강역남심저불입복반람단행작니발두양간통금거았던며교질노바직파"
    "타태집날르터투표현형포속달난후된습네초레함건키피크테토히야워으임점군김박최희철숙월각감격권근글길늘님"
    "데독돌되될됩든등따많매머먼메목못별본봉북빠빵새색석송슨승싶쓰씨알애약열예온올완왔왕울움웃육응잘접종준"
    "증찍참창책처천첫청추축출친카코탁탕특편평품프플필항향허혀혼활황효휴흥힘갈같갔걸겠겨곳귀급꽃꿈끝너널놀"
    "누눈늦답닭덕란랑래량련례록료류름린림립링막맛맞맥먹멀몇몸밤밥밖백번법벽병볼봄봐빛뿐삼션순술쉬쇼슈슬십"
    "싸쌀씀얼엄엔엘옷욕운윤읽잃잠잡젊좋죽줄즐찾층큰킬택털톤판팔팀폰픈헤홍환획흐흔녕셨갑겁냐넣냉농닐닫담딸"
    "떡떻또뭐밀빨뵙빌샀섬셔싫써씻앞옆옥왜죠짜쩔쪽찌찜칠컴컵켜콩쿠퇴팅팩헬배변합잔험커력족졸케콜볶찮괜챙낸"
    "텔벚밭디겹녁켓측릭렇렸졌냈됐겼쳤렵뜻악풍궁견콘캠촌썰햄잼설"
)
_JAMO = re.compile("[\u3131-\u3163\u318d]")  # modern letters standing alone, and the dot
_ALONE = re.compile(r"(?<=[A-Za-z])[가-힣](?=[A-Za-z])")


def is_korean(text: str) -> bool:
    """Whether text that was decoded from CP949 makes sense as Korean.

    Letters that stand alone, such as the laughter of chats, count neither for nor against it: in EUC-JP the
    same bytes are hiragana.
    """
    letters = [each for each in text if each > "\x7f" and each.isalpha() and not _JAMO.match(each)]
    hangul = _hangul(text)
    foreign = len(letters) - len(hangul)  # hanja and kana, which stay few in Korean
    if len(set(hangul)) < 2 or foreign > (len(letters) // 4 if len(hangul) >= 8 else 0):
        return False
    wedged = len(_ALONE.findall(text))  # in the capitals of "INSTALAÇÃO", not in Korean
    common = _common(hangul)
    return 2 * common >= len(hangul) and 10 * wedged <= common and _frequent(hangul) >= _asked(len(hangul))


def may_be_chat(text: str) -> bool:
    """Whether text from CP949 may be a Korean chat, though too little says so.

    Japanese in EUC-JP has hiragana that only Korean of centuries ago has letters for.
    """
    return all(each < "\x80" or not each.isalpha() or _JAMO.match(each) or _is_hangul(each) for each in text)


def _is_hangul(character: str) -> bool:
    return "가" <= character <= "힣"


def _hangul(text: str) -> list[str]:
    return [each for each in text if _is_hangul(each)]


def _common(hangul: list[str]) -> int:
    """How many lie together in the table of CP949; the other 8,822 lie around these 2,350."""
    pairs = "".join(hangul).encode("cp949")
    both = zip(pairs[::2], pairs[1::2], strict=True)
    return sum(0xB0 <= first <= 0xC8 and second > 0xA0 for first, second in both)


def _frequent(hangul: list[str]) -> float:
    return sum(each in _FREQUENT for each in hangul) / len(hangul)


def _asked(syllables: int) -> float:
    """The share of frequent ones to ask for: chance does most in the shortest."""
    return 0.75 if syllables < 5 else 0.6 if syllables < 20 else 0.5
