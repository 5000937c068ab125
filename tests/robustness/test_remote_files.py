"""Files by address: what is read, and within which limits; a real server on this machine answers."""

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler

import fsspec
import pytest
from web import Server, get, refusal

from clip_embeddings import InvalidInputError, MissingExtraError
from clip_embeddings.ingestion.read.remote import check_readers


def test_a_file_is_read_whole_and_asked_for_uncompressed(server: Server) -> None:
    content = bytes(range(256)) * 2_000
    assert get(server.at("/a%20b/%EB%B0%94?x=1&y=[2]", content).replace("%EB%B0%94", "바")) == content
    ((path, headers),) = server.asked
    assert path == "/a%20b/%EB%B0%94?x=1&y=[2]"
    assert headers["Host"] == f"127.0.0.1:{server.port}"
    assert headers["Accept-Encoding"] == "identity"
    assert get(server.at("/empty") + "#part") == b""


def test_chunks_are_put_together(server: Server) -> None:
    def chunks(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        request.wfile.write(b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")

    assert get(server.does("/", chunks)) == b"abcde"


def test_several_threads_read_at_once(server: Server) -> None:
    found: dict[int, bytes] = {}
    urls = [server.at(f"/{number}", str(number).encode()) for number in range(8)]

    def fetch(number: int) -> None:
        found[number] = get(urls[number])

    threads = [threading.Thread(target=fetch, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: str(number).encode() for number in range(8)}


@pytest.mark.parametrize("status", [404, 500, 204, 206])
def test_only_200_is_a_file(server: Server, status: int) -> None:
    assert refusal(server.at("/", b"words", status)).startswith(f"answered {status} ")


def test_redirects_are_followed_relative_and_absolute(server: Server) -> None:
    server.at("/b/c.jpg", b"picture")
    server.at("/b/a", status=308, Location="c.jpg#top")
    assert get(server.at("/a", status=301, Location=f"http://127.0.0.1:{server.port}/b/a")) == b"picture"


def test_a_file_over_the_limit_is_refused_whatever_its_server_announces(server: Server) -> None:
    def liar(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not server.ended.is_set():  # ends when the reader hangs up
            request.wfile.write(b"x" * 10_000)

    limit = "is larger than the limit of 1,000 bytes; --max-bytes raises it"
    assert refusal(server.does("/endless", liar), max_bytes=1_000) == limit
    assert refusal(server.at("/announced", b"x" * 1_001), max_bytes=1_000) == limit
    assert get(server.at("/just", b"x" * 1_000), max_bytes=1_000) == b"x" * 1_000


def test_what_comes_compressed_is_refused_and_not_unpacked(server: Server) -> None:
    message = refusal(server.at("/", b"\x1f\x8b", Content_Encoding="gzip"))
    assert message == "came compressed (gzip), though that was not asked for"


def test_a_file_that_is_cut_off_is_not_taken_for_whole(server: Server) -> None:
    assert refusal(server.at("/", b"half", Content_Length="8")) == "ended after 4 of 8 bytes"


@pytest.mark.parametrize("sent_first", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_server_that_drips_is_left(server: Server, sent_first: bytes) -> None:
    def drip(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(sent_first)
        for _ in range(250):  # without a limit for the whole, each byte would start the wait anew
            request.wfile.write(b"H")
            request.wfile.flush()
            time.sleep(0.02)

    assert refusal(server.does("/", drip), timeout=0.3) == "took longer than 0.3 s"


def test_a_host_that_hangs_up_or_speaks_no_http_is_a_reason_in_words(server: Server) -> None:
    def hangs_up(request: BaseHTTPRequestHandler) -> None:
        request.connection.shutdown(socket.SHUT_RDWR)

    def babbles(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"220 mail server\r\n")

    assert "does not answer as a web server (RemoteDisconnected" in refusal(server.does("/", hangs_up))
    assert "does not answer as a web server (BadStatusLine" in refusal(server.does("/mail", babbles))
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        assert refusal(f"http://127.0.0.1:{port}/") == "cannot be reached (Connection refused)"


def test_a_handshake_that_does_not_end_is_left() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/"
        assert refusal(url, timeout=0.3) == "took longer than 0.3 s"


def test_other_schemes_are_read_with_fsspec_within_the_same_limit() -> None:
    with fsspec.open("memory://bucket/a.jpg", "wb") as file:
        file.write(b"x" * 1_000)
    assert get("memory://bucket/a.jpg", allow_schemes=["memory"], max_bytes=1_000) == b"x" * 1_000
    assert "larger than the limit" in refusal(
        "memory://bucket/a.jpg", allow_schemes=["memory"], max_bytes=999
    )
    assert refusal("memory://bucket/b.jpg", allow_schemes=["memory"]) == "no such file"
    assert "is of scheme 'memory', which is not allowed" in refusal("memory://bucket/a.jpg")


def test_a_scheme_that_nothing_reads_is_told_before_any_file_is_read() -> None:
    check_readers(["https", "memory", "file"])
    with pytest.raises(InvalidInputError, match="scheme 'nonsense': nothing here reads it"):
        check_readers(["nonsense"])


def test_a_scheme_whose_package_is_missing_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    fsspec.register_implementation("far", "no_such_package.Far", errtxt="Install no_such_package to read far")
    with pytest.raises(
        MissingExtraError, match=r"reading far:// addresses needs one more package: Install no_"
    ):
        check_readers(["far"])


def test_limits_that_make_no_sense_are_refused() -> None:
    for options in ({"max_bytes": 0}, {"timeout": 0}, {"timeout": float("nan")}):
        with pytest.raises(InvalidInputError, match="expected more than 0"):
            get("http://example.org/", **options)
