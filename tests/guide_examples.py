"""The code blocks of the guide."""

from __future__ import annotations

from dataclasses import dataclass

from markdown_it import MarkdownIt

from antiphon.web.guide import guide_folder


@dataclass(frozen=True)
class Example:
    page: str
    number: int
    language: str
    code: str

    def __str__(self) -> str:
        return f"{self.page}-{self.number}-{self.language}"


def examples(page: str) -> list[Example]:
    tokens = MarkdownIt("commonmark").parse((guide_folder() / f"{page}.md").read_text())
    blocks = [token for token in tokens if token.type == "fence"]
    return [Example(page, number, token.info, token.content) for number, token in enumerate(blocks, start=1)]
