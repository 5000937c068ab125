"""What the tests of the page do with its window."""

import base64
import os
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

PICTURES = os.environ.get("CLIP_PAGE_PICTURES")
"""A folder that the README's pictures of the page are written to; see docs/releasing.md."""
CARDS = "#results > .card"


def ask(page: Page, words: str) -> None:
    page.fill("#words", words)
    page.press("#words", "Enter")
    idle(page)


def idle(page: Page) -> None:
    expect(page.locator("#search")).to_have_attribute("aria-busy", "false")


def names(page: Page) -> list[str]:
    return page.locator(f"{CARDS} .name").all_inner_texts()


def of_transfer(page: Page, name: str, content: bytes, kind: str) -> Any:
    """What a drop or a paste carries: one file."""
    make = """([name, kind, content]) => {
        const transfer = new DataTransfer();
        const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
        transfer.items.add(new File([bytes], name, { type: kind }));
        return transfer;
    }"""
    return page.evaluate_handle(make, [name, kind, base64.b64encode(content).decode()])


def drop(page: Page, name: str, content: bytes, kind: str = "image/png") -> None:
    carried = of_transfer(page, name, content, kind)
    page.dispatch_event("body", "dragover", {"dataTransfer": carried})
    expect(page.locator("#dropping")).to_be_visible()
    page.dispatch_event("body", "drop", {"dataTransfer": carried})
    expect(page.locator("#dropping")).to_be_hidden()


def choose(page: Page, collection: str) -> None:
    page.select_option("#collection", collection)
    idle(page)


def loaded(picture: Locator) -> None:
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") > 0


def picture_of(page: Page, name: str) -> None:
    """One of the README's, where they are wanted."""
    for image in page.locator(f"{CARDS} img").all()[:12]:
        image.scroll_into_view_if_needed()
        loaded(image)
    page.evaluate("window.scrollTo(0, 0); document.activeElement.blur()")
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / name)
