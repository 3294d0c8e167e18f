"""A chat endpoint on loopback: it grades as a test says, or fails as a test asks it to."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from endpoint_by_hand import Endpoint, Payload, Reply, endpoint

DOCUMENT = re.compile(r"\[\[document ([0-9a-f]+)\]\]\n(.*)\n\[\[end of document \1\]\]", re.DOTALL)
QUERY = re.compile(r"\[\[question ([0-9a-f]+)\]\]\n(.*)\n\[\[end of question \1\]\]", re.DOTALL)


def told(request: Payload) -> str:
    """Return what the model is told."""
    return str(request["messages"][0]["content"])


def document_of(request: Payload) -> str:
    """Return the document that is to be judged."""
    found = DOCUMENT.search(told(request))
    return found[2] if found else ""


def query_of(request: Payload) -> str:
    """Return the query that it is judged for."""
    found = QUERY.search(told(request))
    return found[2] if found else ""


def says(text: object, *, usage: tuple[int, int] | None = (100, 1), **more: Any) -> Reply:
    """Return the reply of a model that says a text."""
    message = {"role": "assistant", "content": text, **more}
    answer: dict[str, Any] = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    if usage:
        answer["usage"] = {"prompt_tokens": usage[0], "completion_tokens": usage[1]}
    return Reply(body=json.dumps(answer).encode(), headers={"content-type": "application/json"})


@contextmanager
def chat(grade: Callable[[str, str], object]) -> Iterator[Endpoint]:
    """Serve a model that grades a query and a document by a function."""
    with endpoint() as state:
        state.always = lambda request: says(grade(query_of(request), document_of(request)))
        yield state
