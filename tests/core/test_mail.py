from __future__ import annotations

import asyncio
import email
import email.policy
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from hypothesis import given
from hypothesis import strategies as st

from antiphon.core.clock import HOUR, ManualClock
from antiphon.core.errors import ConfigurationError, DomainError, ErrorCategory, ServiceError
from antiphon.core.mail import (
    ConsoleMailer,
    Mail,
    MailConfig,
    SmtpMailer,
    build_message,
    create_mailer,
    parse_address,
)

if TYPE_CHECKING:
    from conftest import MakeCertificate

SENDER = "Antiphon <antiphon@example.org>"
PLAIN = Mail("visitor@example.com", "Your code", "Your code is 123456.\n")


@dataclass
class Server:
    """Answers each SMTP step as the test says and keeps what was accepted."""

    answers: dict[str, str] = field(default_factory=dict)
    received: list[tuple[Envelope, EmailMessage]] = field(default_factory=list)
    was_encrypted: list[bool] = field(default_factory=list)
    password: bytes | None = None
    port: int = 0

    async def handle_MAIL(self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: Any) -> str:
        if "MAIL" in self.answers:
            return self.answers["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: Any) -> str:
        if "RCPT" in self.answers:
            return self.answers["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, protocol: SMTP, _: Session, envelope: Envelope) -> str:
        if "DATA" in self.answers:
            return self.answers["DATA"]
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.received.append((envelope, message))
        self.was_encrypted.append(protocol.transport.get_extra_info("ssl_object") is not None)
        return "250 Accepted"

    def authenticate(self, _: SMTP, __: Session, ___: Envelope, mechanism: str, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        if "AUTH" in self.answers:
            return AuthResult(success=False, handled=False, message=self.answers["AUTH"])
        return AuthResult(success=data.password == self.password, handled=False)

    def only_message(self) -> EmailMessage:
        assert len(self.received) == 1
        return self.received[0][1]


@asynccontextmanager
async def listening(
    server: Server, tls: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[Server]:
    loop = asyncio.get_running_loop()
    protocols: list[SMTP] = []

    def connect() -> SMTP:
        protocols.append(
            SMTP(
                server,
                loop=loop,
                hostname="mail.example.org",
                authenticator=server.authenticate,
                auth_require_tls=False,
                **options,
            )
        )
        return protocols[-1]

    listener = await loop.create_server(connect, "127.0.0.1", 0, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        handlers = [task for protocol in protocols if (task := protocol._handler_coroutine) is not None]
        for protocol in protocols:
            if protocol.transport is not None:
                protocol.transport.close()
        for task in handlers:
            task.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)


def config(server: Server, **changes: Any) -> MailConfig:
    settings: dict[str, Any] = {"security": "none", "timeout_seconds": 20, **changes}
    return MailConfig("smtp", SENDER, "127.0.0.1", server.port, **settings)


async def send(server: Server, mail: Mail = PLAIN, **changes: Any) -> None:
    await create_mailer(config(server, **changes), ManualClock()).send(mail)


async def refusal(server: Server, **changes: Any) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        await send(server, **changes)
    assert caught.value.service == "smtp"
    return caught.value


async def test_mail_arrives_with_its_headers() -> None:
    async with listening(Server()) as server:
        await send(
            server,
            Mail(
                "Zoë Müller <zoe@example.com>",
                "Grüße: 3 neue Nachrichten",
                "Schöne Grüße\n.\nEnde\n",
                html="<p>Schöne Grüße</p>",
                reply_to="Büro <office@example.org>",
                headers={"List-Unsubscribe": "<https://example.org/u>"},
            ),
        )
    envelope, message = server.received[0]
    assert (envelope.mail_from, envelope.rcpt_tos) == ("antiphon@example.org", ["zoe@example.com"])
    assert message["From"] == SENDER
    assert message["To"] == "Zoë Müller <zoe@example.com>"
    assert message["Subject"] == "Grüße: 3 neue Nachrichten"
    assert message["Reply-To"] == "Büro <office@example.org>"
    assert message["List-Unsubscribe"] == "<https://example.org/u>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] == "Mon, 21 Sep 2026 14:13:20 +0000"
    assert message["Message-ID"].endswith("@example.org>")
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().replace("\r\n", "\n") == "Schöne Grüße\n.\nEnde\n"
    assert html.get_content().strip() == "<p>Schöne Grüße</p>"


async def test_bytes_on_the_wire_are_plain_ascii_lines() -> None:
    """Servers without SMTPUTF8 and 8BITMIME take it too; lines stay below the 998 characters of RFC 5322."""
    async with listening(Server(), decode_data=False) as server:
        await send(server, Mail("a@example.com", "ü" * 300, "ü" * 5000 + "\n" + "x" * 5000))
    content = server.received[0][0].original_content
    assert content is not None
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 998
    assert server.only_message()["Subject"] == "ü" * 300


async def test_login_is_used() -> None:
    async with listening(Server(password=b"right")) as server:
        await send(server, username="user", password="right")
        error = await refusal(server, username="user", password="wrong")
    assert error.category is ErrorCategory.AUTH
    assert not error.retryable
    assert len(server.received) == 1


async def test_login_refused_for_the_moment_is_retried() -> None:
    async with listening(Server({"AUTH": "454 4.7.0 Temporary authentication failure"})) as server:
        assert (await refusal(server, username="user", password="right")).retryable


@pytest.mark.parametrize(
    ("step", "answer", "category"),
    [
        ("RCPT", "550 5.1.1 No such user", ErrorCategory.CALLER),
        ("RCPT", "553 5.1.3 Bad address", ErrorCategory.CALLER),
        ("RCPT", "450 4.2.0 Greylisted", ErrorCategory.RATE_LIMIT),
        ("RCPT", "452 4.5.3 Too many recipients", ErrorCategory.RATE_LIMIT),
        ("RCPT", "451 4.3.0 Try later", ErrorCategory.SERVER),
        ("RCPT", "530 5.7.0 Authentication required", ErrorCategory.AUTH),
        ("MAIL", "421 4.3.2 Shutting down", ErrorCategory.SERVER),
        ("MAIL", "530 5.7.0 Must issue STARTTLS first", ErrorCategory.AUTH),
        ("DATA", "451 4.3.0 Disk problem", ErrorCategory.SERVER),
        ("DATA", "554 5.7.1 Refused as spam", ErrorCategory.CALLER),
    ],
)
async def test_refusals_have_a_category(step: str, answer: str, category: ErrorCategory) -> None:
    async with listening(Server({step: answer})) as server:
        error = await refusal(server)
    assert error.category is category
    assert answer[4:] in error.message
    assert server.received == []


async def test_server_away_is_a_connectivity_error() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert (await refusal(Server(port=port))).category is ErrorCategory.CONNECTIVITY


@pytest.mark.parametrize("greeting", [b"", b"garbage\r\n", b"554 no service here\r\n", b"421 later\r\n"])
async def test_broken_server_is_a_service_error(greeting: bytes) -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        writer.close()
        await writer.wait_closed()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listener:
        await refusal(Server(port=listener.sockets[0].getsockname()[1]))


async def test_silent_server_times_out() -> None:
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        ended.set()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listener:
        error = await refusal(Server(port=listener.sockets[0].getsockname()[1]), timeout_seconds=0.1)
        assert error.category is ErrorCategory.CONNECTIVITY
        await ended.wait()  # the connection is not left open


async def test_starttls_is_never_skipped() -> None:
    async with listening(Server()) as server:
        error = await refusal(server, security="starttls")
    assert error.category is ErrorCategory.AUTH
    assert server.received == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_encrypted_sending_checks_the_certificate(
    security: str, make_certificate: MakeCertificate
) -> None:
    context, pem = make_certificate("127.0.0.1")
    options: dict[str, Any] = {"tls": context} if security == "tls" else {"tls_context": context}
    async with listening(Server(), options.pop("tls", None), **options) as server:
        trusting = ssl.create_default_context(cadata=pem.decode())
        await SmtpMailer(config(server, security=security), ManualClock(), tls_context=trusting).send(PLAIN)
        assert (await refusal(server, security=security)).category is ErrorCategory.CONNECTIVITY
    assert len(server.received) == 1
    assert server.was_encrypted == [True]


async def test_same_key_has_the_same_message_id() -> None:
    clock = ManualClock()
    sender = parse_address(SENDER, "from")

    def id_of(mail: Mail) -> str:
        return str(build_message(mail, sender, clock)["Message-ID"])

    first = id_of(Mail("a@example.com", "s", "t", key="evt_1"))
    clock.advance(HOUR)
    assert id_of(Mail("a@example.com", "other subject", "t", key="evt_1")) == first
    assert id_of(Mail("b@example.com", "s", "t", key="evt_1")) != first
    assert id_of(Mail("a@example.com", "s", "t", key="evt_2")) != first
    assert id_of(Mail("a@example.com", "s", "t")) != id_of(Mail("a@example.com", "s", "t"))


INJECTIONS = [
    "x\r\nBcc: other@example.com",
    "x\nBcc: y",
    "x\ry",
    "x\0y",
    "x\x0by",
    "x\u2028y",
    "x\u0085y",
    "\ud800",
]


@pytest.mark.parametrize("bad", INJECTIONS)
@pytest.mark.parametrize("where", ["to", "name", "subject", "reply_to", "header value", "header name"])
async def test_line_breaks_in_headers_are_refused(where: str, bad: str) -> None:
    mail = {
        "to": Mail(f"a@example.com{bad}", "s", "t"),
        "name": Mail(f"{bad} <a@example.com>", "s", "t"),
        "subject": Mail("a@example.com", f"s{bad}", "t"),
        "reply_to": Mail("a@example.com", "s", "t", reply_to=f"{bad} <b@example.com>"),
        "header value": Mail("a@example.com", "s", "t", headers={"X-A": bad}),
        "header name": Mail("a@example.com", "s", "t", headers={f"X-{bad}": "v"}),
    }[where]
    mailer = ConsoleMailer(SENDER, ManualClock())
    with pytest.raises(DomainError) as caught:
        await mailer.send(mail)
    assert caught.value.code == "invalid_mail"
    assert not mailer.sent


@pytest.mark.parametrize("name", ["Bcc", "to", "FROM", "Message-ID", "X Y", "X:", "", "Ü"])
def test_headers_of_our_own_cannot_be_set(name: str) -> None:
    with pytest.raises(DomainError):
        build_message(
            Mail("a@example.com", "s", "t", headers={name: "v"}), parse_address(SENDER, "from"), ManualClock()
        )


@pytest.mark.parametrize(
    "value",
    [
        "",
        "a",
        "@example.com",
        "a@",
        "a@b@c",
        "a b@example.com",
        "a@example.com, b@example.com",
        "<>",
        "A <b>",
        "a@b c",
    ],
)
def test_what_is_no_address_is_refused(value: str) -> None:
    with pytest.raises(DomainError) as caught:
        parse_address(value, "to")
    assert caught.value.field == "to"


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=60))
def test_any_name_keeps_to_one_recipient(name: str) -> None:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    message = build_message(
        Mail(f'"{quoted}" <a@example.com>', name, "t"), parse_address(SENDER, "from"), ManualClock()
    )
    read = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    assert [address.addr_spec for address in read["To"].addresses] == ["a@example.com"]
    assert read["Bcc"] is None


async def test_unsendable_characters_in_the_text_do_not_hold_it_back() -> None:
    async with listening(Server()) as server:
        await send(server, Mail("a@example.com", "s", "a\0b\ud800c"))
    assert server.only_message().get_content().strip() == "ab?c"


async def test_console_writes_the_whole_text_and_keeps_the_last() -> None:
    """contracts/voicegram.md 9: in development the code is printed in the server log."""
    mailer = create_mailer(MailConfig(), ManualClock())
    assert isinstance(mailer, ConsoleMailer)
    with structlog.testing.capture_logs() as logs:
        await mailer.send(PLAIN)
    assert "visitor@example.com" in logs[0]["event"]
    assert "Your code is 123456." in logs[0]["event"]
    for index in range(150):
        await mailer.send(Mail("a@example.com", str(index), "t"))
    assert [mail.subject for mail in mailer.sent] == [str(index) for index in range(50, 150)]


@pytest.mark.parametrize(
    ("value", "name", "addr_spec"),
    [
        ("a@example.com", "", "a@example.com"),
        ("<a@example.com>", "", "a@example.com"),
        ("Anna B. <a.b+c@Example.com>", "Anna B.", "a.b+c@Example.com"),
        ('"B, \\"A\\" \\\\" <a@example.com>', 'B, "A" \\', "a@example.com"),
        ("Zoë <z@bücher.example>", "Zoë", "z@xn--bcher-kva.example"),
        ("x@evil.example <a@example.com>", "x@evil.example", "a@example.com"),
        ("root@localhost", "", "root@localhost"),
    ],
)
def test_addresses_are_read(value: str, name: str, addr_spec: str) -> None:
    address = parse_address(value, "to")
    assert (address.display_name, address.addr_spec) == (name, addr_spec)


def test_sender_that_is_no_address_is_a_configuration_error() -> None:
    for kind in ("console", "smtp"):
        with pytest.raises(ConfigurationError, match="nobody"):
            create_mailer(MailConfig(kind, sender="nobody"), ManualClock())  # type: ignore[arg-type]  # a literal


def test_the_password_is_not_in_the_representation() -> None:
    assert "hidden" not in repr(MailConfig("smtp", password="hidden"))
