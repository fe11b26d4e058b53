"""Outside services on loopback that answer when they are told to: a mail server and an engine's API."""

from __future__ import annotations

import asyncio
import email
import email.policy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web
from aiosmtpd.smtp import SMTP

if TYPE_CHECKING:
    from aiosmtpd.smtp import Envelope, Session


@dataclass(frozen=True, slots=True)
class SentMail:
    message_id: str
    to: str
    subject: str
    text: str


class MailSink:
    """Keeps every mail; while `release` is not set, a mail that is kept already waits for its answer."""

    def __init__(self) -> None:
        self.mails: list[SentMail] = []
        self.release = asyncio.Event()
        self.release.set()
        self.port = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(self, enable_SMTPUTF8=True, loop=asyncio.get_running_loop()), "127.0.0.1", 0
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self.release.set()
        if self._server is not None:
            self._server.close()

    def settings(self) -> dict[str, str]:
        return {
            "mail": "smtp",
            "smtp_host": "127.0.0.1",
            "smtp_port": str(self.port),
            "smtp_security": "none",
        }

    def about(self, subject: str) -> list[SentMail]:
        """Mails whose subject begins with this."""
        return [mail for mail in self.mails if mail.subject.startswith(subject)]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content, policy=email.policy.default)
        body = message.get_body(("plain",))
        assert body is not None
        self.mails.append(
            SentMail(message["Message-ID"], envelope.rcpt_tos[0], message["Subject"], body.get_content())
        )
        await self.release.wait()
        return "250 OK"


class EngineService:
    """An OpenAI-compatible service: hears `text` in every recording and refuses every chat.

    Requests wait for their answer while `transcriptions` or `chats` is not set.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.requests: list[str] = []
        self.transcriptions = asyncio.Event()
        self.transcriptions.set()
        self.chats = asyncio.Event()
        self.chats.set()
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def start(self) -> None:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/v1/audio/transcriptions", self._transcribe)
        app.router.add_post("/v1/chat/completions", self._chat)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        self.transcriptions.set()
        self.chats.set()
        if self._runner is not None:
            await self._runner.cleanup()

    def settings(self, *, insight: bool = False) -> dict[str, str]:
        url = f"http://127.0.0.1:{self._port}/v1"
        chosen = {"transcription_engine": "openai", "transcription_base_url": url}
        if insight:
            chosen |= {"insight_engine": "openai", "insight_base_url": url, "insight_model": "any"}
        return chosen

    async def _transcribe(self, request: web.Request) -> web.Response:
        await request.read()
        self.requests.append("transcription")
        await self.transcriptions.wait()
        return web.json_response({"text": self.text, "language": "en"})

    async def _chat(self, request: web.Request) -> web.Response:
        await request.read()
        self.requests.append("chat")
        await self.chats.wait()
        error: dict[str, Any] = {"error": {"code": "invalid_api_key", "message": "refused"}}
        return web.json_response(error, status=401)
