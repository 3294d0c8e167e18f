"""The destination: which server a model's options name, and which variables' values go there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from evalkit.embedding.adapters.endpoint import KEY, VARIABLE
from evalkit.embedding.modelspec import ModelSpec, Options

ENDPOINT, SEARCH = "openai", "http"
STATED = {
    ENDPOINT: ("base_url", "api_key_env", "extra_headers", "extra_query"),
    SEARCH: ("api_key_env", "headers"),
}


@dataclass(frozen=True, slots=True)
class Destination:
    """A server, and the variables whose values it receives."""

    server: str
    variables: tuple[str, ...]

    def __str__(self) -> str:
        what = f"texts and the value of {', '.join(self.variables)}" if self.variables else "texts"
        return f"{what} to {self.server}"


def destination(spec: ModelSpec, options: Options) -> Destination | None:
    """Return where texts and keys go because options say so, None where they say nothing of it."""
    stated = {name: str(options[name]) for name in STATED.get(spec.provider, ()) if name in options}
    if not stated and spec.provider != SEARCH:
        return None
    key = stated.pop("api_key_env", KEY if spec.provider == ENDPOINT else "")
    inside = (name for text in stated.values() for name in re.findall(VARIABLE, text))
    address = spec.model if spec.provider == SEARCH else stated.get("base_url", "")
    try:
        server = urlsplit(address).hostname
    except ValueError:  # told by whoever asks there
        server = None
    return Destination(server or "its usual server", tuple(dict.fromkeys(filter(None, (key, *inside)))))
