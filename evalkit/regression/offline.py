"""Offline: whether a system can be evaluated from the cache alone."""

from __future__ import annotations

from evalkit.digests import digest_text
from evalkit.embedding.cache import VectorCache
from evalkit.embedding.cachecare import dims_note
from evalkit.embedding.encoder import Encoder, Probing, Role, VectorSource
from evalkit.errors import ModelError
from evalkit.evaluation import System
from evalkit.figures import counted, plain
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.texts import Texts

NETWORK = "http"


def check_cached(
    system: System,
    golden: GoldenSet,
    cache: VectorCache,
    *,
    command: str,
    encoder: Encoder | VectorSource | None = None,
) -> None:
    """Raise unless every vector that an evaluation needs is in the cache or comes from a file.

    Args:
        system: Which system.
        golden: What it is going to be evaluated on.
        cache: Where its vectors should be.
        command: What fills the cache; the hint names it.
        encoder: What makes the system's vectors, where it was opened already.

    Raises:
        ModelError: Texts would have to be embedded, or queries sent over the network.
    """
    if system.spec.provider == NETWORK:
        raise ModelError(
            f"{system.name} is asked over the network, and nobody is asked here",
            places=(str(system.spec),),
            hint="allow calls with --evalkit-live; or keep its results, evalkit run … -o FILE.trec, "
            "and test  run/FILE.trec",
            code="EK157",
        )
    if not system.embeds:
        return
    encoder = encoder or system.open(golden)
    if isinstance(encoder, VectorSource):
        return
    missing = _missing(encoder, golden, cache)
    if missing:
        raise ModelError(
            f"{system.name}: {plain(counted(missing, 'text'))} of {golden.name} not in the cache; "
            "none is embedded here",
            places=(str(cache.folder),),
            hint=f"fill the cache with  {command}  or allow calls with --evalkit-live",
            code="EK157",
        )


def _missing(encoder: Encoder, golden: GoldenSet, cache: VectorCache) -> int:
    """Return how many texts of the golden set have no vector in the cache."""
    if isinstance(encoder, Probing) and not encoder.fingerprint.dims:
        noted = cache.recall(dims_note(encoder.fingerprint))
        if noted is None:
            return len(golden.queries) + len(golden.searched)
        encoder = encoder.settled(int(noted))
    sides = ((Role.query, golden.queries), (Role.document, golden.searched))
    return sum(_missing_of(encoder, texts, role, cache) for role, texts in sides)


def _missing_of(encoder: Encoder, texts: Texts, role: Role, cache: VectorCache) -> int:
    fingerprint = encoder.fingerprint
    prompt = fingerprint.prompt(role)
    digests = [digest_text(prompt + body) for body in texts.bodies]
    if cache.matrix(fingerprint, role, digests) is not None:
        return 0
    known = cache.read(fingerprint, role, digests)
    return sum(digest not in known for digest in digests)
