"""Neutral data of test events; every id begins with `test_` (contracts/votel.md 11.6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from antiphon.contracts.votel.views_events import TEST_PREFIX
from antiphon.core.clock import MINUTE, SECOND
from antiphon.domain.contacts.records import Contact
from antiphon.domain.contacts.snapshot import snapshot


def sample_voicegram(now: int) -> dict[str, Any]:
    return {
        "id": f"{TEST_PREFIX}voicegram_1",
        "created_at": now - 2 * MINUTE,
        "completed_at": now - MINUTE,
        "duration_ms": 14_200,
        "sender_email": "visitor@example.org",
        "channel": {
            "kind": "campaign",
            "id": f"{TEST_PREFIX}channel_1",
            "name": "Autumn survey",
            "page_url": None,
        },
        "transcript": {"text": "Please send me the price list for next year.", "confidence": 0.91},
        "summary": {
            "text": "Asks for next year's price list.",
            "urgency": "low",
            "sentiment": "neutral",
            "intent": "inquiry",
            "callback_required": False,
            "action_items": [{"task": "Send the price list", "priority": "medium", "deadline": None}],
            "mentioned": {"names": [], "phones": [], "emails": []},
        },
        "tags": [],
        "lead_id": f"{TEST_PREFIX}lead_1",
        "message_id": f"{TEST_PREFIX}voicegram_1",
    }


def sample_channel(now: int) -> dict[str, Any]:
    return {
        "id": f"{TEST_PREFIX}channel_1",
        "subdomain": "acme",
        "channel": {
            "id": f"{TEST_PREFIX}channel_1",
            "account_id": f"{TEST_PREFIX}account_1",
            "kind": "campaign",
            "name": "Autumn survey",
            "host": None,
            "slug": "autumn-survey",
            "greeting": "",
            "notify_emails": [],
            "is_active": True,
            "status": "active",
            "voicegram_count": 0,
            "last_seen_at": None,
            "created_at": now - MINUTE,
            "updated_at": now,
        },
    }


def sample_channel_status(now: int) -> dict[str, Any]:
    sample = sample_channel(now)
    domain = {"kind": "domain", "name": "www.example.com", "host": "www.example.com", "slug": None}
    told = {"from": "pending", "to": "active", "reason": "The widget was seen"}
    return {**sample, "channel": {**sample["channel"], **domain, "last_seen_at": now}, **told}


def sample_integration(now: int) -> dict[str, Any]:
    return {
        "id": f"{TEST_PREFIX}integration_1",
        "key": "smtp",
        "label": "Mail server",
        "from": "connected",
        "to": "error",
        "reason": "The server refused the password",
    }


def sample_webhook(now: int) -> dict[str, Any]:
    return {
        "id": f"{TEST_PREFIX}webhook_1",
        "reason": "failures",
        "webhook": {
            "id": f"{TEST_PREFIX}webhook_1",
            "account_id": f"{TEST_PREFIX}account_1",
            "contract": "native",
            "url": "https://www.example.com/hooks",
            "event_types": [],
            "secret_prefix": "whsec_",
            "channel_id": None,
            "channel_type": None,
            "source": "dashboard",
            "zapier_subscription_id": None,
            "is_active": False,
            "consecutive_failures": 5,
            "last_delivery_at": now,
            "last_success_at": None,
            "last_error": "http_status: 500",
            "created_at": now - MINUTE,
            "created_by_user_id": None,
            "inactive_since": now,
            "disabled_reason": "failures",
            "number": 1,
            "name": "CRM",
            "filter": None,
            "timezone": "UTC",
        },
    }


def sample_reference(name: str) -> Callable[[int], dict[str, Any]]:
    return lambda now: {"id": f"{TEST_PREFIX}{name}_1"}


def sample_message(now: int) -> dict[str, Any]:
    return {
        "id": f"{TEST_PREFIX}message_1",
        "conversation_id": f"{TEST_PREFIX}conversation_1",
        "contact_id": f"{TEST_PREFIX}lead_1",
        "channel": "sms",
        "direction": "inbound",
        "status": "delivered",
        "from": "+15550100143",
        "to": "+15550100100",
        "body": "This is a test message.",
        "subject": None,
        "cc": [],
        "bcc": [],
        "reply_to_message_id": None,
        "author_kind": "lead",
        "author_id": f"{TEST_PREFIX}lead_1",
        "author_name": "Ada Example",
        "source": "inbox",
        "source_id": None,
        "template_id": None,
        "call_id": None,
        "voicegram_id": None,
        "carrier": "simulator",
        "carrier_message_id": None,
        "error_code": None,
        "error": None,
        "segments": 1,
        "cost_micros": None,
        "metadata": {},
        "created_at": now,
        "scheduled_at": None,
        "handed_over_at": now,
        "delivered_at": now,
        "read_at": None,
        "updated_at": now,
        "attachments": [],
    }


def sample_call(now: int) -> dict[str, Any]:
    return {
        "id": f"{TEST_PREFIX}call_1",
        "call_sid": None,
        "carrier": "simulator",
        "direction": "inbound",
        "status": "completed",
        "ended_reason": "caller_hangup",
        "from_number": "+15550100143",
        "to_number": "+15550100100",
        "remote_name": "Ada Example",
        "contact_id": f"{TEST_PREFIX}lead_1",
        "user_id": None,
        "assistant_id": None,
        "started_at": now - 3 * MINUTE,
        "answered_at": now - 3 * MINUTE + 8 * SECOND,
        "ended_at": now - MINUTE,
        "duration_seconds": 112,
        "is_test": False,
        "summary": "Asks for the opening hours.",
        "transcript": [],
        "sentiment": {"label": "neutral", "score": 0.0},
        "analysis": {},
        "analyzed_at": now,
    }


def sample_lead(at: int) -> dict[str, Any]:
    """A lead of nobody, with everything that some event of leads says."""
    contact = Contact(
        f"{TEST_PREFIX}lead_1",
        1,
        "",
        "Example",
        "Lead",
        "",
        "manual",
        {},
        ("Example",),
        ("+12025550143",),
        ("lead@example.com",),
        0,
        None,
        at,
        at,
    )
    note = {"id": f"{TEST_PREFIX}note_1", "content": "Example", "pinned": False, "created_at": at}
    return {
        **snapshot(contact),
        "stage": None,
        "owner_name": None,
        "changes": [{"field": "city", "from": None, "to": "Springfield"}],
        "from": None,
        "to": None,
        "tag": "Example",
        "note": note,
    }


def sample_job(now: int) -> dict[str, Any]:
    return {
        "id": f"{TEST_PREFIX}job_1",
        "account_id": f"{TEST_PREFIX}account_1",
        "kind": "voicegram.reprocess",
        "object_id": f"{TEST_PREFIX}voicegram_1",
        "status": "completed",
        "done": 2,
        "total": 2,
        "errors": 0,
        "result": {"voicegram_id": f"{TEST_PREFIX}voicegram_1"},
        "error": None,
        "created_by_id": None,
        "created_at": now - MINUTE,
        "started_at": now - MINUTE,
        "finished_at": now,
    }
