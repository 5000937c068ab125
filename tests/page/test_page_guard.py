"""Who may ask the page's server, and requests that break off."""

import socket
import time
from urllib.parse import urlsplit

import httpx
import pytest

from clip_embeddings_app.page.guard import Guarded


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),  # another port of this machine
        ({"host": "evil.example"}, False),  # a name of somebody else's that leads here
        ({"host": "LOCALHOST:1"}, True),
        ({"host": "[::1]:80"}, True),
        ({"host": "10.0.0.1"}, False),
        ({"host": "localhost.evil.example"}, False),
        ({"origin": "http://evil.example"}, False),
        ({"origin": "null"}, False),
    ],
)
def test_only_the_page_itself_may_ask(http: httpx.Client, headers: dict[str, str], allowed: bool) -> None:
    for answer in (
        http.get("/api/collections", headers=headers),
        http.post("/api/search", params={"text": "a"}, headers=headers),
    ):
        assert answer.status_code == (200 if allowed else 403)
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_link_from_elsewhere_may_lead_to_the_page_but_no_other_name(http: httpx.Client) -> None:
    assert http.get("/", headers={"sec-fetch-site": "cross-site"}).status_code == 200
    assert http.get("/", headers={"host": "evil.example"}).status_code == 403


@pytest.mark.parametrize(
    ("host", "allowed"),
    [("192.168.0.7:7860", True), ("[fe80::1]:7860", True), ("photos.home", True), ("evil.example", False)],
)
def test_at_a_network_address_only_addresses_and_names_that_were_told_are_answered(
    host: str, allowed: bool
) -> None:
    guarded = Guarded(lambda *_: None, ["photos.home"], any_address=True)
    headers = {"host": host, "origin": f"http://{host}", "sec-fetch-site": "same-origin"}
    assert (guarded.refusal(headers, "/api/search") == "") is allowed


def test_what_is_sent_and_breaks_off_leaves_no_trace_of_an_error(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    place = urlsplit(address)
    with socket.create_connection((str(place.hostname), place.port or 0)) as raw:
        head = f"POST /api/search HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Length: 100000\r\n\r\n"
        raw.sendall(head.encode() + b"some")
        time.sleep(0.2)
    assert httpx.get(f"{address}/api/collections").status_code == 200
    time.sleep(0.2)
    assert "Traceback" not in caplog.text
    assert not caplog.records
