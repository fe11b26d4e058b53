"""What every contract's routes share."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import BaseModel, Field, ValidationError
from starlette.responses import Response

from antiphon.contracts.http import fault_text, set_headers
from antiphon.contracts.vocatech.bodies import Clean


def test_headers_of_a_call_replace_those_of_its_answer() -> None:
    response = Response(b"{}", headers={"Vary": "Accept", "Retry-After": "1"})
    set_headers(response, {"retry-after": "7", "X-RateLimit-Limit": "60"})
    assert response.headers.items() == [
        ("vary", "Accept"),
        ("retry-after", "7"),
        ("content-length", "2"),
        ("x-ratelimit-limit", "60"),
    ]


class _Note(BaseModel):
    text: Annotated[Clean, Field(min_length=2, max_length=5)]
    tags: list[str] = Field([], max_length=1)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"text": "x" * 6}, "at most 5 characters"),
        ({"text": "x"}, "at least 2 characters"),
        ({"text": "a\0b"}, "must not hold NUL characters"),
        ({}, "Field required"),
        ({"text": "abc", "tags": ["a", "b"]}, "List should have at most 1 item after validation, not 2"),
    ],
)
def test_faults_are_told_in_words_about_the_value(value: object, words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        _Note.model_validate(value)
    (found,) = refused.value.errors()
    assert fault_text(found) == words
