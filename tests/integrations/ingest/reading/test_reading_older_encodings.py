"""Text in older encodings is read as what it is, counted, or refused until its encoding is given."""

from pathlib import Path
from typing import Any

import chromadb
import pytest
from stored import rows_of, write_notes

from chroma_clip_embeddings import ingest, sample_files
from clip_embeddings import CLIPEmbedder, InvalidInputError
from clip_embeddings.ingestion.read.local import UnusableFile
from clip_embeddings.ingestion.read.sources import read_source
from clip_embeddings.ingestion.read.taking import Taking
from clip_embeddings.ingestion.read.texts import checked_encoding
from langchain_clip_embeddings import CLIPEmbeddings, MediaLoader

WRITTEN = {
    "Korean": ("안녕하세요 회의는 3시에 시작합니다.", "cp949"),
    "one Korean word": ("고양이", "cp949"),
    "Korean with rare syllables": ("똠방각하 뷁", "cp949"),
    "Korean with Latin words": ("BMW service 예약 완료, PDF를 보낸다", "cp949"),
    "Korean with hanja": ("大韓民國의 國語 정책에 관한 보고서이다. 그 내용은 다음과 같다.", "cp949"),
    "Korean that begins as a bitmap": ("BM은 그림 파일이다. 그림을 여는 법을 알아보자.", "cp949"),
    "Japanese": ("会議は三時に始まります。", "cp932"),
    "katakana": ("カメラの説明書です", "cp932"),
    "Japanese in EUC": ("会議は三時に始まります。", "euc_jp"),
    "French": ("Le café est à côté de l'hôtel, très près.", "cp1252"),
    "one French word": ("café", "cp1252"),
    "German": ("Größe: 5 m², Übergröße für Männer – “gut”", "cp1252"),
    "Spanish": ("¿Dónde está el niño? Mañana.", "cp1252"),
    "Portuguese capitals": ("ATENÇÃO: a INSTALAÇÃO não está pronta. LIGAÇÕES em atenção.", "cp1252"),
    "smart quotes": ("It’s a “quote” – fine.", "cp1252"),
    "degrees": ("It is 20°C and costs 5€", "cp1252"),
    "long French": ("Nous avons mangé une crêpe à l'école, où il y a une fenêtre très haute. " * 5, "cp1252"),
    "Polish": ("Zażółć gęślą jaźń, proszę bardzo. Dziękuję.", "cp1250"),
    "Hungarian": ("Jó napot kívánok, hogy van? Köszönöm szépen, árvíztűrő tükörfúrógép.", "cp1250"),
    "Russian": ("Привет, как дела? Сегодня хорошая погода.", "cp1251"),
    "Greek": ("Καλημέρα, τι κάνετε σήμερα; Ο καιρός είναι πολύ καλός και πάμε στη θάλασσα. " * 3, "cp1253"),
    "Chinese": (
        "今天天气很好,我们去公园散步吧。这本书的作者是一位著名的历史学家,他在大学里教书多年。" * 5,
        "gb18030",
    ),
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_text_in_an_older_encoding_is_read(tmp_path: Path, kind: str) -> None:
    text, encoding = WRITTEN[kind]
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    source = read_source(tmp_path / "a.txt")
    assert (source.text, source.encoding) == (text, encoding)
    (tmp_path / "long.txt").write_bytes((text + "\n").encode(encoding) * 2000)
    assert read_source(tmp_path / "long.txt").text == (text + "\n") * 2000


@pytest.mark.parametrize("kind", WRITTEN)
def test_in_unicode_it_is_not_guessed_at(tmp_path: Path, kind: str) -> None:
    text, _ = WRITTEN[kind]
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        (tmp_path / "a.txt").write_bytes(text.encode(encoding))
        source = read_source(tmp_path / "a.txt", taking=Taking(encoding="cp949"))
        assert (source.text, source.encoding) == (text, "")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("東京都", "cp932"),
        ("Şişli'de ığdır", "cp1254"),
        ("會議將於三點開始", "big5"),
        ("Příliš žluťoučký kůň", "cp1250"),
    ],
)
def test_what_cannot_be_told_is_refused_until_its_encoding_is_given(
    tmp_path: Path, text: str, encoding: str
) -> None:
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    with pytest.raises(UnusableFile, match="its encoding cannot be told; --encoding"):
        read_source(tmp_path / "a.txt")
    source = read_source(tmp_path / "a.txt", taking=Taking(encoding=encoding))
    assert (source.text, source.encoding) == (text, encoding)


def test_an_encoding_that_a_file_is_not_in_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("Il était là.".encode("cp1252"))
    with pytest.raises(UnusableFile, match="nor text in UTF-8, UTF-16 or cp949"):
        read_source(tmp_path / "a.txt", taking=Taking(encoding="cp949"))


@pytest.mark.parametrize("encoding", ["klingon", "", "base64", "a\0b", 7])
def test_an_encoding_that_there_is_not_is_refused_at_once(
    collection: chromadb.Collection, tmp_path: Path, encoding: Any
) -> None:
    with pytest.raises(InvalidInputError, match="encoding: got"):
        ingest([tmp_path], collection, encoding=encoding)
    with pytest.raises(InvalidInputError, match="encoding: got"):
        MediaLoader(tmp_path, CLIPEmbeddings(model="tiny"), encoding=encoding)
    assert checked_encoding("EUC-KR") == "euc_kr"


def test_encodings_are_counted_in_the_report(
    collection: chromadb.Collection, tmp_path: Path, tiny: CLIPEmbedder
) -> None:
    folder = tmp_path / "files"
    write_notes(folder, 2)
    for kind in ("Korean", "one Korean word", "French"):
        text, encoding = WRITTEN[kind]
        (folder / f"{kind}.txt").write_bytes(text.encode(encoding))
    report = ingest([folder], collection)
    assert report.failures == []
    assert report.encodings == {"cp949": 2, "cp1252": 1}
    assert "1 read as cp1252, 2 read as cp949, " in str(report)
    assert {"고양이", WRITTEN["French"][0]} <= {row.document for row in rows_of(collection).values()}
    documents = MediaLoader(folder, CLIPEmbeddings(model="tiny")).load()
    assert "고양이" in {document.page_content for document in documents}
    assert sample_files([folder], tiny, size=10).counts == {"image": 0, "text": 5}
