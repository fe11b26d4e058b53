"""The few pages that the server renders itself."""

from __future__ import annotations

from html import escape
from pathlib import Path

from starlette.responses import HTMLResponse

from antiphon.web.headers import hosted_page_headers, message_page_headers

PAGE_CSS = (Path(__file__).parent / "page.css").read_text()

_MESSAGE_HEADERS = message_page_headers(PAGE_CSS)
_QUESTION_HEADERS = message_page_headers(PAGE_CSS, "'self'")
_HOSTED_HEADERS = hosted_page_headers(PAGE_CSS)


def _document(title: str, head: str, body: str) -> str:
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="robots" content="noindex">\n'
        f"<title>{escape(title)}</title>\n"
        '<link rel="icon" href="/favicon.svg" type="image/svg+xml">\n'
        f"<style>{PAGE_CSS}</style>\n{head}</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def message_page(status: int, title: str, text: str) -> HTMLResponse:
    """Return a page that only says something: an error, a notice. `text` is plain text."""
    body = (
        f'<main class="message"><p class="code">{status}</p>\n'
        f'<h1>{escape(title)}</h1>\n<p class="lead">{escape(text)}</p></main>'
    )
    return HTMLResponse(_document(title, "", body), status_code=status, headers=_MESSAGE_HEADERS)


def question_page(title: str, text: str, answer: str) -> HTMLResponse:
    """Return a page with one button, which posts to the page's own address. `text` is plain text."""
    body = (
        f'<main class="message"><h1>{escape(title)}</h1>\n<p class="lead">{escape(text)}</p>\n'
        f'<form method="post"><button type="submit">{escape(answer)}</button></form></main>'
    )
    return HTMLResponse(_document(title, "", body), headers=_QUESTION_HEADERS)


def not_found_page() -> HTMLResponse:
    return message_page(404, "Page not found", "There is nothing at this address. Please check the link.")


def server_error_page() -> HTMLResponse:
    return message_page(500, "Something went wrong", "The error was recorded. Please try again in a moment.")


def not_built_page() -> HTMLResponse:
    return message_page(503, "Not ready yet", "the UI is not built: run scripts/build-ui")


def recording_page(
    *, workspace: str, slug: str, company: str, name: str, greeting: str | None, is_active: bool
) -> HTMLResponse:
    """Return the hosted page of one channel (contracts/voicegram.md 9); an inactive one says it is closed."""
    if is_active:
        head = '<script src="/widget.js" defer></script>\n'
        content = (
            f'<antiphon-recorder data-mode="inline" data-heading="none" data-workspace="{escape(workspace)}"'
            f' data-slug="{escape(slug)}" data-company="{escape(company)}"></antiphon-recorder>\n'
            '<noscript><p class="notice">Recording a message needs JavaScript.</p></noscript>'
        )
        lead = greeting or "Leave a voice message. It takes a minute, and you can listen before you send it."
    else:
        head = ""
        content = '<p class="notice">This page is closed: it takes no voice messages at the moment.</p>'
        lead = ""
    body = (
        "<main>\n"
        f'<p class="company">{escape(company)}</p>\n'
        f"<h1>{escape(name)}</h1>\n"
        + (f'<p class="lead">{escape(lead)}</p>\n' if lead else "")
        + f"{content}\n</main>\n<footer>Voice messages by Antiphon</footer>"
    )
    return HTMLResponse(_document(f"{name} · {company}", head, body), headers=_HOSTED_HEADERS)
