"""A store with drawn scenes and notes behind the page, served on loopback, and a real Chromium."""

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import httpx
import pytest
import uvicorn
from pictures import ORIENTATION, encoded, photo, scene
from PIL import Image
from playwright.sync_api import Browser, Error, Page, ViewportSize, expect, sync_playwright

from clip_embeddings import CLIPEmbedder
from clip_embeddings.stores.collection import ingest
from clip_embeddings.stores.lookup import open_store
from clip_embeddings.stores.protocol import Store
from clip_embeddings_app.demo.run import write_files
from clip_embeddings_app.demo.scenes import demo_scenes
from clip_embeddings_app.library import Library
from clip_embeddings_app.page.desk import Desk
from clip_embeddings_app.page.guard import Guarded
from clip_embeddings_app.page.routes import application
from clip_embeddings_app.page.thumbnails import Thumbnails

SIZE: ViewportSize = {"width": 1280, "height": 900}
HOSTILE = (
    "<img src=x onerror=\"document.title='ran'\"><script>document.title='ran'</script> {name} \u202etxet"
)
KOREAN = "부산으로 가는 기차는 아침 아홉 시에 떠난다. 표는 미리 사 두었다."
HOSTILE_NAME = "<b onmouseover=\"document.title='ran'\">&amp;'`.png"


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's pictures and notes, with a manifest of what the scenes show."""
    folder = tmp_path_factory.mktemp("page")
    write_files(folder)
    lines = []
    for number, drawn in enumerate(demo_scenes(), 1):
        fields = {"place": drawn.place, "year": 2000 + number % 20, "day": 20240100 + 1 + number % 28}
        lines.append(json.dumps({"uri": f"pictures/scene-{number:03}.png", **fields, "ok": number % 2 == 0}))
    (folder / "scenes.jsonl").write_text("\n".join(lines))
    strange = folder / "strange"
    strange.mkdir()
    scene(3).save(strange / HOSTILE_NAME)
    scene(4).save(strange / "broken.png")
    scene(5).save(strange / "changed.png")
    (strange / "메모.txt").write_bytes(KOREAN.encode("cp949"))
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # a viewer turns it to the right by a quarter
    turned = photo(600, 400).rotate(90, expand=True)
    (strange / "turned.jpg").write_bytes(encoded(turned, "JPEG", exif=exif))
    rows = [{"uri": f"strange/{HOSTILE_NAME}", "caption": HOSTILE, "<i>field</i>": HOSTILE[:60]}]
    (folder / "strange.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder


@pytest.fixture(scope="session")
def store(files: Path, tiny: CLIPEmbedder) -> Store:
    """Collections: "demo" (calibrated), "raw" (not), "strange" (broken files, hostile words), "empty"."""
    store = open_store(f"chroma:{files / 'db'}")
    calibrated = tiny.with_calibration("reference")
    demo = store.open("demo", embedder=calibrated, create=True)
    ingest([files / "notes"], demo, manifests=files / "scenes.jsonl")
    raw = store.open("raw", embedder=tiny, create=True)
    ingest([files / "notes", *sorted((files / "pictures").glob("scene-00*.png"))], raw)
    strange = store.open("strange", embedder=calibrated, create=True)
    report = ingest([files / "strange"], strange, manifests=files / "strange.jsonl")
    assert not report.failures
    (files / "strange" / "broken.png").write_bytes(b"no picture")
    scene(6).save(files / "strange" / "changed.png")
    store.open("empty", embedder=calibrated, create=True)
    return store


@pytest.fixture(scope="session")
def desk(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    library = Library(store, store.open, "demo")
    return Desk(library, roots=None, thumbnails=Thumbnails(None, tmp_path_factory.mktemp("thumbnails")))


@pytest.fixture(scope="session")
def address(desk: Desk) -> Iterator[str]:
    """Of the page, served by this process."""
    config = uvicorn.Config(Guarded(application(desk)), port=0, log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(30)


@pytest.fixture(scope="session")
def http(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address) as client:
        yield client


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For one file: while playwright runs, this thread has an event loop, which other tests cannot have."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    expect.set_options(timeout=30_000)  # milliseconds: other tests share the machine
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def windows(browser: Browser, address: str) -> Callable[[str], Page]:
    """The window of a language: to open one takes thrice what it takes to load the page anew."""

    @cache
    def opened(language: str) -> Page:
        return new_window(browser, address, language)

    return opened


def new_window(browser: Browser, address: str, language: str) -> Page:
    context = browser.new_context(locale=language, viewport=SIZE)
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    page = context.new_page()
    page.set_default_timeout(30_000)
    return page


@contextmanager
def on_the_page(page: Page, address: str) -> Iterator[Page]:
    """An error of a script fails the test, and so does one that ran."""
    errors: list[str] = []

    def keep(error: Error) -> None:
        errors.append(str(error))

    page.on("pageerror", keep)
    page.goto(address)
    page.wait_for_selector("#results .card")
    yield page
    assert page.title() == "clip-embeddings"
    page.remove_listener("pageerror", keep)
    assert errors == []


@pytest.fixture(params=["en"])
def page(request: pytest.FixtureRequest, windows: Callable[[str], Page], address: str) -> Iterator[Page]:
    """The page as it first comes up, in the window of a language, which keeps nothing of the test before."""
    window = windows(request.param)
    window.set_viewport_size(SIZE)
    try:
        with on_the_page(window, address):
            yield window
    finally:
        window.unroute_all(behavior="ignoreErrors")
        window.goto(f"{address}/static/icon.svg")  # of the page's origin, and none of its scripts
        window.evaluate("localStorage.clear(); sessionStorage.clear()")


@pytest.fixture
def own_page(browser: Browser, address: str) -> Iterator[Page]:
    """In a window that is the test's alone, for what is set in it for good."""
    window = new_window(browser, address, "en")
    with on_the_page(window, address):
        yield window
    window.context.close()
