"""What the pages show of the product."""

from __future__ import annotations

from dataclasses import dataclass

from antiphon.core.db.transaction import ReadTx
from antiphon.domain.accounts.queries import find_account_by_subdomain
from antiphon.domain.channels.queries import find_hosted_channel
from antiphon.domain.services import Services


@dataclass(frozen=True, slots=True)
class HostedPage:
    """See `web.pages.HostedChannel`."""

    workspace_name: str
    name: str
    greeting: str | None
    is_active: bool


class ProductPages:
    """See `web.pages.WebServices`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def find_hosted_channel(self, workspace: str, slug: str) -> HostedPage | None:
        return await self._services.database.read(_find, workspace, slug)


def _find(tx: ReadTx, workspace: str, slug: str) -> HostedPage | None:
    account = find_account_by_subdomain(tx, workspace)
    channel = find_hosted_channel(tx, workspace, slug, include_deleted=True)
    if account is None or channel is None:
        return None
    return HostedPage(account.name, channel.name, channel.greeting or None, channel.is_active)
