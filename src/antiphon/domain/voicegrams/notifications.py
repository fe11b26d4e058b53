"""The mail that tells an account's people of a completed voicegram."""

from __future__ import annotations

from html import escape

import msgspec

from antiphon.core.clock import to_iso
from antiphon.core.crypto import Cipher
from antiphon.core.db.transaction import WriteTx
from antiphon.core.errors import NotFoundError
from antiphon.core.events import Event
from antiphon.domain.accounts.preferences import wants_mail
from antiphon.domain.accounts.queries import get_account, list_people
from antiphon.domain.accounts.records import Role
from antiphon.domain.channels.queries import get_channel
from antiphon.domain.mails.commands import queue_mail
from antiphon.domain.voicegrams.commands import ensure_listener
from antiphon.domain.voicegrams.links import ListenLinks
from antiphon.domain.voicegrams.queries import get_completed
from antiphon.domain.voicegrams.records import CompletedVoicegram, ListenerKind


class CompletionMail:
    """Reaction to `voicegram.completed`: one mail to each notified mailbox, with a link of its own."""

    def __init__(self, cipher: Cipher, links: ListenLinks) -> None:
        self._cipher = cipher
        self._links = links

    def __call__(self, tx: WriteTx, event: Event) -> None:
        account = get_account(tx, event.account_id)
        voicegram = get_completed(tx, event.account_id, event.object_id)
        expires_at = tx.now + account.plan.link_validity_ms
        for address in self._recipients(tx, voicegram):
            listener = ensure_listener(
                tx, account.id, ListenerKind.MAILBOX, address, voicegram.id, expires_at
            )
            listen = self._links.url(voicegram.id, listener, expires_at)
            subject, text, html = compose(
                voicegram, listen, expires_at, self._links.dashboard_url(voicegram.id)
            )
            queue_mail(
                tx,
                self._cipher,
                account_id=account.id,
                recipient=address,
                subject=subject,
                text=text,
                html=html,
            )

    @staticmethod
    def _recipients(tx: WriteTx, voicegram: CompletedVoicegram) -> list[str]:
        """The channel's own list, or else the account's owners and admins who want the mail."""
        try:
            chosen = get_channel(tx, voicegram.account_id, voicegram.channel_id).notify_emails
        except NotFoundError:
            chosen = ()
        if chosen:
            return list(dict.fromkeys(chosen))
        people = list_people(tx, voicegram.account_id)
        return [
            person.email
            for person in people
            if person.role >= Role.ADMIN
            and wants_mail(tx, voicegram.account_id, person.id, "voicegram.completed")
        ]


def compose(
    voicegram: CompletedVoicegram, listen_url: str, expires_at: int, dashboard_url: str
) -> tuple[str, str, str]:
    """Subject, plain text and HTML."""
    summary = msgspec.json.decode(voicegram.summary)
    urgency = f"[{summary['urgency']}] " if summary["urgency"] == "high" else ""
    subject = f"{urgency}Voicegram from {voicegram.sender_email} via {voicegram.channel_name}"
    facts = [
        ("From", voicegram.sender_email),
        ("Channel", voicegram.channel_name),
        ("Page", voicegram.page_url or ""),
        ("Length", f"{voicegram.duration_ms / 1000:.0f} s"),
        ("Urgency", summary["urgency"] or "not classified"),
        ("Sentiment", summary["sentiment"] or "not classified"),
        ("Intent", summary["intent"] or "not classified"),
        ("Callback requested", "yes" if summary["callback_required"] else "no"),
        ("Phones", ", ".join(summary["mentioned"]["phones"])),
        ("Emails", ", ".join(summary["mentioned"]["emails"])),
    ]
    facts = [(label, value) for label, value in facts if value]
    tasks = [
        item["task"] + (f" ({item['deadline']})" if item["deadline"] else "")
        for item in summary["action_items"]
    ]
    transcript = voicegram.transcript_text or "No speech was recognised."
    heading = summary["text"] or transcript
    lines = [heading, "", *(f"{label}: {value}" for label, value in facts), ""]
    if tasks:
        lines += ["To do:", *(f"- {task}" for task in tasks), ""]
    until = to_iso(expires_at)[:10]
    lines += [
        "Transcript:",
        transcript,
        "",
        f"Listen (until {until}): {listen_url}",
        f"Open: {dashboard_url}",
    ]
    rows = "".join(
        f'<tr><td style="padding:2px 12px 2px 0;color:#666">{escape(label)}</td><td>{escape(value)}</td></tr>'
        for label, value in facts
    )
    todo = "".join(f"<li>{escape(task)}</li>" for task in tasks)
    html = (
        '<div style="font-family:system-ui,sans-serif;max-width:36rem;line-height:1.5">'
        f'<p style="font-size:1.15rem">{escape(heading)}</p><table style="font-size:.95rem">{rows}</table>'
        + (f"<p><strong>To do</strong></p><ul>{todo}</ul>" if todo else "")
        + f'<p style="white-space:pre-wrap;color:#333">{escape(transcript)}</p>'
        f'<p><a href="{escape(listen_url)}">Listen</a> (until {until}) &middot; '
        f'<a href="{escape(dashboard_url)}">Open in the dashboard</a></p></div>'
    )
    return subject, "\n".join(lines), html
