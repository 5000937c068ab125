"""Files by address: what is read, and what an address from an untrusted list cannot reach.

A real server on a free port of this machine answers. There is no internet here, so tests that need a public
host fake two things and no more: what a name resolves to, and that a connection to a public address arrives
at the server, as it would through a router. Every check of the code under test is the real one.
"""

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import fsspec
import pytest

from chroma_clip_embeddings import wire
from chroma_clip_embeddings.addresses import kind_of
from chroma_clip_embeddings.remote import check_readers, read_remote
from chroma_clip_embeddings.sources import UnusableFile
from clip_embeddings import InvalidInputError, MissingExtraError

PUBLIC, OTHER = "93.184.216.34", "2606:2800:220:1::1"
Answer = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """What is asked, and what is answered at each path."""

    def __init__(self, port: int) -> None:
        self.port, self.asked = port, list[tuple[str, dict[str, str]]]()
        self.answers: dict[str, Answer] = {}
        self.ended = threading.Event()

    def at(self, path: str, body: bytes = b"", status: int = 200, **headers: str) -> str:
        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(status)
            for name, value in {"Content_Length": str(len(body)), **headers}.items():
                request.send_header(name.replace("_", "-"), value)
            request.end_headers()
            request.wfile.write(body)

        return self.does(path, answer)

    def does(self, path: str, answer: Answer) -> str:
        self.answers[path] = answer
        return f"http://127.0.0.1:{self.port}{path}"


def serving(secure: ssl.SSLContext | None = None) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known.asked.append((self.path, dict(self.headers)))
            known.answers[self.path](self)

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that hangs up is what many tests are about."""

    with Quiet(("127.0.0.1", 0), Handler) as server:
        known = Server(server.server_port)
        if secure:
            server.socket = secure.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield known
        known.ended.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    yield from serving()


class Internet:
    """Names, and the local port at which connections to each public address arrive."""

    def __init__(self) -> None:
        self.names: dict[str, list[list[str]]] = {}  # each look-up takes the next answer; the last one stays
        self.ports: dict[str, int] = {}
        self.silent: set[str] = set()  # addresses that take no connection and say nothing
        self.connected: list[tuple[str, int]] = []

    def name(self, host: str, *answers: list[str]) -> None:
        self.names[host] = list(answers)


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Internet:
    known, lookup, connect = Internet(), socket.getaddrinfo, socket.socket.connect

    def getaddrinfo(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        if host not in known.names:
            return lookup(host, port, *args, **options)
        answers = known.names[host]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [found for address in addresses for found in lookup(address, port, *args, **options)]

    def routed(self: socket.socket, target: Any) -> None:
        known.connected.append(target[:2])
        if target[0] in known.silent:
            time.sleep(self.gettimeout() or 60)
            raise TimeoutError
        if target[0] not in known.ports:
            connect(self, target)
            return
        connect(self, ("127.0.0.1", known.ports[target[0]]))

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket.socket, "connect", routed)
    return known


def get(uri: str, **options: Any) -> bytes:
    return read_remote(uri, **{"allow_schemes": ["http", "https"], "allow_private": True, **options})


def refusal(uri: str, **options: Any) -> str:
    with pytest.raises(UnusableFile) as error:
        get(uri, **options)
    return str(error.value)


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


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "017700000001",
        "0.0.0.0",
        "0",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "１２７.0.0.1",
        "127。0。0。1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
    ],
)
def test_this_machine_is_not_reached_however_it_is_written(server: Server, host: str) -> None:
    server.at("/", b"secret")
    message = refusal(f"http://{host}:{server.port}/", allow_private=False)
    assert "only public addresses are read" in message or "cannot be found" in message
    assert server.asked == []


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("10.1.2.3", "private"),
        ("172.16.0.1", "private"),
        ("192.168.1.1", "private"),
        ("169.254.169.254", "link-local"),
        ("168.63.129.16", "a cloud's own service"),
        ("100.64.0.1", "not public"),
        ("100.100.100.200", "not public"),
        ("224.0.0.1", "multicast"),
        ("255.255.255.255", "private"),
        ("240.0.0.1", "private"),
        ("192.0.2.1", "private"),
        ("fe80::1%1", "link-local"),
        ("fec0::1", "site-local"),
        ("fd00:ec2::254", "private"),
        ("ff0e::1", "multicast"),
        ("::ffff:10.0.0.1", "private"),
        ("64:ff9b::a9fe:a9fe", "link-local"),
        ("64:ff9b:1::808:808", "a local translation"),
        ("2001::1", "an old IPv6 tunnel"),
        ("2002:808:808::", "an IPv6 tunnel"),
    ],
)
def test_networks_that_are_not_public_are_told_by_kind(address: str, kind: str) -> None:
    assert kind_of(ip_address(address)) == kind


@pytest.mark.parametrize("address", [PUBLIC, OTHER, "8.8.8.8", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_let_through(address: str) -> None:
    assert kind_of(ip_address(address)) is None


def test_a_name_is_refused_for_any_one_of_its_addresses(internet: Internet) -> None:
    internet.name("pictures.test", [PUBLIC, "10.0.0.7"])
    message = refusal("http://pictures.test/a.jpg", allow_private=False)
    assert message.startswith("its host 'pictures.test' is at 10.0.0.7 (private); only public addresses are")
    assert internet.connected == []


def test_the_address_that_was_checked_is_the_one_connected_to(server: Server, internet: Internet) -> None:
    server.at("/a.jpg", b"picture")
    internet.name("pictures.test", [PUBLIC], ["127.0.0.1"])  # a second look-up would be told another
    internet.ports[PUBLIC] = server.port
    assert get("http://pictures.test/a.jpg", allow_private=False) == b"picture"
    assert internet.connected == [(PUBLIC, 80)]
    assert server.asked[0][1]["Host"] == "pictures.test"
    assert "127.0.0.1 (loopback)" in refusal("http://pictures.test/a.jpg", allow_private=False)


def test_an_address_that_does_not_answer_leaves_the_others(server: Server, internet: Internet) -> None:
    server.at("/a.jpg", b"picture")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        internet.ports = {"8.8.8.8": closed.getsockname()[1], PUBLIC: server.port}
        internet.name("pictures.test", ["8.8.8.8", PUBLIC])
        assert get("http://pictures.test/a.jpg", allow_private=False) == b"picture"
    internet.silent = {"8.8.8.8"}
    assert get("http://pictures.test/a.jpg", allow_private=False, timeout=2) == b"picture"


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.1:{port}/secret", "//localhost:{port}/secret", "http://2130706433:{port}/secret"],
)
def test_a_redirect_from_a_public_host_to_this_machine_is_refused(
    server: Server, internet: Internet, target: str
) -> None:
    server.at("/a.jpg", status=302, Location=target.format(port=server.port))
    server.at("/secret", b"secret")
    internet.name("pictures.test", [PUBLIC])
    internet.ports[PUBLIC] = server.port
    message = refusal("http://pictures.test/a.jpg", allow_private=False)
    assert message.startswith("redirects to http://")
    assert "(loopback); only public addresses are read" in message
    assert [path for path, _ in server.asked] == ["/a.jpg"]


def test_redirects_are_followed_relative_and_absolute(server: Server) -> None:
    server.at("/b/c.jpg", b"picture")
    server.at("/b/a", status=308, Location="c.jpg#top")
    assert get(server.at("/a", status=301, Location=f"http://127.0.0.1:{server.port}/b/a")) == b"picture"


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("/", "redirects more than 5 times"),
        (
            "ftp://example.org/a",
            "redirects to ftp://example.org/a, and its address is of scheme 'ftp', which",
        ),
        ("file:///etc/passwd", "redirects to file:///etc/passwd, and its address is of scheme 'file', which"),
        ("memory://a/b", "redirects to memory://a/b, and its address is of scheme 'memory', which"),
        ("http://a:b@127.0.0.1/", "and its address holds a name or a password before the host"),
        ("", "answered 302, and not where it has moved to"),
    ],
)
def test_redirects_that_are_not_followed(server: Server, location: str, message: str) -> None:
    url = server.at("/", status=302, Location=location)
    assert message in refusal(url, allow_schemes=["http", "memory"])


def test_a_secret_in_the_address_of_a_redirect_is_not_shown(server: Server) -> None:
    url = server.at("/", status=302, Location="/there?signature=secret")
    server.at("/there?signature=secret", status=403)
    assert refusal(url).endswith(
        f"redirects to http://127.0.0.1:{server.port}/there, and answered 403 Forbidden"
    )


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("http://example.org@127.0.0.1:{port}/", "holds a name or a password before the host"),
        ("http://127.0.0.1:{port}\\@example.org/", "holds a space, a backslash or a control character"),
        ("http://127.0.0.1:{port}/ HTTP/1.1\r\nX: y", "holds a space, a backslash or a control character"),
        ("http://exa\tmple.org/", "holds a space, a backslash or a control character"),
        ("http:///a.jpg", "names no host"),
        ("http://127.0.0.1:99999/", "malformed (Port out of range"),
        ("http://[127.0.0.1/", "malformed (Invalid IPv6 URL)"),
        ("http://a..b/", "its host 'a..b' is not the name of one"),
        ("https://127.0.0.1:{port}/", "is of scheme 'https', which is not allowed"),
        ("ftp://127.0.0.1/", "is of scheme 'ftp', which is not allowed; --allow-scheme allows it"),
        ("/etc/passwd", "is a path; expected an address such as https://..."),
        ("file:///etc/passwd", "is of scheme 'file', which is not allowed"),
    ],
)
def test_addresses_that_are_not_what_they_seem_are_refused(server: Server, uri: str, message: str) -> None:
    server.at("/", b"secret")
    assert message in refusal(uri.format(port=server.port), allow_schemes=["http"])
    assert server.asked == []


def test_a_file_over_the_limit_is_refused_whatever_its_server_announces(server: Server) -> None:
    def liar(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not server.ended.is_set():  # ends when the reader hangs up
            request.wfile.write(b"x" * 10_000)

    limit = "is larger than the limit of 1,000 bytes"
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


def test_a_proxy_of_the_environment_is_not_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert get(server.at("/", b"picture")) == b"picture"


@pytest.fixture
def secure_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Over TLS, with a certificate for pictures.test that this test trusts."""
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        key,
        "-out",
        certificate,
    ]
    try:
        subprocess.run(
            [*command, "-subj", "/CN=x", "-addext", "subjectAltName=DNS:pictures.test"],
            check=True,
            capture_output=True,
        )
    except FileNotFoundError:
        pytest.skip("makes its certificate with openssl")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    monkeypatch.setenv("SSL_CERT_FILE", certificate)
    wire._tls.cache_clear()
    yield from serving(context)
    wire._tls.cache_clear()


def test_over_tls_the_certificate_is_that_of_the_name(secure_server: Server, internet: Internet) -> None:
    secure_server.at("/a.jpg", b"picture")
    secure_server.at("/down", status=302, Location="http://pictures.test/a.jpg")
    for host in ("pictures.test", "pictures.test.", "other.test"):
        internet.name(host, [PUBLIC])
    internet.ports[PUBLIC] = secure_server.port
    assert get("https://pictures.test/a.jpg", allow_private=False) == b"picture"
    assert get("https://pictures.test./a.jpg", allow_private=False) == b"picture"
    assert secure_server.asked[0][1]["Host"] == "pictures.test"
    message = refusal("https://other.test/a.jpg", allow_private=False)
    assert message.startswith("its certificate is not valid (Hostname mismatch")
    message = refusal("https://pictures.test/down", allow_private=False)
    assert message == "redirects from https to http://pictures.test/a.jpg; only https is followed from there"


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


def test_an_address_inside_an_address_is_not_opened(server: Server) -> None:
    url = server.at("/", b"secret")
    message = refusal(f"simplecache::{url}", allow_schemes=["simplecache", "http"])
    assert message == "is a path; expected an address such as https://..."
    message = refusal(f"filecache://x::{url}", allow_schemes=["filecache", "http"])
    assert message == "its address is a chain ('::'), which is not read; name the file itself"
    assert server.asked == []


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
