"""Looking at what the page found, in a real Chromium: keys, widths, hostile content, the other tabs."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.page.browsing import CARDS, ask, choose, drop, drop_below
from tests.page.conftest import HOSTILE, HOSTILE_NAME


def test_hostile_words_and_names_are_text_and_nothing_of_them_runs(page: Page) -> None:
    choose(page, "strange")
    card = page.locator(CARDS, has_text="onmouseover")
    expect(card.locator(".caption")).to_contain_text("<img src=x onerror=")
    assert card.locator("script, b, img[src=x]").count() == 0
    card.locator(".name").hover()
    card.locator(".open").click()
    expect(page.locator("#detail h2")).to_have_text(HOSTILE_NAME.strip())
    expect(page.locator("#detail .caption")).to_contain_text(HOSTILE[:60])
    expect(page.locator("#detail dt", has_text="<i>field</i>")).to_be_visible()
    page.keyboard.press("Escape")
    page.goto(
        page.url.split("?")[0]
        + "?collection=demo&like=%3Cimg%20src%3Dx%3E&name=%3Cimg src=x onerror=alert(1)%3E"
    )
    expect(page.locator("#attached")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(page.locator("#search .problem")).to_contain_text("no row of 'demo' has the id '<img src=x>'")


def test_a_file_that_broke_is_named_in_its_place_and_a_changed_one_is_told(page: Page) -> None:
    choose(page, "strange")
    broken = page.locator(CARDS, has_text="broken.png")
    broken.scroll_into_view_if_needed()
    expect(broken.locator(".none")).to_contain_text("This picture cannot be shown:")
    broken.locator(".open").click()
    expect(page.locator("#detail figure .none")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(CARDS, has_text="changed.png").locator(".open").click()
    expect(page.locator("#detail figcaption")).to_have_text("Its file has changed since it was stored.")


def test_keys_alone_are_enough(page: Page) -> None:
    page.focus("#words")
    page.keyboard.type("a dog on the beach")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text("The 24 best")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('open')"):
            break
    page.keyboard.press("Enter")
    detail = page.locator("#detail")
    expect(detail).to_be_visible()
    first = page.locator("#detail h2").inner_text()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#detail h2")).not_to_have_text(first)
    expect(page.locator("#detail dl")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#detail h2")).to_have_text(first)
    page.keyboard.press("Escape")
    expect(detail).to_be_hidden()
    assert page.evaluate("document.activeElement.classList.contains('open')")  # where it was
    page.focus("#tab-search")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#classify")).to_be_visible()


def test_labels_that_are_typed_in_are_told_of_a_picture(page: Page, files: Path) -> None:
    page.click("#tab-classify")
    page.click("#labels-form .main")
    expect(page.locator("#classify .problem")).to_have_text("Give a picture first.")
    drop(page, "query.png", (files / "query.png").read_bytes())
    page.fill("#labels", "a cat\n배\na dog")
    page.click("#labels-form .main")
    expect(page.locator("#answer li")).to_have_count(3)
    expect(page.locator("#answer li >> nth=0")).to_contain_text("배")
    expect(page.locator("#answer-note")).to_contain_text("also where none fits")
    page.click("#tab-search")
    page.locator(f"{CARDS}.picture .open >> nth=0").click()
    page.get_by_role("dialog").get_by_role("button", name="Classify").click()
    expect(page.locator("#answer li")).to_have_count(3)  # the labels are those that were typed


def test_the_gap_is_told_in_words_a_picture_and_numbers(page: Page) -> None:
    page.click("#tab-gap")
    expect(page.locator("#report svg")).to_have_count(2)
    expect(page.locator("#report .verdict")).to_contain_text("Under the calibration, a text query")
    assert page.locator("#report circle").count() > 100
    page.click("#language")
    expect(page.locator("#report .verdict")).to_contain_text("보정 후 글로 찾으면")
    page.select_option("#collection", "empty")
    expect(page.locator("#gap .problem")).to_contain_text("the gap needs at least 10")


@pytest.mark.parametrize(("page", "width"), [("en", 360), ("ko-KR", 360), ("ko-KR", 820)], indirect=["page"])
def test_nothing_is_wider_than_the_window(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    choose(page, "strange")
    page.click("#open-filters")
    for tab in ("search", "classify", "gap"):
        page.click(f"#tab-{tab}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, tab
    page.click("#tab-search")
    page.locator(CARDS, has_text="onmouseover").locator(".open").click()
    expect(page.locator("#detail dl")).to_be_visible()
    assert page.evaluate("document.getElementById('detail').scrollWidth") <= width


def test_a_path_can_be_copied_and_the_file_opened(page: Page, files: Path) -> None:
    page.locator(f"{CARDS}.picture .open >> nth=0").click()
    page.get_by_role("button", name="Copy the path").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert Path(copied).parent == files / "pictures"
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open the file").click()
    opened.value.wait_for_load_state()
    assert opened.value.evaluate("document.images[0].naturalWidth") == 384
    opened.value.close()  # left in front, it has the browser slow the page down for the tests that follow


def test_an_open_row_gives_way_to_a_picture_that_is_dropped_and_to_going_back(
    page: Page, files: Path
) -> None:
    ask(page, "the sea")
    detail = page.locator("#detail")
    page.locator(f"{CARDS} .open >> nth=0").click()
    expect(detail).to_be_visible()
    drop_below(page, "query.png", (files / "query.png").read_bytes())
    expect(detail).to_be_hidden()
    expect(page.locator("#attached")).to_be_visible()
    page.locator(f"{CARDS} .open >> nth=0").click()
    expect(detail).to_be_visible()
    page.keyboard.press("Shift+ArrowRight")  # selects, and does not go on
    page.go_back()
    expect(detail).to_be_hidden()


def test_an_answer_to_another_picture_or_of_another_model_is_not_shown(page: Page, files: Path) -> None:
    page.click("#tab-classify")
    drop(page, "query.png", (files / "query.png").read_bytes())
    page.fill("#labels", "a cat, asleep\na boat")
    page.click("#labels-form .main")
    expect(page.locator("#answer li")).to_have_count(2)  # a comma divides nothing
    page.select_option("#collection", "raw")
    expect(page.locator("#answer li")).to_have_count(0)
    expect(page.locator("#subject img")).to_be_visible()


@pytest.mark.parametrize("kept", ["constructor", None])
def test_a_browser_that_keeps_nothing_or_nonsense_shows_the_page(own_page: Page, kept: str | None) -> None:
    if kept:
        own_page.evaluate("kept => localStorage.setItem('clip-embeddings.language', kept)", kept)
    else:
        own_page.add_init_script(
            "Object.defineProperty(window, 'localStorage', { get() { throw new Error('blocked'); } })"
        )
    own_page.reload()
    expect(own_page.locator(CARDS)).to_have_count(24)
    expect(own_page.locator("#tab-search")).to_have_text("Search")
