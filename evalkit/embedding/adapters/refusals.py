"""Refusals: what the errors of an endpoint mean, and what to do about each."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from evalkit.confidential import without_secrets
from evalkit.embedding.adapters.endpoint import Endpoint
from evalkit.errors import EvalkitError, ModelError, ProviderError

EMBEDDINGS = "/embeddings"
KEPT = "every request that was answered is kept, so run again to go on from there"
SAID = 200
WRONG_REQUEST, NO_KEY, FORBIDDEN, NOT_FOUND, NO_METHOD, TOO_LARGE, TOO_MANY = (
    400,
    401,
    403,
    404,
    405,
    413,
    429,
)
REDIRECT, FAULTY_SERVER = 300, 500
OF_THE_REQUEST = (400, 413, 422)
SPEAKING = ("message", "error", "detail", "errors", "msg", "error_message", "title", "reason")
ENCODING = re.compile(r"encoding.?format|base64", re.IGNORECASE)
INPUTS = r"(?:inputs|texts|items|documents|instances|elements|entries|sequences|strings|array|list)"
MOST = r"(?:number|max\w*|at most|limit\w*|exceed\w*|larger|longer)"
LIMIT = re.compile(
    rf"batch|too many {INPUTS}|{MOST}\b.{{0,40}}\b{INPUTS}\b"
    rf"|\b{INPUTS}\b.{{0,40}}(?:too (?:long|large|big|many)|at most|max|limit)",
    re.IGNORECASE | re.DOTALL,
)


OPTIONS = (
    (
        re.compile(r"input.?type", re.IGNORECASE),
        'state it in its own words: input_type = { query = "search_query", document = "search_document" }',
    ),
    (
        re.compile(r"subscription key|\bapi-key\b|x-api-key", re.IGNORECASE),
        'such servers take the key in a header of its own: api_key_header = "api-key"',
    ),
    (re.compile(r"api.?version", re.IGNORECASE), 'state it: extra_query = { "api-version" = "..." }'),
)


@dataclass(frozen=True, slots=True)
class AskedWords:
    """What was asked for, in the words of errors.

    Attributes:
        told: Who was asked.
        model: The model's name at the endpoint.
        longest: The length of the longest text of the request, in characters.
        path: What is added to the endpoint's address.
    """

    told: str
    model: str
    longest: int
    path: str = EMBEDDINGS

    @property
    def batched(self) -> bool:
        """Whether a request may hold fewer texts."""
        return self.path == EMBEDDINGS


class RefusedError(Exception):
    """A request without an answer that can be used: why, and the error to raise when nothing helps."""

    def __init__(
        self, told: EvalkitError, status: int = 0, message: str = "", *, broke_off: bool = False
    ) -> None:
        """Take the error to raise, the status of the answer (0 for none) and what the server said.

        A server that broke off took the request and went away, as one does that crashes on a text.
        """
        super().__init__(str(told))
        self.told = told
        self.status = status
        self.message = message
        self.is_fault = status >= FAULTY_SERVER or broke_off

    @property
    def names_encoding(self) -> bool:
        """Whether another encoding of the numbers may help."""
        return self.status in (*OF_THE_REQUEST, 415, 500, 501) and bool(ENCODING.search(self.message))

    @property
    def is_of_size(self) -> bool:
        """Whether fewer texts may help, now and in later requests."""
        if self.status == TOO_LARGE or (
            self.status == TOO_MANY and "request too large" in self.message.lower()
        ):
            return True
        return self.status in OF_THE_REQUEST and bool(LIMIT.search(self.message))

    @property
    def may_be_of_a_text(self) -> bool:
        """Whether one of the texts may be at fault."""
        return self.status in OF_THE_REQUEST or self.is_fault


def refusal(error: Exception, asked: AskedWords, endpoint: Endpoint) -> RefusedError:
    """Return an error of the `openai` package with what it means."""
    told = meaning(error, asked, endpoint)
    status = int(getattr(error, "status_code", 0))
    return RefusedError(told, status, said(getattr(error, "body", None)), broke_off=_broke_off(error))


def said(body: object) -> str:
    """Return what the body of an error says, on one line and without secrets."""
    text = body if isinstance(body, str) else _spoken(body)
    return " ".join(without_secrets(text)[: 10 * SAID].split())[:SAID]


def _spoken(body: object) -> str:
    """Return the part of a JSON body that people are meant to read, else all of it."""
    part = body
    while isinstance(part, dict):
        part = next((part[name] for name in SPEAKING if part.get(name)), None)
    if isinstance(part, str):
        return part
    return json.dumps(body, ensure_ascii=False, default=str) if body else ""


def meaning(error: Exception, asked: AskedWords, endpoint: Endpoint) -> EvalkitError:
    """Return the error to raise for one of the `openai` package, without the key, which servers repeat.

    Args:
        error: What the package raised, retries included.
        asked: What was asked for.
        endpoint: Where.

    Returns:
        A ModelError where something stated is wrong and asking again would not help, else a ProviderError.
    """
    status = int(getattr(error, "status_code", 0))
    places = [f"{endpoint.shown}{asked.path}   model {asked.model}"]
    problem, hint, code = (
        _by_status(status, endpoint, asked) if status else _unreached(error, endpoint, asked)
    )
    if REDIRECT <= status < WRONG_REQUEST:
        problem, hint, code = _redirected(error, status, asked.path)
    words = said(getattr(error, "body", None)) if status else ""
    hint = "; ".join((*(advice for asked, advice in OPTIONS if asked.search(words)), hint))
    kind = ModelError if WRONG_REQUEST <= status < FAULTY_SERVER and status != TOO_MANY else ProviderError
    if kind is ProviderError:
        places.append(f"retries: {endpoint.max_retries}")
    told = f"{asked.told}: {problem}" + (f": {words}" if words else "")
    return kind(told, places=places, hint=hint, code=code)


def _by_status(status: int, endpoint: Endpoint, asked: AskedWords) -> tuple[str, str, str]:
    """Return problem, hint and code of an answer with an error's status."""
    if status in (NO_KEY, FORBIDDEN):
        held = "which is set" if endpoint.key else "which is not set"
        hint = f"the key comes from {endpoint.key_variable}, {held}; api_key_env names another variable"
        return f"the server refuses the key ({status})", hint, "EK362"
    if status in (NOT_FOUND, NO_METHOD):
        hint = (
            "does the server have a model of that name, and does base_url end where it should, often in /v1?"
        )
        if endpoint.shown.endswith(asked.path):
            hint = f"base_url ends before {asked.path}, which is added to it"
        return f"the server knows no such model or address ({status})", hint, "EK363"
    if status == TOO_MANY:
        hint = f"set requests_per_minute, or look whether the quota is used up; {KEPT}"
        return f"the server takes no more requests for now ({status})", hint, "EK711"
    if status >= FAULTY_SERVER:
        return f"the server failed ({status})", KEPT, "EK712"
    fewer = "lower batch_size if it is too many texts, " if asked.batched else ""
    hint = (
        f"the longest text sent has {asked.longest:,} characters: split long documents if that is too much, "
        f"{fewer}or correct the options that the server names"
    )
    return f"the server refuses the request ({status})", hint, "EK361"


def _unreached(error: Exception, endpoint: Endpoint, asked: AskedWords) -> tuple[str, str, str]:
    """Return problem, hint and code where no answer came."""
    import openai

    if isinstance(error, openai.APITimeoutError):
        problem = f"no answer within {endpoint.timeout_s:g} s"
        fewer = " or lower batch_size" if asked.batched else ""
        return problem, f"raise timeout_s{fewer}; {KEPT}", "EK713"
    cause = error.__cause__ or error
    told = " ".join(without_secrets(str(cause)).split())[:SAID]
    if _broke_off(error):
        return (
            f"the server broke off ({told})",
            f"look at its log; {'a smaller batch_size may help; ' if asked.batched else ''}{KEPT}",
            "EK714",
        )
    return f"the server cannot be reached ({told})", f"is it running at base_url? {KEPT}", "EK714"


def _broke_off(error: Exception) -> bool:
    """Return whether a server took a request and closed the connection on it."""
    return type(error.__cause__).__name__ in ("RemoteProtocolError", "ReadError")


def _redirected(error: Exception, status: int, path: str) -> tuple[str, str, str]:
    """Return problem, hint and code of an answer that points to another server."""
    parts = urlsplit(str(getattr(error, "response", None).headers.get("location", "")))  # type: ignore[union-attr]
    to = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"[:SAID]
    shown = without_secrets("".join(sign for sign in to if sign.isprintable()))
    if not parts.netloc:  # what is followed leads back here
        shown = "itself, again and again" if parts.path else "an address that it does not say"
    hint = "texts and key are sent to no other place than stated; if that one is right, write it as base_url"
    if shown.endswith(path):
        hint += f": {shown.removesuffix(path)}"
    return f"the server redirects to {shown} ({status})", hint, "EK720"
