"""A recording as it comes in: looked at, kept durably, and on its way through the pipeline."""

from __future__ import annotations

from pathlib import Path

import structlog

from antiphon.core.errors import AntiphonError
from antiphon.core.ids import new_id
from antiphon.domain.channels.records import Channel
from antiphon.domain.services import Services
from antiphon.domain.voicegrams.commands import create_voicegram
from antiphon.domain.voicegrams.queries import find_by_client_id
from antiphon.speech.audio import MAX_BYTES, MAX_SECONDS, probe
from antiphon.speech.workers import Lane

log = structlog.get_logger(__name__)

PROBE_SECONDS = 20.0
# A recorder that stops at five minutes still delivers the packet that was being filled.
LONGEST_SECONDS = MAX_SECONDS + 0.5


async def store_recording(
    services: Services,
    channel: Channel,
    *,
    email: str,
    page_url: str | None,
    client_id: str,
    path: Path,
    voicegram_id: str | None = None,
) -> tuple[str, str]:
    """Keep the file as a voicegram of the channel: its id and status; an equal `client_id` gives the first.

    The file is gone once it is kept. Raises AudioError for what is no recording.
    """
    known = await services.database.read(find_by_client_id, channel.account_id, client_id)
    if known is not None:
        return known
    info = await services.media.run(
        probe, path, MAX_BYTES, LONGEST_SECONDS, timeout=PROBE_SECONDS, lane=Lane.UPLOAD
    )
    voicegram_id = voicegram_id or new_id()
    key = source_key(channel.account_id, voicegram_id, info.container.value)
    kept = False
    await services.store.take_file(key, path)
    try:
        found_id, status, kept = await services.database.write(
            create_voicegram,
            channel.account_id,
            channel.id,
            voicegram_id=voicegram_id,
            sender_email=email,
            page_url=page_url,
            client_id=client_id,
            source_key=key,
            source_container=info.container.value,
            duration_ms=info.duration_ms,
        )
    finally:
        if not kept:
            await _discard(services, key)
    return found_id, status


def source_key(account_id: str, voicegram_id: str, container: str) -> str:
    """In a directory that is there already: the sender waits until each new one is on disk."""
    return f"voicegrams/{account_id}/{voicegram_id}.{container}"


async def _discard(services: Services, key: str) -> None:
    try:
        await services.store.delete(key)
    except AntiphonError:
        log.warning("an object without a voicegram stays behind", key=key, exc_info=True)
