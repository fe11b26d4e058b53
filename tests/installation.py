"""A whole installation under test: server, workers, visitor, and outside services on loopback."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from standardwebhooks.webhooks import Webhook

import ledger as books
from ledger import Ledger, PostgresLedger, SqliteLedger
from receivers import Receiver
from server_process import Process, Server, Visitor, until
from stand_ins import EngineService, MailSink

LOOPBACK_WEBHOOKS = {
    "webhook_allowed_networks": "127.0.0.0/8",
    "allow_insecure_webhooks": "true",
    "speech_processes": "1",
}
NOTICE = "Voicegram from"


class Installation:
    """Server and workers over one data folder; `secret` is that of the one webhook subscription."""

    def __init__(
        self,
        folder: Path,
        receiver: Receiver,
        sink: MailSink,
        engine: EngineService,
        settings: Mapping[str, str],
    ) -> None:
        self._folder = folder
        self.workers: list[Process] = []
        self.receiver = receiver
        self.sink = sink
        self.engine = engine
        self.server = Server(
            folder, **{**LOOPBACK_WEBHOOKS, **sink.settings(), **engine.settings(), **settings}
        )
        self.visitor = Visitor(self.server)
        self.secret = ""
        url = settings.get("database_url")
        self.ledger: Ledger = PostgresLedger(url) if url else SqliteLedger(self.server.data_dir)

    async def open(self, workers: int = 0) -> None:
        """Start the server and workers, subscribe the receiver, prove the visitor's address."""
        await self.server.start()
        for _ in range(workers):
            await self.start_worker()
        self.secret = await self.server.add_webhook(self.receiver.url())
        await self.visitor.prove(self._mailed_code)

    def _mailed_code(self) -> str | None:
        mails = [mail for mail in self.sink.mails if mail.to == self.visitor.address]
        found = re.search(r"\b\d{6}\b", mails[-1].text) if mails else None
        return found and found[0]

    async def start_worker(self) -> Process:
        name = f"worker{len(self.workers)}"
        worker = Process(self._folder, name, ["worker", "--json"], self.server.settings)
        self.workers.append(worker)
        await worker.start()
        return worker

    async def abandon(self) -> None:
        for process in (*self.workers, self.server):
            process.abandon()
        await self.server.close()

    async def steps(self, voicegram_id: str) -> dict[str, str]:
        return await books.steps(self.ledger, voicegram_id)

    async def reach(self, voicegram_id: str, step: str, status: str) -> None:
        """Returns once the step has the status."""

        async def reached() -> bool:
            return (await self.steps(voicegram_id))[step] == status

        await until(reached)

    async def come_down_to(self, job: str) -> None:
        """Returns once open jobs have this name alone: whatever else was sent is recorded as sent."""

        async def reached() -> bool:
            return set(await self.ledger.rows(self.ledger.open_jobs)) == {(job,)}

        await until(reached)

    async def settle(self, voicegram_id: str) -> None:
        """Returns once the voicegram is completed and no job is left."""

        async def settled() -> bool:
            return await books.is_completed(self.ledger, voicegram_id) and await books.is_idle(self.ledger)

        await until(settled)

    async def check_once(self, voicegram_id: str, *, deliveries: int = 1, mails: int = 1) -> dict[str, Any]:
        """All that a completed voicegram causes was caused once (contracts/voicegram.md 4.3, 6, 7.1).

        `deliveries` and `mails` are how often they may have arrived, under one id; returns the recent entry.
        """
        await self.settle(voicegram_id)
        assert await self.steps(voicegram_id) == dict.fromkeys(books.STEPS, "completed")
        [entry] = (await self.server.api("GET", "/voicegrams/recent?limit=50"))["voicegrams"]
        assert entry["data"]["id"].removeprefix("vg_") == voicegram_id.removeprefix("vg_")
        assert await books.completed_events(self.ledger) == [entry["event_id"]]
        received = self.receiver.received
        assert {item.event_id for item in received} == {entry["event_id"]}
        assert len(received) <= deliveries
        for item in received:
            verified = Webhook(self.secret.encode()).verify(item.body, dict(item.headers))
            assert verified["data"]["id"] == entry["data"]["id"]
        notices = self.sink.about(NOTICE)
        assert len({mail.message_id for mail in notices}) == 1
        assert len(notices) <= mails
        return dict(entry)
