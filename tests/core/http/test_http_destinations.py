from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from antiphon.core.errors import DomainError
from antiphon.core.http import parse_destination

UNPARSEABLE = [
    "",
    "example.org",
    "/hook",
    "//example.org/hook",
    "://example.org",
    "1https://example.org",
    "https:",
    "https:/",
    "https://",
    "https:///hook",
    "https://?x",
    "https://#x",
    "https://:443/",
    "https:example.org",
    " https://example.org",
    "https://example.org ",
    "https://exa mple.org",
    "https://example.org/a b",
    "https://example.org/\n",
    "https://example.org\r\nHost: inside",
    "https://example.org/\x00",
    "https://example.org/\x7f",
    "https://example.org/\u2028",
    "https://example.org/\xa0",
    "https://example.org/\ud800",
    "https://example.org\\@inside.example/",
    "https://example.org/<x>",
    "https://example.org/%zz",
    "https://example.org/%4",
    "https://example.org:port/",
    "https://example.org:-1/",
    "https://example.org:1:2/",
    "https://[::1/",
    "https://[::1]x/",
    "https://[]/",
    "https://[v1.fe80::]/",
    "https://[1.2.3.4]/",
    "https://[gggg::]/",
]
INVALID = [
    "http://example.org/",
    "HTTP://example.org/",
    "ftp://example.org/",
    "file:///etc/passwd",
    "gopher://example.org/",
    "mailto:someone@example.org",
    "javascript:alert(1)",
    "https://user@example.org/",
    "https://user:secret@example.org/",
    "https://@example.org/",
    "https://example.org@127.0.0.1/",
    "https://example.org/" + "a" * 2028,
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://0x7f000001/",
    "https://0x/",
    "https://0177.0.0.1/",
    "https://127.0.0.01/",
    "https://256.1.1.1/",
    "https://1.2.3.4.5/",
    "https://example.0x7f/",
    "https://example.1/",
    "https://example.org./",
    "https://127.0.0.1./",
    "https://localhost../",
    "https://.example.org/",
    "https://a..b/",
    "https://-a.example/",
    "https://a-.example/",
    "https://" + "a" * 64 + ".example/",
    "https://" + "a." * 127 + "example/",
    "https://%31%32%37.0.0.1/",
    "https://exam%70le.org/",
    "https://a*b.example/",
    "https://a,b.example/",
    "https://[fe80::1%25eth0]/",
    "https://[fe80::1%eth0]/".replace("%eth0", "%25"),
    "https://example.org:0/",
    "https://example.org:65536/",
    "https://example.org:443443/",
    "https://１２７.１/",
    "https://a\u200bb\u00ad--.example/",
    "https://xn--\u00fc.example/",
]


@pytest.mark.parametrize("url", UNPARSEABLE)
def test_no_absolute_uri(url: str) -> None:
    """contracts/voicegram.md 10: unparseable is `validation_error`."""
    with pytest.raises(DomainError) as caught:
        parse_destination(url)
    assert caught.value.code == "unparseable"
    assert caught.value.field == "url"


@pytest.mark.parametrize("url", INVALID)
def test_parses_and_is_not_allowed(url: str) -> None:
    """contracts/voicegram.md 3: `invalid_url`."""
    with pytest.raises(DomainError) as caught:
        parse_destination(url)
    assert caught.value.code == "invalid_url"
    assert caught.value.field == "url"


def test_length_limit_is_exact() -> None:
    """contracts/voicegram.md 4.5: under 2048 characters."""
    head = "https://example.org/"
    assert parse_destination(head + "a" * (2047 - len(head))).host == "example.org"
    with pytest.raises(DomainError, match="2048"):
        parse_destination(head + "a" * (2048 - len(head)))


def test_http_only_where_allowed() -> None:
    """contracts/voicegram.md 4.5: allow_insecure_webhooks."""
    assert parse_destination("http://example.org/x", allow_insecure=True).port == 80
    with pytest.raises(DomainError) as caught:
        parse_destination("ftp://example.org/x", allow_insecure=True)
    assert caught.value.code == "invalid_url"


@pytest.mark.parametrize(
    ("url", "sent", "host", "port"),
    [
        ("https://example.org", "https://example.org/", "example.org", 443),
        ("HTTPS://Example.ORG:443/Hook?A=1#part", "https://example.org/Hook?A=1", "example.org", 443),
        ("https://example.org:8443", "https://example.org:8443/", "example.org", 8443),
        ("https://example.org:/x", "https://example.org/x", "example.org", 443),
        ("https://example.org:00443/x", "https://example.org/x", "example.org", 443),
        ("https://example.org?", "https://example.org/?", "example.org", 443),
        ("https://example.org/%7Ea%2Fb?x=%20+y", "https://example.org/%7Ea%2Fb?x=%20+y", "example.org", 443),
        ("https://example.org/../a/./b", "https://example.org/../a/./b", "example.org", 443),
        ("https://example.org/ä?ö", "https://example.org/%C3%A4?%C3%B6", "example.org", 443),
        ("https://Bücher.example/", "https://xn--bcher-kva.example/", "xn--bcher-kva.example", 443),
        ("https://my_host.internal/", "https://my_host.internal/", "my_host.internal", 443),
        ("https://hooks/", "https://hooks/", "hooks", 443),
        ("https://127.0.0.1:1/", "https://127.0.0.1:1/", "127.0.0.1", 1),
        ("https://１２７.０.０.１/", "https://127.0.0.1/", "127.0.0.1", 443),
        ("https://127。0。0。1/", "https://127.0.0.1/", "127.0.0.1", 443),
        ("https://[::FFFF:7f00:1]:65535/", "https://[::ffff:7f00:1]:65535/", "::ffff:7f00:1", 65535),
        ("https://[0:0::1]/", "https://[::1]/", "::1", 443),
    ],
)
def test_pieces_and_what_is_sent(url: str, sent: str, host: str, port: int) -> None:
    destination = parse_destination(url)
    assert (destination.url, destination.host, destination.port) == (sent, host, port)


def test_literal_addresses_are_known_as_such() -> None:
    assert parse_destination("https://127.0.0.1/").address == IPv4Address("127.0.0.1")
    assert parse_destination("https://[::1]/").address == IPv6Address("::1")
    assert parse_destination("https://localhost/").address is None


@given(st.text(st.characters(max_codepoint=0x2100), max_size=40))
def test_other_parsers_read_the_sent_url_the_same(rest: str) -> None:
    try:
        destination = parse_destination("https://" + rest)
    except DomainError:
        return
    assert urlsplit(destination.url).hostname == destination.host
    sent = URL(destination.url, encoded=True)
    assert (sent.raw_host, sent.port, sent.user) == (destination.host, destination.port, None)
    assert sent.raw_path_qs.startswith("/")
