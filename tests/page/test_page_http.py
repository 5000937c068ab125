"""The page's server without a browser: who may ask, what is handed out, and what is said of mistakes."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import warm
from pictures import scene
from starlette.testclient import TestClient

from clip_embeddings.stores.protocol import Store
from clip_embeddings_app.library import Library
from clip_embeddings_app.page.desk import Desk
from clip_embeddings_app.page.guard import Guarded
from clip_embeddings_app.page.routes import STATIC, application
from clip_embeddings_app.page.thumbnails import Thumbnails
from tests.page.conftest import HOSTILE_NAME, KOREAN

ROOT = Path(__file__).parents[2]


def ids(http: httpx.Client, collection: str) -> dict[str, str]:
    """Name of a file -> id of its row."""
    hits = http.get("/api/browse", params={"collection": collection, "k": 200}).json()["hits"]
    return {hit["name"]: hit["id"] for hit in hits}


def test_a_search_gives_one_ranking_with_the_right_picture_among_the_first(http: httpx.Client) -> None:
    answer = http.post("/api/search", params={"text": "노을지는 바다", "k": 10, "modality": "image"})
    hits = answer.json()["hits"]
    assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)
    assert all(hit["picture"] and 0 < hit["percentile"] <= 100 for hit in hits)
    assert answer.json()["ranked"]
    assert answer.json()["next"] == 10


def test_words_and_a_picture_find_what_is_like_both(http: httpx.Client, files: Path) -> None:
    picture = (files / "query.png").read_bytes()
    asked: dict[str, Any] = {"k": 5, "modality": "image"}
    alone = http.post("/api/search", params=asked, content=picture).json()["hits"]
    both = http.post("/api/search", params={**asked, "text": "at night"}, content=picture).json()["hits"]
    assert [hit["id"] for hit in alone] != [hit["id"] for hit in both]
    assert {hit["percentile"] for hit in both} == {None}


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("search?k=0", 400, "k: got 0; expected 1 to 300"),
        ("search", 400, "give text=..., image=..., or both"),
        ("search?text=a&k=many", 400, "k: got 'many'; expected a whole number"),
        ("search?text=a&modality=sound", 400, "modality: got 'sound'; expected any, image or text"),
        ("search?text=a&where=year", 400, "where: got 'year', which cannot be read"),
        ("search?text=a&collection=other", 400, "none called 'other'; it has: 'demo', 'empty'"),
        ("classify", 400, "labels: expected a list of texts in JSON, as the first line of the body"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(http: httpx.Client, path: str, status: int, message: str) -> None:
    answer = http.post(f"/api/{path}")
    assert answer.status_code == status
    assert message in answer.text.encode().decode("unicode_escape")


@pytest.mark.parametrize("path", ["row", "thumbnail", "picture", "original", "similar"])
def test_a_row_that_is_not_there_is_named(http: httpx.Client, path: str) -> None:
    answer = http.get(f"/api/{path}", params={"id": "absent"})
    assert (answer.status_code, "absent" in answer.json()["error"]) == (400, True)
    assert http.get(f"/api/{path}").json()["error"] == "id: none was given"


def test_a_broken_picture_that_is_sent_is_named(http: httpx.Client) -> None:
    answer = http.post("/api/search", content=b"no picture at all")
    assert (answer.status_code, "no image format" in answer.text or "not" in answer.text) == (422, True)


def test_a_picture_that_is_too_large_is_not_read(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from clip_embeddings_app.page import routes

    monkeypatch.setattr(routes, "_BODY", 2**20)
    answer = http.post("/api/search", content=bytes(2**20 + 1))
    assert (answer.status_code, answer.json()["error"]) == (413, "the picture is larger than 1 MiB")


def test_a_thumbnail_is_made_once_and_anew_where_the_file_changes(
    http: httpx.Client, desk: Desk, store: Store, tmp_path: Path
) -> None:
    from clip_embeddings.stores.collection import ingest

    scene(7).save(tmp_path / "seven.png")
    ingest([tmp_path], store.open("raw"))
    asked = {"collection": "raw", "id": ids(http, "raw")["seven.png"]}
    first = http.get("/api/thumbnail", params=asked)
    assert first.headers["content-type"] == "image/png"
    kept = next(desk._thumbnails.folder.glob(f"??/{first.headers['etag'][1:-1]}"))
    assert kept.stat().st_mode & 0o077 == 0
    made = kept.stat().st_mtime_ns
    assert http.get("/api/thumbnail", params=asked).content == first.content == kept.read_bytes()
    assert kept.stat().st_mtime_ns == made
    known = {"if-none-match": first.headers["etag"]}
    assert http.get("/api/thumbnail", params=asked, headers=known).status_code == 304
    scene(8).save(tmp_path / "seven.png")
    os.utime(tmp_path / "seven.png", ns=(1, 1))
    assert http.get("/api/thumbnail", params=asked, headers=known).content != first.content


def test_what_is_kept_stays_small(tmp_path: Path) -> None:
    thumbnails = Thumbnails(None, tmp_path)
    for number in range(4):
        path = tmp_path / f"a{number}" / "x"
        path.parent.mkdir()
        path.write_bytes(bytes(100))
        os.utime(path, (number, number))
    thumbnails.trim(250)
    assert sorted(path.parent.name for path in tmp_path.glob("*/x")) == ["a2", "a3"]


def test_a_picture_is_shown_upright_and_a_change_is_told(http: httpx.Client) -> None:
    known = ids(http, "strange")
    from io import BytesIO

    from PIL import Image

    upright = http.get("/api/picture", params={"collection": "strange", "id": known["turned.jpg"]})
    assert Image.open(BytesIO(upright.content)).size == (600, 400)
    changed = http.get("/api/picture", params={"collection": "strange", "id": known["changed.png"]})
    assert changed.headers["x-note"] == "its file has changed since it was stored"


def test_originals_are_the_files_and_nothing_in_them_runs(http: httpx.Client, files: Path) -> None:
    known = ids(http, "strange")
    picture = http.get("/api/original", params={"collection": "strange", "id": known[HOSTILE_NAME]})
    assert picture.content == (files / "strange" / HOSTILE_NAME).read_bytes()
    assert picture.headers["content-disposition"].startswith("inline")
    assert picture.headers["content-security-policy"].startswith("sandbox")
    text = http.get("/api/original", params={"collection": "strange", "id": known["메모.txt"]})
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert text.text == KOREAN  # which lies there in another encoding


def test_files_outside_of_the_roots_and_whole_files_can_be_kept_back(
    store: Store, files: Path, tmp_path: Path
) -> None:
    def client(**options: Any) -> TestClient:
        library = Library(store, store.open, "demo")
        made = Desk(library, thumbnails=Thumbnails(options["roots"], tmp_path / "kept"), **options)
        return TestClient(Guarded(application(made)), base_url="http://localhost")

    inside = client(roots=[files / "pictures"])
    known = ids(inside, "demo")  # type: ignore[arg-type]
    assert inside.get("/api/original", params={"id": known["scene-001.png"]}).status_code == 200
    assert inside.get("/api/original", params={"id": known["harbour.txt"]}).status_code == 400
    assert inside.get("/api/row", params={"id": known["harbour.txt"]}).json()["original"] is None
    outside = client(roots=[tmp_path])
    refused = outside.get("/api/thumbnail", params={"id": known["scene-001.png"]})
    assert (refused.status_code, "outside the folders" in refused.text) == (422, True)
    kept_back = client(roots=None, originals=False)
    assert kept_back.get("/api/thumbnail", params={"id": known["scene-001.png"]}).status_code == 200
    assert kept_back.get("/api/original", params={"id": known["scene-001.png"]}).status_code == 400


def test_fields_are_what_rows_can_be_filtered_by(http: httpx.Client) -> None:
    fields = {field["name"]: field for field in http.get("/api/fields").json()["fields"]}
    assert set(fields) == {"place", "year", "day", "ok"}
    assert (fields["year"]["kind"], fields["year"]["low"], fields["year"]["high"]) == ("number", 2000, 2019)
    assert fields["day"]["kind"] == "day"
    assert ["sea", 9] in fields["place"]["values"] or fields["place"]["values"][0][1] > 5
    assert sorted(value for value, _ in fields["ok"]["values"]) == [False, True]


def test_browsing_goes_on_where_it_ended_and_holds_conditions(http: httpx.Client) -> None:
    asked: dict[str, Any] = {"k": 7, "where": "`place` = 'sea'", "modality": "image"}
    met, start = [], 0
    while start is not None:
        answer = http.get("/api/browse", params={**asked, "start": start}).json()
        met += [hit["name"] for hit in answer["hits"]]
        start = answer["next"]
    fields = http.get("/api/fields").json()["fields"]
    values = dict(map(tuple, next(each for each in fields if each["name"] == "place")["values"]))
    assert len(met) == len(set(met)) == values["sea"]


def test_the_command_serves_until_it_is_ended(store: Store, files: Path, tmp_path: Path) -> None:
    paths = os.pathsep.join([str(ROOT), str(ROOT / "integrations")])
    environment = {**os.environ, "PYTHONPATH": paths, "XDG_CACHE_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "clip_embeddings_app", "ui", "--db", str(files / "db"), "--port", "0"]
    with warm.start(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr
        line = process.stderr.readline()
        served = re.fullmatch(r"serving: (http://127\.0\.0\.1:\d+) .*\n", line)
        assert served, line
        assert "<title>clip-embeddings</title>" in httpx.get(served[1]).text
        listed = httpx.get(f"{served[1]}/api/collections", timeout=60).json()
        assert (listed["default"], len(listed["collections"])) == ("demo", 4)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert "Traceback" not in process.stderr.read()


def test_a_picture_is_classified_by_labels(http: httpx.Client, files: Path) -> None:
    head = json.dumps(["배", "고양이", "a dog, asleep"]).encode() + b"\n"
    sent = http.post("/api/classify", content=head + (files / "query.png").read_bytes()).json()
    assert sent["labels"][0]["label"] == "배"
    assert sum(each["probability"] for each in sent["labels"]) == pytest.approx(1, abs=1e-3)
    scene_of = ids(http, "demo")["scene-001.png"]
    stored = http.post("/api/classify", params={"id": scene_of}, content=head).json()
    picture = (files / "pictures" / "scene-001.png").read_bytes()
    anew = http.post("/api/classify", content=head + picture).json()
    for one, other in zip(stored["labels"], anew["labels"], strict=True):
        assert one["label"] == other["label"]
        assert one["probability"] == pytest.approx(other["probability"], abs=2e-3)
    neither = http.post("/api/classify", content=head).json()
    assert neither["error"] == "classify: give a picture, or the id of one that is stored"
    absent = http.post("/api/classify", params={"id": "no"}, content=head).json()
    assert absent["error"] == "no row of 'demo' has the id 'no'"
    many = json.dumps([f"라벨 {number}" for number in range(201)]).encode()
    assert "labels: got 201" in http.post("/api/classify", params={"id": scene_of}, content=many).text


def test_all_that_the_page_says_is_there_in_both_languages() -> None:
    words = (STATIC / "words.js").read_text(encoding="utf-8")
    said = [dict(re.findall(r'"([a-z ]+)": "((?:[^"\\]|\\.)*)"', part)) for part in words.split("  ko: {")]
    english, korean = said
    assert len(english) > 70
    assert {key: set(re.findall(r"\{\w+\}", text)) for key, text in english.items()} == {
        key: set(re.findall(r"\{\w+\}", text)) for key, text in korean.items()
    }
    others = "".join(path.read_text(encoding="utf-8") for path in STATIC.iterdir() if path.name != "words.js")
    asked = set(re.findall(r'say\("([^"]+)"|data-(?:say|label|hint|title)="([^"]+)"', others))
    assert {one or other for one, other in asked} <= english.keys()
