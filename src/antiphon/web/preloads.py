"""What a screen of the dashboard needs, named in the page: files and answers load beside the first script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

BASE = "/dashboard/"
START = "index.html"
_EARLY = "early"  # ui/vite.dashboard.config.ts
_FONT = "-latin-wght-"
_FRAME = "src/shell/Layout.tsx"
_FEATURES = "src/features/"

# By the first word of the address: the screen itself, and the one behind it.
SCREENS: Mapping[str, tuple[str, ...]] = {
    "home": ("home/HomePage.tsx",),
    "inbox": ("inbox/InboxPage.tsx",),
    "voicegrams": ("voicegrams/VoicegramsPage.tsx", "voicegrams/detail/VoicegramPage.tsx"),
    "calls": ("calls/CallsPage.tsx", "calls/CallPage.tsx"),
    "contacts": ("contacts/ContactsPage.tsx", "contacts/ContactPage.tsx"),
    "channels": ("channels/ChannelsPage.tsx", "channels/ChannelPage.tsx"),
    "simulator": ("simulator/SimulatorPage.tsx",),
    "developers": ("developers/DevelopersPage.tsx", "developers/ContractPage.tsx"),
}
# What a screen without filters asks for first, letter for letter as it asks (ui/dashboard/src/early.ts).
SIGNED_IN = ("/api/session", "/api/me", "/api/me/preferences")
ROWS: Mapping[str, str] = {
    "inbox": "/api/conversations?page=1&limit=50",
    "voicegrams": "/api/voicegrams?page=1&limit=50",
    "calls": "/api/activity/calls?page=1&limit=50",
    "contacts": "/api/leads?page=1&limit=50",
    "channels": "/api/recording-channels?limit=100",
}
OUTSIDE_FRAME: Mapping[str, str] = {"sign-in": "session/SignInPage.tsx", "setup": "setup/SetupPage.tsx"}

Manifest = Mapping[str, Mapping[str, Any]]


def chunks_of(path: str) -> tuple[str, ...]:
    """The names in Vite's manifest of what shows `/dashboard/<path>` beside the start; empty for others."""
    first, *rest = path.strip("/").split("/")
    if first in OUTSIDE_FRAME:
        return (_FEATURES + OUTSIDE_FRAME[first],)
    if first not in SCREENS:
        return ()
    pages = SCREENS[first]
    return (_FRAME, _FEATURES + pages[min(len(rest), len(pages) - 1)])


def questions_of(path: str, *, is_signed_in: bool, has_filters: bool) -> tuple[str, ...]:
    """What the page at `/dashboard/<path>` asks the native API for first, as paths of GET requests."""
    if not is_signed_in:
        return SIGNED_IN[:1]
    rows = ROWS.get(path.strip("/"))
    return (*SIGNED_IN, rows) if rows and not has_filters else SIGNED_IN


def closure(manifest: Manifest, name: str) -> Iterator[str]:
    """A chunk and all it imports at once, by their names in the manifest."""
    waiting, seen = [name], {name}
    while waiting:
        current = waiting.pop()
        yield current
        for other in manifest[current].get("imports", ()):
            if other not in seen:
                seen.add(other)
                waiting.append(other)


def early(manifest: Manifest, questions: Sequence[str]) -> str:
    """Elements for the head of a page that sends these questions while its code loads."""
    scripts = [BASE + str(chunk["file"]) for chunk in manifest.values() if chunk.get("name") == _EARLY]
    return f'<meta name="early" content="{escape(" ".join(questions))}">' + "".join(
        f'<script type="module" async crossorigin src="{escape(script)}"></script>' for script in scripts
    )


def preloads(manifest: Manifest, chunks: Sequence[str]) -> str:
    """Link elements for the head of a page that loads these chunks; those not built are left out."""
    start = set(closure(manifest, START))
    names = {
        chunk: None
        for name in chunks
        if name in manifest
        for chunk in closure(manifest, name)
        if chunk not in start
    }
    links = [
        f'<link rel="modulepreload" crossorigin href="{escape(BASE + str(manifest[name]["file"]))}">'
        for name in names
    ]
    links += [
        f'<link rel="preload" as="style" crossorigin href="{escape(BASE + file)}">'
        for file in {file: None for name in names for file in manifest[name].get("css", ())}
    ]
    fonts = [file for file in manifest[START].get("assets", ()) if _FONT in file]
    links += [
        f'<link rel="preload" as="font" type="font/woff2" crossorigin href="{escape(BASE + file)}">'
        for file in fonts
    ]
    return "".join(links)
