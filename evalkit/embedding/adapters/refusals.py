"""Refusals: what the errors of an endpoint mean, and what to do about each."""

from __future__ import annotations

from evalkit.embedding.adapters.endpoint import Endpoint
from evalkit.embedding.encoder import Fingerprint
from evalkit.errors import EvalkitError, ModelError, ProviderError

KEPT = "finished batches are in the cache; run again to go on from there"
SAID = 200
WRONG_REQUEST, NO_KEY, FORBIDDEN, NOT_FOUND, TOO_MANY = 400, 401, 403, 404, 429
FAULTY_SERVER = 500


def meaning(error: Exception, fingerprint: Fingerprint, endpoint: Endpoint, longest: int) -> EvalkitError:
    """Return the error to raise for one of the `openai` package, without the key, which servers repeat.

    Args:
        error: What the package raised, retries included.
        fingerprint: Whose vectors were asked for.
        endpoint: Who was asked.
        longest: The length of the longest text of the request, in characters.

    Returns:
        A ModelError where something stated is wrong and asking again would not help, else a ProviderError.
    """
    status = int(getattr(error, "status_code", 0))
    places = [f"{endpoint.shown}/embeddings   model {fingerprint.model}"]
    problem, hint, code = _by_status(status, endpoint, longest) if status else _unreached(error, endpoint)
    said = "" if not status else _message(error, endpoint.key)
    kind = ModelError if WRONG_REQUEST <= status < FAULTY_SERVER and status != TOO_MANY else ProviderError
    if kind is ProviderError:
        places.append(f"retries: {endpoint.max_retries}")
    told = f"{fingerprint}: {problem}" + (f": {said}" if said else "")
    return kind(told, places=places, hint=hint, code=code)


def _by_status(status: int, endpoint: Endpoint, longest: int) -> tuple[str, str, str]:
    """Return problem, hint and code of an answer with an error's status."""
    if status in (NO_KEY, FORBIDDEN):
        held = "which is set" if endpoint.key else "which is not set"
        hint = f"the key comes from {endpoint.key_variable}, {held}; api_key_env names another variable"
        return f"the server refuses the key ({status})", hint, "EK362"
    if status == NOT_FOUND:
        hint = (
            "does the server have a model of that name, and does base_url end where it should, often in /v1?"
        )
        return f"the server knows no such model or address ({status})", hint, "EK363"
    if status == TOO_MANY:
        hint = f"set requests_per_minute, or look whether the quota is used up; {KEPT}"
        return f"the server takes no more requests for now ({status})", hint, "EK711"
    if status >= FAULTY_SERVER:
        return f"the server failed ({status})", KEPT, "EK712"
    hint = (
        f"the longest text sent has {longest:,} characters: split long documents if that is too much, "
        "or correct the options that the server names"
    )
    return f"the server refuses the request ({status})", hint, "EK361"


def _unreached(error: Exception, endpoint: Endpoint) -> tuple[str, str, str]:
    """Return problem, hint and code where no answer came."""
    import openai  # noqa: PLC0415 - an extra, which raised the error

    if isinstance(error, openai.APITimeoutError):
        problem = f"no answer within {endpoint.timeout_s:g} s"
        return problem, f"raise timeout_s or lower batch_size; {KEPT}", "EK713"
    cause = error.__cause__ or error
    return f"the server cannot be reached ({cause})", f"is it running at base_url? {KEPT}", "EK714"


def _message(error: Exception, key: str) -> str:
    """Return what the server said, on one line, the key left out."""
    body = getattr(error, "body", None)
    text = str(body.get("message", "") if isinstance(body, dict) else body or "")
    return " ".join((text.replace(key, "[the key]") if key else text).split())[:SAID]
