"""Searching on the page in a real Chromium: words, pictures that are dropped, filters, both languages."""

import re
from pathlib import Path

import pytest
from pictures import encoded, photo
from playwright.sync_api import Page, Route, expect

from tests.page.browsing import CARDS, ask, choose, drop, idle, loaded, names, of_transfer, picture_of


@pytest.mark.parametrize("page", ["en"], indirect=True)
def test_words_find_the_right_picture_first(page: Page) -> None:
    ask(page, "two red boats on the sea at sunset")
    page.check("input[value=image]", force=True)
    idle(page)
    first = page.locator(f"{CARDS} >> nth=0")
    loaded(first.locator("img"))
    assert names(page)[0] in {"scene-018.png", "scene-060.png", "scene-038.png"}
    expect(first.locator(".near")).to_contain_text(re.compile("1 in .* random pairs"))
    expect(page.locator("#status")).to_have_text("The 24 best")


@pytest.mark.parametrize("page", ["ko-KR"], indirect=True)
def test_korean_words_find_pictures_and_texts_on_a_korean_page(page: Page) -> None:
    assert page.locator("html").get_attribute("lang") == "ko"
    ask(page, "노을지는 바다")
    assert set(names(page)[:8]) & {"noeul.txt", "bada-yeohaeng.txt"}
    assert any(name.startswith("scene-") for name in names(page)[:8])
    expect(page.locator(f"{CARDS} .near >> nth=0")).to_contain_text("무작위 쌍")
    picture_of(page, "page.ko.png")
    page.click("#language")
    idle(page)
    expect(page.locator("#tab-search")).to_have_text("Search")
    expect(page.locator("#words")).to_have_value("노을지는 바다")
    picture_of(page, "page.png")


def test_a_dropped_a_pasted_and_a_chosen_picture_find_what_is_like_it(page: Page, files: Path) -> None:
    content = (files / "query.png").read_bytes()
    drop(page, "query.png", content)
    expect(page.locator("#attached")).to_contain_text("query.png")
    idle(page)
    dropped = names(page)
    page.locator("#attached button").click()
    expect(page.locator("#status")).to_contain_text("rows")
    page.evaluate(
        "it => window.dispatchEvent(new ClipboardEvent('paste', { clipboardData: it, cancelable: true }))",
        of_transfer(page, "query.png", content, "image/png"),
    )
    expect(page.locator("#attached")).to_be_visible()
    expect(page.locator("#status")).to_have_text("The 24 best")
    assert names(page) == dropped
    page.locator("#attached button").click()
    expect(page.locator("#attached")).to_be_hidden()
    page.set_input_files("#file", files / "query.png")
    expect(page.locator("#status")).to_have_text("The 24 best")
    assert names(page) == dropped
    ask(page, "at night")
    expect(page.locator("#attached")).to_be_visible()
    assert names(page) != dropped


def test_a_broken_picture_and_another_file_that_are_dropped_are_named(page: Page) -> None:
    drop(page, "broken.png", b"no picture at all")
    expect(page.locator("#search .problem")).to_be_visible()
    expect(page.locator(CARDS)).to_have_count(0)
    drop(page, "notes.txt", b"words", "text/plain")
    expect(page.locator("#search .problem")).to_have_text("“notes.txt” is no picture.")
    drop(page, "photo.jpg", encoded(photo(400, 300), "JPEG"), "image/jpeg")
    expect(page.locator("#search .problem")).to_be_hidden()
    expect(page.locator(CARDS)).to_have_count(24)


def test_kinds_and_filters_narrow_what_is_found(page: Page) -> None:
    ask(page, "the sea")
    page.check("input[value=text]", force=True)
    idle(page)
    assert not page.locator(f"{CARDS} img").count()
    page.check("input[value=image]", force=True)
    page.click("#open-filters")
    place = page.locator("#filters label", has_text="place").locator("select")
    expect(place).to_be_visible()
    sea = next(each for each in place.locator("option").all_inner_texts() if each.startswith("sea ("))
    place.select_option(label=sea)
    count = re.sub(r"\D", "", sea)
    expect(page.locator("#status")).to_have_text(f"{count} found")
    expect(page.locator("#open-filters")).to_have_text("Filters (1)")
    years = page.locator("#filters fieldset", has_text="year").locator("input")
    years.nth(0).fill("2005")
    years.nth(0).press("Enter")
    idle(page)
    narrowed = page.locator(CARDS).count()
    assert 0 < narrowed < int(count)
    days = page.locator("#filters fieldset", has_text="day").locator("input")
    days.nth(1).fill("2024-01-02")
    days.nth(1).dispatch_event("change")
    expect(page.locator("#open-filters")).to_have_text("Filters (3)")
    idle(page)
    assert page.locator(CARDS).count() < narrowed
    page.locator("#filters .link").click()
    expect(page.locator("#status")).to_have_text("The 24 best")


def test_an_empty_and_a_raw_collection_say_what_they_are(page: Page) -> None:
    choose(page, "empty")
    expect(page.locator("#status")).to_contain_text("This collection is empty")
    ask(page, "a cat")
    expect(page.locator("#status")).to_contain_text("This collection is empty")
    choose(page, "raw")
    expect(page.locator("#apart")).to_be_visible()
    expect(page.locator(f"{CARDS} .near >> nth=0")).to_contain_text("cosine 0.")


def test_a_result_leads_to_what_is_like_it_and_back(page: Page) -> None:
    ask(page, "a dog on the beach")
    found = names(page)
    page.locator(f"{CARDS} >> nth=0").locator("button.link").click()
    expect(page.locator("#attached")).to_contain_text(f"Like “{found[0]}”")
    idle(page)
    assert found[0] not in names(page)
    page.reload()
    expect(page.locator("#attached")).to_contain_text(f"Like “{found[0]}”")
    page.go_back()
    expect(page.locator("#words")).to_have_value("a dog on the beach")
    idle(page)
    assert names(page) == found


def test_more_is_shown_below_what_is_there(page: Page) -> None:
    for _ in range(2):
        before = names(page)
        page.click("#more")
        expect(page.locator(CARDS)).to_have_count(len(before) + 24)
        assert names(page)[: len(before)] == before
    ask(page, "the sea")
    first = names(page)
    page.click("#more")
    expect(page.locator(CARDS)).to_have_count(48)
    assert names(page)[:24] == first
    expect(page.locator(f"{CARDS} >> nth=24")).to_contain_text("random pairs")


def hold(page: Page, path: str) -> list[Route]:
    """Requests that wait until the test lets them go on."""
    held: list[Route] = []
    page.route(f"**/api/{path}*", lambda route: held.append(route))  # noqa: PLW0108 - it looks into it
    return held


def test_what_is_shown_is_of_the_newest_question_while_others_are_on_their_way(page: Page) -> None:
    ask(page, "a boat")
    boats = names(page)
    held = hold(page, "search")
    page.fill("#words", "a cat")
    page.press("#words", "Enter")
    expect(page.locator("#more")).to_be_hidden()  # there is no more of a question that has no answer yet
    page.fill("#words", "the mountains")
    page.press("#words", "Enter")
    held[1].continue_()
    idle(page)
    page.wait_for_timeout(400)  # after which the older one would say that it is searched
    mountains = names(page)
    held[0].continue_()
    page.wait_for_timeout(300)
    assert names(page) == mountains != boats
    expect(page.locator("#status")).to_have_text("The 24 best")
    page.locator(f"{CARDS} .open >> nth=0").click()
    expect(page.locator("#detail h2")).to_have_text(mountains[0])


def test_rows_that_came_in_between_are_shown_and_none_twice(page: Page) -> None:
    ask(page, "the sea")
    before = names(page)

    def grown(route: Route) -> None:
        answer = route.fetch()
        found = answer.json()
        found["hits"].insert(0, {**found["hits"][-1], "id": "new", "name": "new.png", "picture": False})
        route.fulfill(response=answer, json=found)

    page.route("**/api/search*", grown)
    page.click("#more")
    expect(page.locator(CARDS, has_text="new.png")).to_have_count(1)
    after = names(page)
    assert after[:24] == before
    shown = [name for name in after if name.startswith("scene-")]
    assert len(shown) == len(set(shown))
    page.locator(f"{CARDS} .open >> nth=30").click()
    expect(page.locator("#detail h2")).to_have_text(after[30])


def test_words_that_were_typed_are_not_lost(page: Page) -> None:
    page.fill("#words", "a dog")
    page.check("input[value=image]", force=True)
    expect(page.locator("#status")).to_have_text("The 24 best")
    expect(page.locator("#words")).to_have_value("a dog")
    page.fill("#words", "half a sen")
    page.click("#language")
    expect(page.locator("#words")).to_have_value("half a sen")
    choose(page, "raw")
    expect(page.locator("#words")).to_have_value("half a sen")


def test_a_filter_keeps_what_rows_are_to_be_like_and_is_in_the_address(page: Page) -> None:
    page.locator(f"{CARDS}.picture >> nth=0").locator("button.link").click()
    expect(page.locator("#attached")).to_contain_text("Like")
    page.click("#open-filters")
    year = page.locator("#filters fieldset", has_text="year").locator("input").nth(0)
    year.fill("2015")
    year.press("Enter")
    expect(page.locator("#open-filters")).to_have_text("Filters (1)")
    expect(page.locator("#attached")).to_contain_text("Like")
    idle(page)
    narrowed = names(page)
    page.reload()
    expect(page.locator("#open-filters")).to_have_text("Filters (1)")
    idle(page)
    assert names(page) == narrowed
    assert "where=" in page.evaluate("performance.getEntriesByType('resource').map(each => each.name).join()")


def test_text_that_comes_with_a_picture_of_itself_is_pasted_as_text(page: Page, files: Path) -> None:
    carried = of_transfer(page, "cells.png", (files / "query.png").read_bytes(), "image/png")
    page.evaluate("it => it.setData('text/plain', 'a table')", carried)
    page.focus("#words")
    prevented = page.evaluate(
        """it => !document.activeElement.dispatchEvent(
            new ClipboardEvent('paste', { clipboardData: it, cancelable: true, bubbles: true }))""",
        carried,
    )
    assert not prevented
    expect(page.locator("#attached")).to_be_hidden()


def test_an_address_of_a_collection_that_is_gone_says_so(page: Page) -> None:
    page.goto(page.url.split("?")[0] + "?collection=nosuch&q=boat")
    expect(page.locator("#search .problem")).to_have_text("This store has no collection “nosuch”.")
