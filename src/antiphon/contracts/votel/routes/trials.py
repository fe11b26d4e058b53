"""What is tried while setting up: a spoken sentence, a mail to the own mailbox (contracts/votel.md 11.1)."""

from __future__ import annotations

from pydantic import BaseModel
from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.votel.routing import Call, Routes
from antiphon.core.errors import AntiphonError
from antiphon.core.ids import new_id
from antiphon.core.mail import ConsoleMailer, Mail
from antiphon.domain.engine_tests import speak_test_sentence
from antiphon.domain.integrations.services import AccountMailers

ROUTES = Routes("Trials")

_WAV = {"content": {"audio/wav": {"schema": {"type": "string", "format": "binary"}}}}


class MailTestResult(BaseModel):
    """`is_logged`: no mail server is set, mails are written to the server's log."""

    success: bool
    error: str | None
    is_logged: bool


@ROUTES.add(
    "GET",
    "/engines/test/sentence",
    permission="settings:read",
    extra={"responses": {"200": {"description": "A WAV file", **_WAV}}},
)
async def get_test_sentence(call: Call) -> Response:
    """The sentence that recognition is tried with, spoken by the built-in voice."""
    sound = await speak_test_sentence(call.services)
    return Response(sound, media_type="audio/wav", headers={"Cache-Control": "private, max-age=3600"})


@ROUTES.add("POST", "/me/test-mail", permission="settings:send", answer=MailTestResult)
async def send_test_mail(call: Call) -> Response:
    """Send the caller a mail at once, by the account's own mail server where it has one."""
    services, user = call.services, call.caller.user
    mailer = services.mailer
    error = None
    try:
        mailer = await AccountMailers(services)(call.account_id) or services.mailer
        await mailer.send(
            Mail(
                to=user.email,
                subject="Antiphon can send mail",
                text="This mail was sent to try whether mail arrives. It does.",
                key=f"test-{new_id()}",
            )
        )
    except AntiphonError as failure:
        error = str(failure) or type(failure).__name__
    is_logged = isinstance(mailer, ConsoleMailer)
    return json_response({"success": error is None, "error": error, "is_logged": is_logged})
