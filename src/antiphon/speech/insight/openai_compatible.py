"""Insight by any OpenAI-compatible chat model, with the rules engine behind it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import structlog

from antiphon.core.errors import ErrorCategory, ServiceError
from antiphon.speech.openai_session import open_session

from .answer import AnswerError, read_answer
from .port import Insight, InsightHints, empty_insight
from .prompt import RESPONSE_FORMAT, chat_messages, repair_messages
from .rules import RulesEngine
from .rules.text import has_speech, normalise

log = structlog.get_logger(__name__)

_MAX_RESPONSE = 1 << 20
_QUOTA_CODES = frozenset(
    {"insufficient_quota", "billing_hard_limit_reached", "insufficient_funds", "quota_exceeded"}
)


class OpenAICompatibleEngine:
    """Implements `InsightEngine` over `POST {base_url}/chat/completions` with structured output.

    Falls back to the rules, saying so in `note`, on refused keys, spent quota, refused requests and answers
    that stay off the schema after one repair try. Rate limits, connection and server failures raise
    `ServiceError`, unless it is the `final` try.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        api_key: str | None = None,
        *,
        timeout_s: float = 60.0,
        allowed_networks: tuple[str, ...] | None = None,
    ) -> None:
        self._url = base_url.rstrip("/") + "/chat/completions"
        self._model = model
        self._api_key = api_key
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._allowed_networks = allowed_networks
        self._rules = RulesEngine()
        self._session: aiohttp.ClientSession | None = None
        self.name = f"openai:{model}"

    async def analyse(
        self, text: str, hints: InsightHints, segments: Sequence[str] | None = None, *, final: bool = False
    ) -> Insight:
        """One transcript to `Insight`; text without speech never leaves the machine."""
        text = normalise(text)
        if not has_speech(text):
            return empty_insight(self.name)
        try:
            return await self._ask(text, hints, segments)
        except AnswerError as error:
            reason = f"answer off the schema ({error})"
        except ServiceError as error:
            if error.retryable and not final:
                raise
            reason = f"{error.category}: {error.message}"
        log.warning("insight_fallback", engine=self.name, reason=reason)
        found = await self._rules.analyse(text, hints, segments)
        return replace(found, note=f"{self.name} failed, built-in rules used; {reason}"[:300])

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _ask(self, text: str, hints: InsightHints, segments: Sequence[str] | None) -> Insight:
        messages = chat_messages(text, hints, segments)
        content = await self._complete(messages)
        try:
            return read_answer(content, self.name)
        except AnswerError as error:
            content = await self._complete([*messages, *repair_messages(content, str(error))])
            return read_answer(content, self.name)

    async def _complete(self, messages: list[dict[str, str]]) -> str:
        body = {
            "model": self._model,
            "messages": messages,
            "temperature": 0,
            "response_format": RESPONSE_FORMAT,
        }
        headers = {"Authorization": f"Bearer {self._api_key}"} if self._api_key else {}
        if self._session is None:
            self._session = open_session(self._allowed_networks, self._timeout)
        try:
            async with self._session.post(
                self._url, json=body, headers=headers, allow_redirects=False
            ) as response:
                raw = await _read_capped(response)
                if response.status != 200:
                    raise self._refusal(response, raw)
        except TimeoutError as error:
            raise ServiceError(ErrorCategory.CONNECTIVITY, "no answer in time", service=self.name) from error
        except aiohttp.InvalidURL as error:
            raise ServiceError(ErrorCategory.CALLER, "base_url is not a URL", service=self.name) from error
        except aiohttp.ClientError as error:
            raise ServiceError(ErrorCategory.CONNECTIVITY, type(error).__name__, service=self.name) from error
        return _content(raw)

    def _refusal(self, response: aiohttp.ClientResponse, raw: bytes) -> ServiceError:
        code = _error_code(raw)
        message = f"HTTP {response.status}" + (f" {code}" if code else "")
        return ServiceError(
            _category(response.status, code),
            message,
            service=self.name,
            retry_after_ms=_retry_after_ms(response),
        )


async def _read_capped(response: aiohttp.ClientResponse) -> bytes:
    raw = bytearray()
    async for chunk in response.content.iter_chunked(1 << 16):
        raw += chunk
        if len(raw) > _MAX_RESPONSE:
            response.close()
            raise AnswerError("answer over 1 MiB")
    return bytes(raw)


def _content(raw: bytes) -> str:
    try:
        choice = json.loads(raw)["choices"][0]
        content = choice["message"]["content"]
        finished = choice.get("finish_reason")
    except (ValueError, LookupError, TypeError, AttributeError):
        raise AnswerError("not a chat completion") from None
    if finished not in (None, "stop"):
        raise AnswerError(f"finish_reason is {str(finished)[:40]}")
    if not isinstance(content, str):
        raise AnswerError("no text content")
    return content


def _category(status: int, code: str) -> ErrorCategory:
    if code in _QUOTA_CODES or status == 402:
        return ErrorCategory.QUOTA
    if status in (401, 403):
        return ErrorCategory.AUTH
    if status == 429:
        return ErrorCategory.RATE_LIMIT
    if status == 408:
        return ErrorCategory.CONNECTIVITY
    return ErrorCategory.SERVER if status >= 500 else ErrorCategory.CALLER


def _error_code(raw: bytes) -> str:
    """The service's own code, never its prose, which may repeat part of the key."""
    try:
        error: Any = json.loads(raw)["error"]
        code = error.get("code") or error.get("type") or ""
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""
    return code if isinstance(code, str) and re.fullmatch(r"[\w.-]{1,60}", code) else ""


def _retry_after_ms(response: aiohttp.ClientResponse) -> int | None:
    """`Retry-After` in seconds or as a date (RFC 9110 10.2.3)."""
    value = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}(?:\.\d+)?", value):
        return int(float(value) * 1000)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0, int((at - datetime.now(UTC)).total_seconds() * 1000))
