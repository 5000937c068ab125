"""Text in older encodings that looks like text in others: read as what it is, or refused, and mended."""

import json
from contextlib import suppress
from pathlib import Path

import chromadb
import pytest
from chromadb.api import ClientAPI
from stored import rows_of

from chroma_clip_embeddings import ingest, open_collection
from clip_embeddings import CLIPEmbedder
from clip_embeddings.ingestion.read.texts import NotText, other_text, unicode_text

CHATS = [
    "ㅋㅋ 웃기다",
    "ㅋㅋㅋㅋㅋ 대박 진짜",
    "ㅎㅎㅎ 고마워 ㅠㅠ",
    "ㅇㅋ 내일 봐 ㅋㅋㅋㅋㅋㅋㅋ",
    "ㄴㄴ 그건 아냐 ㄷㄷ",
    "엄마: 생일 축하해\r\n나: ㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋ 고마워\r\n엄마: ㅎㅎㅎㅎㅎㅎㅎㅎ\r\n",
]
NOTES = """
엄마 생신 축하해요|회의 3시|제주도 여행|김영희|박철수|이력서|서울→부산 3시간|
우유 2L 계란 빵|비밀번호 변경|아빠 약 챙기기|병원 예약|치과|강아지 산책|세금 계산서|
택배 왔어요|김치찌개 만드는 법|해변의 노을|노란 꽃밭|크리스마스 선물|졸업 사진|벚꽃 축제|
오늘 저녁 뭐 먹지|떡볶이 먹고 싶다|버스 시간표|수학 시험|도서관 책 반납|자동차 보험|월급날|
비행기 표|눈 오는 날|가족 모임|삼겹살|감사합니다|사랑해|괜찮아|어디야?|커피 한 잔|
축구 경기|영수증|냉장고 청소|두부 한 모|관리비 납부|피아노 학원|설악산 단풍|추석 선물|
반려견 등록
"""
OTHERS = {
    "gb18030": """
        北京|明天开会|妈妈的电话号码|买牛奶和鸡蛋|会议记录：公司计划|机票订单|给妈妈打电话|
        密码本|家里的猫|电脑坏了|猫和狗|海边日落的照片|不客气|请回复|多个风景|画家的房间|
        卡拉OK|老板给的礼品卡|开会地点改成北京饭店|国庆节家庭聚会|春节快乐|下班回家吃饭|
        大家好|简历|结婚照片|开车|哥哥
    """,
    "big5": "媽媽的電話號碼|謝謝|電腦壞了|生日快樂",
    "euc_jp": "東京|会議|写真|電話番号|東京駅|田中|会社|家族写真|京都旅行|誕生日|試験",
    "koi8_r": "бабе|хлеб",
    "cp1256": "بابا",
}
JAPANESE = [
    "ありがとう",
    "明日の会議は三時から",
    "カメラ",
    "買い物リスト",
    "お母さんの電話番号",
    "ラーメン屋",
]


def split(texts: str) -> list[str]:
    return [each.strip() for line in texts.strip().splitlines() for each in line.strip(" |").split("|")]


@pytest.mark.parametrize("text", CHATS)
def test_letters_that_laugh_in_a_korean_chat_are_not_japanese(text: str) -> None:
    assert other_text(text.encode("cp949")) == (text, "cp949")


@pytest.mark.parametrize("text", ["ㅠㅠㅠㅠ", "ㅇㅇ", "ㅋㅋㅋ 넵", "쌀 10kg"])
def test_korean_too_short_to_tell_is_refused(text: str) -> None:
    with pytest.raises(NotText, match="cannot be told"):
        other_text(text.encode("cp949"))


@pytest.mark.parametrize("text", JAPANESE)
def test_japanese_in_euc_stays_japanese(text: str) -> None:
    assert other_text(text.encode("euc_jp")) == (text, "euc_jp")


def test_short_korean_notes_are_read() -> None:
    for text in split(NOTES):
        assert other_text(text.encode("cp949")) == (text, "cp949")


@pytest.mark.parametrize("encoding", OTHERS)
def test_short_notes_in_other_languages_are_not_taken_for_korean(encoding: str) -> None:
    for text in split(OTHERS[encoding]):
        with suppress(NotText):
            assert other_text(text.encode(encoding))[0] == text


@pytest.mark.parametrize(
    ("tail", "encoding"),
    [
        ("엄마 생신은 삼월 십오일이다. 꽃을 사야 한다.", "cp949"),
        ("ありがとう、写真を送ります", "euc_jp"),
        ("Il était là, à côté de l'hôtel.", "cp1252"),
    ],
)
@pytest.mark.parametrize("end", [" ", "\n"])
def test_a_long_beginning_in_ascii_does_not_decide_what_follows(tail: str, encoding: str, end: str) -> None:
    text = f"The camera log of the trip begins here.{end}" * 1300 + tail
    assert other_text(text.encode(encoding)) == (text, encoding)


@pytest.mark.parametrize("tail", ["明天开会地点", "Zażółć gęślą jaźń"])
def test_what_cannot_be_told_at_the_end_of_much_ascii_is_refused(tail: str) -> None:
    content = b"The camera log of the trip begins here. " * 1300
    content += tail.encode("gb18030" if tail[0] == "明" else "cp1250")
    with pytest.raises(NotText, match="cannot be told"):
        other_text(content)


# Read once more, in the encoding that is given.
def test_a_misread_text_is_replaced_when_its_encoding_is_given(
    collection: chromadb.Collection, tiny: CLIPEmbedder, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_bytes("Café du coin".encode("cp850"))
    (tmp_path / "b.txt").write_bytes("Café du coin".encode("cp850"))
    ingest([tmp_path], collection, encoding="cp1252")
    ((id, before),) = rows_of(collection).items()
    collection.update(ids=[id], embeddings=[before.vector.tolist()], metadatas=[{"mine": 1}])
    report = ingest([tmp_path / "a.txt"], collection, encoding="cp850")
    assert (report.updated, report.passages, report.skipped) == (1, 0, 0)
    ((again, row),) = rows_of(collection).items()
    assert (again, before.document, row.document) == (id, "Caf‚ du coin", "Café du coin")
    assert row.vector @ tiny.embed_texts(["Café du coin"])[0] == pytest.approx(1, abs=1e-5)
    assert row.metadata["mine"] == 1
    assert {"a.txt", "b.txt"} == {Path(uri).name for uri in json.loads(row.metadata["uris"])}
    assert ingest([tmp_path], collection, encoding="cp850").updated == 0


def test_the_cache_does_not_give_a_text_the_vector_of_its_misreading(
    client: ClientAPI, tiny: CLIPEmbedder, tmp_path: Path
) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes("Café du coin".encode("cp850"))
    for encoding in ("cp1252", "cp850"):
        collection = open_collection(client, encoding, embedder=tiny)
        ingest([file], collection, encoding=encoding, cache=tmp_path / "cache")
    (row,) = rows_of(collection).values()
    assert row.vector @ tiny.embed_texts(["Café du coin"])[0] == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("korean", ["ㅋㅋㅋ", "ㅇㅇ", "네", "넵", "5만 won", "뭐해"])
@pytest.mark.parametrize(
    "around", ["see you tomorrow {}", "{}\n" + "An English sentence of a letter. " * 2000]
)
def test_a_little_korean_in_much_english_is_not_western(korean: str, around: str) -> None:
    content = around.format(korean).encode("cp949")
    try:
        text, encoding = other_text(content)
    except NotText:
        return
    assert (text, encoding) == (content.decode("cp949"), "cp949")


@pytest.mark.parametrize(
    "text", ["¡¿Qué?! Año nuevo", "«10 m³» à midi", "§§ 12 und 13 für alle", "Température 20°C été"]
)
def test_what_western_texts_have_beside_each_other_is_read(text: str) -> None:
    assert other_text(text.encode("cp1252")) == (text, "cp1252")


def test_japanese_of_mails_is_read() -> None:
    text = "こんにちは、明日の会議について"
    assert unicode_text(text.encode("iso2022_jp")) is None
    assert other_text(text.encode("iso2022_jp")) == (text, "iso2022_jp")
