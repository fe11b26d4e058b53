"""What is tried while setting up: the spoken sentence, the mail (contracts/votel.md 11.1)."""

from __future__ import annotations

import io
import wave

import pytest

from antiphon.core.mail import ConsoleMailer
from antiphon.domain.accounts.records import Role
from votel_world import World, add_key, add_user


@pytest.mark.speech
async def test_the_sentence_is_a_sound(world: World) -> None:
    """votel.md 11.1: what recognition is tried with can be heard."""
    answer = await world.get("/engines/test/sentence")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "audio/wav")
    with wave.open(io.BytesIO(answer.content)) as sound:
        assert sound.getnframes() / sound.getframerate() > 1


async def test_a_mail_to_the_own_mailbox(world: World) -> None:
    """votel.md 11.1: sent at once; without a mail server it is in the log."""
    answer = await world.post("/me/test-mail", json={})
    assert answer.json() == {"success": True, "error": None, "is_logged": True}
    mailer = world.services.mailer
    assert isinstance(mailer, ConsoleMailer)
    assert mailer.sent[-1].subject == "Antiphon can send mail"


async def test_a_refused_mail_says_why(world: World) -> None:
    """votel.md 11.3: the account's own mail server is the one that is tried."""
    fields = {"host": "127.0.0.1", "port": "9", "security": "none", "sender": "desk@example.com"}
    made = await world.post("/integrations/smtp/connect", json={"fields": fields})
    assert made.status_code == 201, made.text
    answer = (await world.post("/me/test-mail", json={})).json()
    assert (answer["success"], answer["is_logged"]) == (False, False)
    assert answer["error"]


async def test_viewers_try_nothing(world: World) -> None:
    """votel.md 17: tests are for admins."""
    viewer = await add_user(world, Role.VIEWER, "viewer@example.com")
    _, key = await add_key(world, user_id=viewer)
    headers = {"X-API-Key": key}
    assert (await world.get("/engines/test/sentence", headers=headers)).status_code == 403
    assert (await world.post("/me/test-mail", json={}, headers=headers)).status_code == 403
