"""The client: the `openai` package's own, on our wire, its key kept secret, for one endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalkit.confidential import Redacting
from evalkit.embedding.adapters.endpoint import Endpoint
from evalkit.errors import MissingExtraError, ModelError

if TYPE_CHECKING:
    from evalkit.embedding.adapters.wire import Wire

LIBRARIES = ("openai", "openai._base_client", "httpx", "httpx2", "httpcore", "httpcore2")


def connected(endpoint: Endpoint, asked: str) -> tuple[Any, Wire]:
    """Return a client of the `openai` package, and the wire that it sends by; nothing is sent yet.

    Args:
        endpoint: Where and how requests are sent.
        asked: Who is asked, for errors.

    Raises:
        ModelError: There is no key where one is needed, or it holds what no header can hold.
        MissingExtraError: The package is not installed.
    """
    key = _key(endpoint)
    try:
        import logging

        import openai
    except ImportError:
        raise MissingExtraError.for_extra("openai", f"asking {asked}") from None
    from evalkit.embedding.adapters.wire import Wire

    for name in LIBRARIES:
        logging.getLogger(name).addFilter(Redacting())
    headers = dict(endpoint.headers)
    if endpoint.api_key_header and key:
        headers[endpoint.api_key_header] = key
    wire = Wire(endpoint)
    client = openai.OpenAI(
        base_url=endpoint.address.sent,
        api_key=key or "none",  # a local server may need none, the package does
        max_retries=endpoint.max_retries,
        timeout=endpoint.timeout_s,
        default_headers=headers,
        default_query=dict(endpoint.address.query),
        http_client=wire,
    )
    return client, wire


def _key(endpoint: Endpoint) -> str:
    """Return the key, which is never shown.

    Raises:
        ModelError: There is none where one is needed, or it holds what no header can hold.
    """
    key = endpoint.key
    if (key or not endpoint.is_openai) and key.isascii() and key.isprintable():
        return key
    problem = "holds a line break or a character that no key has" if key else "holds no key"
    raise ModelError(
        f"the environment variable {endpoint.key_variable} {problem}",
        hint="set it, or name another with api_key_env; a key itself never stands in a config",
        code="EK362",
    )
