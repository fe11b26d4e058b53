"""Mail out: to the log in development, to an SMTP server otherwise."""

from __future__ import annotations

import asyncio
import hashlib
import re
import socket
import ssl
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid, unquote
from typing import Any, Literal, Protocol

import aiosmtplib
import idna
import structlog

from antiphon.core.addresses import AddressPolicy
from antiphon.core.clock import Clock, to_datetime
from antiphon.core.errors import ConfigurationError, DomainError, ErrorCategory, ServiceError

log = structlog.get_logger(__name__)

_KEPT = 100
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029\ud800-\udfff]")
_LOCAL_PART = re.compile(
    r"(?=.{1,64}\Z)[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-]+)*"
)
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_\-]{0,61}[A-Za-z0-9_])?"
_DOMAIN = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_HEADER_NAME = re.compile(r"[A-Za-z0-9\-]{1,76}")
_RESERVED_HEADERS = frozenset(
    {
        "to",
        "from",
        "cc",
        "bcc",
        "subject",
        "date",
        "message-id",
        "reply-to",
        "sender",
        "mime-version",
        "content-type",
        "content-transfer-encoding",
        "auto-submitted",
    }
)


@dataclass(frozen=True, slots=True)
class MailFile:
    """A file attached to a mail."""

    name: str
    content_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """One message to one address, with copies where asked for.

    `to`, `reply_to`: an address, or `Name <address>`. `key`: what the mail is about, such as an event and its
    recipient; sent again under the same key it has the same Message-ID, so that receivers can drop the copy.
    `is_automatic`: nobody has written it.
    """

    to: str
    subject: str
    text: str
    html: str | None = None
    reply_to: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    attachments: tuple[MailFile, ...] = ()
    is_automatic: bool = True


@dataclass(frozen=True, slots=True)
class MailConfig:
    """`security`: `starttls` upgrades a plain connection and fails without, `tls` encrypts from the start."""

    kind: Literal["console", "smtp"] = "console"
    sender: str = "Antiphon <antiphon@localhost>"
    host: str = "localhost"
    port: int = 587
    username: str = ""
    password: str = field(default="", repr=False)
    security: Literal["starttls", "tls", "none"] = "starttls"
    timeout_seconds: float = 30


class Mailer(Protocol):
    async def send(self, mail: Mail) -> None:
        """Hand the mail over. Raises DomainError `invalid_mail`, before anything is sent, or ServiceError."""
        ...


class ConsoleMailer:
    """Writes each mail to the log, readably, and keeps the last 100 in `sent`."""

    def __init__(self, sender: str, clock: Clock) -> None:
        self._sender = parse_address(sender, "from")
        self._clock = clock
        self.sent: deque[Mail] = deque(maxlen=_KEPT)

    async def send(self, mail: Mail) -> None:
        build_message(mail, self._sender, self._clock)
        self.sent.append(mail)
        log.info(f"mail to {mail.to}: {mail.subject}\n{mail.text}")


class SmtpMailer:
    """Sends each mail over a connection of its own."""

    def __init__(
        self,
        config: MailConfig,
        clock: Clock,
        *,
        tls_context: ssl.SSLContext | None = None,
        policy: AddressPolicy | None = None,
    ) -> None:
        """With a policy, the server is one that an account has named: its address must be allowed."""
        self._config = config
        self._clock = clock
        self._sender = parse_address(config.sender, "from")
        self._tls_context = tls_context
        self._policy = policy

    async def send(self, mail: Mail) -> None:
        message = build_message(mail, self._sender, self._clock)
        config = self._config
        try:
            async with asyncio.timeout(config.timeout_seconds):
                await aiosmtplib.send(
                    message,
                    sender=self._sender.addr_spec,
                    recipients=[
                        parse_address(address, "to").addr_spec for address in (mail.to, *mail.cc, *mail.bcc)
                    ],
                    hostname=config.host,
                    **await self._way(),
                    username=config.username or None,
                    password=config.password or None,
                    use_tls=config.security == "tls",
                    start_tls=config.security == "starttls",
                    tls_context=self._tls_context,
                    timeout=config.timeout_seconds,
                )
        except (aiosmtplib.SMTPException, OSError, ValueError) as exc:
            raise _service_error(exc) from exc

    async def check(self) -> None:
        """Connect and sign in without sending. Raises ServiceError."""
        config = self._config
        try:
            async with asyncio.timeout(config.timeout_seconds):
                client = aiosmtplib.SMTP(
                    hostname=config.host,
                    **await self._way(),
                    username=config.username or None,
                    password=config.password or None,
                    use_tls=config.security == "tls",
                    start_tls=config.security == "starttls",
                    tls_context=self._tls_context,
                    timeout=config.timeout_seconds,
                )
                async with client:
                    await client.noop()
        except (aiosmtplib.SMTPException, OSError, ValueError) as exc:
            raise _service_error(exc) from exc

    async def _way(self) -> dict[str, Any]:
        """The port, or a socket to an address that the policy allows."""
        config = self._config
        if self._policy is None:
            return {"port": config.port}
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(config.host, config.port, type=socket.SOCK_STREAM)
        if any(not self._policy.is_allowed(str(entry[4][0])) for entry in found):
            raise ServiceError(
                ErrorCategory.CALLER, "The mail server's address is not allowed.", service="smtp"
            )
        family, kind, protocol, _, address = found[0]
        opened = socket.socket(family, kind, protocol)
        opened.setblocking(False)
        try:
            await loop.sock_connect(opened, address)
        except BaseException:
            opened.close()
            raise
        return {"sock": opened}


def create_mailer(config: MailConfig, clock: Clock) -> Mailer:
    """The mailer that the settings name. Raises ConfigurationError for a sender that is no address."""
    try:
        if config.kind == "console":
            return ConsoleMailer(config.sender, clock)
        return SmtpMailer(config, clock)
    except DomainError as exc:
        raise ConfigurationError(f"The mail sender {config.sender!r} is no address.") from exc


def parse_address(value: str, where: str) -> Address:
    """`address` or `Name <address>`. Raises DomainError `invalid_mail`, also for any control character.

    The local part is ASCII, because not every server knows SMTPUTF8; the domain may be international.
    """
    name, opening, spec = value[:-1].rpartition("<") if value.endswith(">") else ("", "<", value)
    local, at, domain = spec.partition("@")
    try:
        domain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        raise _invalid(where, "is no email address") from None
    if not (opening and at and _LOCAL_PART.fullmatch(local) and _DOMAIN.fullmatch(domain)):
        raise _invalid(where, "is no email address")
    if _CONTROL.search(name):
        raise _invalid(where, "has a line break or control character")
    return Address(unquote(name.strip()), local, domain)


def build_message(mail: Mail, sender: Address, clock: Clock) -> EmailMessage:
    """The message as sent: plain text, HTML beside it if given. Raises DomainError `invalid_mail`."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = parse_address(mail.to, "to")
    if mail.cc:
        message["Cc"] = [parse_address(address, "cc") for address in mail.cc]
    for address in mail.bcc:
        parse_address(address, "bcc")
    message["Subject"] = _line(mail.subject, "subject")
    message["Date"] = format_datetime(to_datetime(clock.now()))
    message["Message-ID"] = _message_id(mail, sender.domain)
    if mail.is_automatic:
        # Asks autoresponders to keep silent (RFC 3834).
        message["Auto-Submitted"] = "auto-generated"
    if mail.reply_to is not None:
        message["Reply-To"] = parse_address(mail.reply_to, "reply_to")
    for name, value in mail.headers.items():
        if not _HEADER_NAME.fullmatch(name) or name.lower() in _RESERVED_HEADERS:
            raise _invalid("headers", "has a name that may not be set")
        message[name] = _line(value, "headers")
    message.set_content(_body(mail.text))
    if mail.html is not None:
        message.add_alternative(_body(mail.html), subtype="html")
    for file in mail.attachments:
        kind, _, subtype = file.content_type.partition(";")[0].strip().partition("/")
        message.add_attachment(
            file.data,
            maintype=kind or "application",
            subtype=subtype or "octet-stream",
            filename=_CONTROL.sub("", file.name) or "file",
        )
    return message


def _message_id(mail: Mail, domain: str) -> str:
    if mail.key is None:
        return make_msgid(domain=domain)
    digest = hashlib.sha256(f"{mail.key}\0{mail.to}".encode()).hexdigest()[:40]
    return f"<{digest}@{domain}>"


def _line(value: str, where: str) -> str:
    if _CONTROL.search(value):
        raise _invalid(where, "has a line break or control character")
    return value


def _body(text: str) -> str:
    # NUL and lone surrogates cannot be sent; they come from outside, so they do not hold the mail back.
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _invalid(where: str, problem: str) -> DomainError:
    return DomainError(f"The mail's {where} {problem}.", field=where, code="invalid_mail")


def _service_error(exc: Exception) -> ServiceError:
    return ServiceError(_category(exc), f"The mail server did not take the mail: {exc}", service="smtp")


def _category(exc: Exception) -> ErrorCategory:
    if isinstance(exc, aiosmtplib.SMTPRecipientsRefused):
        return _category(exc.recipients[0])
    if isinstance(exc, aiosmtplib.SMTPAuthenticationError):
        return ErrorCategory.SERVER if exc.code < 500 else ErrorCategory.AUTH
    if isinstance(exc, aiosmtplib.SMTPResponseException):
        return _category_of_code(exc.code, is_recipient=isinstance(exc, aiosmtplib.SMTPRecipientRefused))
    if isinstance(exc, OSError):
        return ErrorCategory.CONNECTIVITY
    # The plain base class stands for a missing extension, STARTTLS above all: the settings do not fit.
    if isinstance(exc, ValueError) or type(exc) in (aiosmtplib.SMTPException, aiosmtplib.SMTPNotSupported):
        return ErrorCategory.AUTH
    return ErrorCategory.CONNECTIVITY


def _category_of_code(code: int, *, is_recipient: bool) -> ErrorCategory:
    if code in (530, 534, 535, 538):
        return ErrorCategory.AUTH
    if code in (450, 452) and is_recipient:
        return ErrorCategory.RATE_LIMIT
    return ErrorCategory.SERVER if code < 500 else ErrorCategory.CALLER
