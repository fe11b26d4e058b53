"""The written guide at `/guide`: the pages of docs/guide, which the wheel carries."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from antiphon.web.headers import message_page_headers
from antiphon.web.html import not_found_page

_CSS = (Path(__file__).parent / "guide.css").read_text()
_HEADERS = {**message_page_headers(_CSS), "Cache-Control": "no-cache"}
_NAME = re.compile(r"[a-z0-9-]{1,60}")
_PAGE_LINK = re.compile(r"([a-z0-9-]+)\.md(#.*)?")


def guide_folder() -> Path:
    """In the wheel beside this module, in a source tree under docs."""
    packaged = Path(__file__).parent / "guide"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "docs" / "guide"


def create_guide_routes(folder: Path | None = None) -> list[Route]:
    """`/guide` and `/guide/<page>`."""
    root = folder or guide_folder()

    @lru_cache(maxsize=64)
    def rendered(name: str) -> str | None:
        path = root / f"{name}.md"
        return render(path.read_text()) if path.is_file() else None

    async def show(request: Request) -> Response:
        name = request.path_params.get("name", "index")
        page = rendered(name) if _NAME.fullmatch(name) else None
        return not_found_page() if page is None else HTMLResponse(page, headers=_HEADERS)

    return [Route("/guide", show), Route("/guide/{name}", show)]


def render(markdown: str) -> str:
    """A page of the guide; links between pages lead to their addresses, other relative links are text."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(markdown)
    for token in tokens:
        token.children = None if token.children is None else _linked(token.children)
    title = next((token.content for token in tokens if token.type == "inline"), "Guide")
    body = parser.renderer.render(tokens, parser.options, {})
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)} · Antiphon</title>\n"
        '<link rel="icon" href="/favicon.svg" type="image/svg+xml">\n'
        f"<style>{_CSS}</style>\n</head>\n<body>\n"
        '<nav><a href="/guide">Guide</a> <a href="/docs">API reference</a></nav>\n'
        f"<main>\n{body}</main>\n</body>\n</html>\n"
    )


def _linked(children: list[Token]) -> list[Token]:
    kept: list[Token] = []
    open_links: list[bool] = []
    for token in children:
        if token.type == "link_open":
            target = _target(str(token.attrs.get("href", "")))
            open_links.append(target is not None)
            if target is None:
                continue
            token.attrs["href"] = target
        elif token.type == "link_close" and not open_links.pop():
            continue
        kept.append(token)
    return kept


def _target(href: str) -> str | None:
    page = _PAGE_LINK.fullmatch(href)
    if page is not None:
        name = "" if page[1] == "index" else f"/{page[1]}"
        return f"/guide{name}{page[2] or ''}"
    return href if href.startswith(("/", "#", "https://")) else None
