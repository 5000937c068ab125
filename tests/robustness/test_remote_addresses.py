"""What an address from an untrusted list cannot reach.

A real server on a free port of this machine answers. There is no internet here, so tests that need a public
host fake two things and no more (`Internet`): what a name resolves to, and that a connection to a public
address arrives at the server, as it would through a router. Every check of the code under test is real.
"""

import socket
import ssl
import subprocess
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest
from web import PUBLIC, Internet, Server, get, refusal, serving

from clip_embeddings.ingestion.read import wire
from clip_embeddings.ingestion.read.addresses import kind_of


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


@pytest.mark.parametrize(
    "address", [PUBLIC, "2606:2800:220:1::1", "8.8.8.8", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
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


def test_an_address_inside_an_address_is_not_opened(server: Server) -> None:
    url = server.at("/", b"secret")
    message = refusal(f"simplecache::{url}", allow_schemes=["simplecache", "http"])
    assert message == "is a path; expected an address such as https://..."
    message = refusal(f"filecache://x::{url}", allow_schemes=["filecache", "http"])
    assert message == "its address is a chain ('::'), which is not read; name the file itself"
    assert server.asked == []
