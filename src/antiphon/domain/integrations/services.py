"""From a stored connection to the service behind it."""

from __future__ import annotations

import aiohttp

from antiphon.core.addresses import AddressPolicy
from antiphon.core.errors import DomainError, ErrorCategory, ServiceError
from antiphon.core.http import guarded_session
from antiphon.core.mail import Mail, MailConfig, Mailer, SmtpMailer
from antiphon.domain.integrations.commands import open_secrets, report_service_connection
from antiphon.domain.integrations.queries import find_service_connection
from antiphon.domain.integrations.records import ServiceConnection
from antiphon.domain.services import Services

CHECK_SECONDS = 20.0


class AccountMailers:
    """The mail server that an account has connected sends the account's mails."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def __call__(self, account_id: str) -> Mailer | None:
        found = await self._services.database.read(find_service_connection, account_id, "smtp")
        return None if found is None else _WatchedMailer(self._services, found)


class _WatchedMailer:
    """Tells of a server that refuses the account's access, and of one that takes mails again."""

    def __init__(self, services: Services, connection: ServiceConnection) -> None:
        self._services = services
        self._connection = connection
        self._mailer = open_mailer(services, connection)

    async def send(self, mail: Mail) -> None:
        try:
            await self._mailer.send(mail)
        except ServiceError as failure:
            if failure.category is ErrorCategory.AUTH:
                await self._report(failure.message)
            raise
        if self._connection.last_error is not None:
            await self._report(None)

    async def _report(self, error: str | None) -> None:
        own = self._connection
        await self._services.database.write(report_service_connection, own.account_id, own.id, error)


def open_mailer(services: Services, connection: ServiceConnection) -> SmtpMailer:
    """Raises CipherError, DomainError for a sender that is no address."""
    settings = connection.settings
    config = MailConfig(
        kind="smtp",
        sender=settings["sender"],
        host=settings["host"],
        port=int(settings.get("port") or 587),
        username=settings.get("username", ""),
        password=open_secrets(services.cipher, connection).get("password", ""),
        security=settings.get("security") or "starttls",
    )
    policy = AddressPolicy(services.settings.webhook_allowed_networks)
    return SmtpMailer(config, services.clock, policy=policy)


async def check_service(services: Services, connection: ServiceConnection) -> None:
    """Raises ServiceError when the service refuses or is not reached."""
    if connection.key == "smtp":
        try:
            mailer = open_mailer(services, connection)
        except DomainError as error:
            raise ServiceError(ErrorCategory.CALLER, error.message, service="smtp") from error
        await mailer.check()
        return
    key = open_secrets(services.cipher, connection).get("api_key", "")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    policy = AddressPolicy(services.settings.webhook_allowed_networks)
    url = connection.settings["base_url"].rstrip("/") + "/models"
    try:
        async with (
            guarded_session(policy, aiohttp.ClientTimeout(total=CHECK_SECONDS), headers) as session,
            session.get(url, allow_redirects=False) as response,
        ):
            status = response.status
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise ServiceError(
            ErrorCategory.CONNECTIVITY, "The service is not reached", service="openai"
        ) from error
    if status != 200:
        raise ServiceError(ErrorCategory.CALLER, f"The service answered {status}", service="openai")
