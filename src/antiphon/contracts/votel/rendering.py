"""What the views need besides the rows: addresses and signatures of this installation."""

from __future__ import annotations

from dataclasses import dataclass

from antiphon.core.clock import MINUTE
from antiphon.core.crypto import Signer
from antiphon.domain.calls.links import RecordingLinks
from antiphon.domain.services import Services
from antiphon.domain.voicegrams.links import ListenLinks
from antiphon.domain.webhooks.dialect import Dialects

AUDIO_URL_MS = 15 * MINUTE
_AUDIO_USE = "audio"


@dataclass(frozen=True, slots=True)
class Rendering:
    """How objects are shown outside."""

    origin: str
    links: ListenLinks
    recordings: RecordingLinks
    signer: Signer
    dialects: Dialects

    @classmethod
    def of(cls, services: Services) -> Rendering:
        return cls(
            services.settings.origin, services.links, services.recordings, services.signer, services.dialects
        )

    def audio_url(self, account_id: str, voicegram_id: str, expires_at: int) -> str:
        """A signed address of a voicegram's audio, instead of session or key."""
        payload = {"use": _AUDIO_USE, "account": account_id, "voicegram": voicegram_id}
        signature = self.signer.issue(payload, expires_at)
        return f"{self.origin}/api/voicegrams/{voicegram_id}/audio?sig={signature}"


def read_audio_signature(signer: Signer, signature: str, voicegram_id: str, now: int) -> str | None:
    """The account that a live signature for this voicegram was made in."""
    payload = signer.read(signature, now)
    if payload is None or payload.get("use") != _AUDIO_USE or payload.get("voicegram") != voicegram_id:
        return None
    return str(payload["account"])
