"""Encoding through the cache: each text once for each space and role, batch by batch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from evalkit.arrays import Array, Floats, Vectors
from evalkit.digests import digest_text
from evalkit.embedding.cache import VectorCache
from evalkit.embedding.cachecare import dims_note, pace_note, place_note, space_key
from evalkit.embedding.encoder import (
    Encoder,
    Fingerprint,
    Piecemeal,
    Placed,
    Probing,
    Role,
    TextError,
    Truncating,
    VectorSource,
    Versioned,
    foreign_failure,
)
from evalkit.embedding.matrices import Matrix, Versions
from evalkit.embedding.rowfile import BLOCK_ROWS, RowFile
from evalkit.errors import EvalkitError, ModelError
from evalkit.findings import place
from evalkit.golden.texts import Texts
from evalkit.usercode import guarded

HERE = "evalkit."
BATCH = 256
BEGINNING = 60
SMALLEST = 1e-140
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Encoded:
    """The vectors of one role's texts, how many distinct texts had to be encoded, and how many a second.

    The pace is this time's, else the one noted when texts were last encoded, None where nobody knows.
    """

    matrix: Matrix
    fresh: int = 0
    per_second: float | None = None


def settled(encoder: Encoder, cache: VectorCache | None) -> Encoder:
    """Return the encoder with its dimensions known: stated, noted in the cache, or asked for.

    Asking costs a request or a load, so the answer is noted; a warm cache needs neither again.
    """
    if not isinstance(encoder, Probing) or encoder.fingerprint.dims:
        return encoder
    name = dims_note(encoder.fingerprint)
    noted = cache.recall(name) if cache is not None else None
    known = noted is not None and noted.isdecimal()
    dims = int(noted) if noted is not None and known else encoder.probe()
    if cache is not None and not known:
        cache.remember(name, str(dims))
    return encoder.settled(dims)


def _ask_again(fingerprint: Fingerprint, cache: VectorCache | None) -> None:
    """Forget how many dimensions a model turned out to have, if no vector bears it out: it may lie."""
    if cache is None or not cache.recall(dims_note(fingerprint)):
        return
    kept = {space.digest for space in cache.spaces() if space.vectors}
    if fingerprint.stored.digest not in kept:
        cache.remember(dims_note(fingerprint), "")


def at_hand(encoder: Encoder | VectorSource) -> Versions:
    """Return the versions of the encoder's libraries that are installed here, as (name, version) pairs."""
    found = []
    for name in encoder.libraries if isinstance(encoder, Versioned) else ():
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:  # a warm cache does without
            continue
    return tuple(sorted(found))


def encode(
    encoder: Encoder,
    texts: Texts,
    role: Role,
    *,
    cache: VectorCache | None = None,
    progress: Progress | None = None,
) -> Encoded:
    """Encode the texts of one role, those that the cache knows not again.

    Args:
        encoder: A model whose dimensions are known.
        texts: The n texts.
        role: What they are to the model.
        cache: Where vectors are kept, batch by batch; None for nowhere.
        progress: Called with role, texts done and texts to do.

    Returns:
        (n, E) vectors in the order of `texts`.

    Raises:
        ModelError: The encoder gave a wrong count, wrong dimensions or a value that is not finite.
    """
    fingerprint = encoder.fingerprint
    prompt = fingerprint.prompt(role)
    digests = [digest_text(prompt + body) for body in texts.bodies]
    kept = cache.matrix(fingerprint, role, digests) if cache is not None else None
    if kept is None:
        if cache is not None and isinstance(encoder, Placed):
            cache.remember(place_note(fingerprint.digest), encoder.place)
        bodies = dict(zip(digests, texts.bodies, strict=True))
        try:
            made = _assembled(encoder, bodies, role, cache, progress)
        except EvalkitError as error:
            _ask_again(fingerprint, cache)
            if isinstance(error, TextError):
                raise error.naming(_named(texts, role, error.texts)) from None
            raise
        vectors = np.stack([made.known[digest] for digest in digests])
        matrix = Matrix(vectors=vectors, versions=_makers(encoder, role, digests, cache))
    else:
        made, matrix = _Known({}, 0), kept
    if role is Role.document and matrix.truncated is None and isinstance(encoder, Truncating):
        matrix = replace(matrix, truncated=encoder.count_truncated(texts.bodies, role))
    if cache is not None and (kept is None or matrix.truncated != kept.truncated):
        cache.keep_matrix(fingerprint, role, digests, matrix)
    per_second = _pace(made, pace_note(space_key(fingerprint.stored.digest, role)), cache)
    return Encoded(matrix=matrix, fresh=made.fresh, per_second=per_second)


def finished(vectors: Array | RowFile, fingerprint: Fingerprint) -> Vectors:
    """Return float32 vectors, of unit length where the fingerprint says so; zero vectors stay zero."""
    if isinstance(vectors, RowFile):
        return (vectors.unit() if fingerprint.normalize else vectors).as_array()
    if not fingerprint.normalize:
        with np.errstate(over="ignore"):  # what overflows is infinite, and refused where Embeddings are made
            return np.asarray(vectors, dtype=np.float32)
    made = np.empty(vectors.shape, dtype=np.float32)
    for start in range(0, len(made), BLOCK_ROWS):  # blocks, so that little is ever held in float64
        made[start : start + BLOCK_ROWS] = _unit(vectors[start : start + BLOCK_ROWS])
    return made


def _unit(vectors: Array) -> Floats:
    """Return vectors of unit length in float64; zero vectors stay zero."""
    exact = np.array(vectors, dtype=np.float64)
    with np.errstate(over="ignore"):
        lengths = np.linalg.norm(exact, axis=1, keepdims=True)
    # Squares leave the range of float64 long before values do; such rows are first brought near 1.
    odd = np.flatnonzero((lengths[:, 0] < SMALLEST) | ~np.isfinite(lengths[:, 0]))
    largest = np.abs(exact[odd]).max(axis=1, keepdims=True, initial=0.0)
    exact[odd] /= np.where(largest > 0, largest, 1.0)
    lengths[odd] = np.linalg.norm(exact[odd], axis=1, keepdims=True)
    return np.asarray(exact / np.where(lengths > 0, lengths, 1.0), dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    known: dict[str, Vectors]
    fresh: int
    per_second: float | None = None


def _assembled(
    encoder: Encoder, bodies: dict[str, str], role: Role, cache: VectorCache | None, progress: Progress | None
) -> _Known:
    """Return the vectors of all bodies by digest, encoding those that the cache lacks."""
    fingerprint = encoder.fingerprint
    known = cache.read(fingerprint, role, list(bodies)) if cache is not None else {}
    # Texts of like length share a batch, so that the model pads little.
    missing = sorted(bodies.keys() - known.keys(), key=lambda digest: (-len(bodies[digest]), digest))
    versions = at_hand(encoder) if missing else ()
    if missing and cache is not None:
        cache.check_writable()
    done = 0
    first: tuple[int, float] | None = None
    for rows, vectors in _pieces(encoder, [bodies[digest] for digest in missing], role):
        batch = [missing[row] for row in rows]
        fresh = dict(zip(batch, checked(vectors, len(batch), fingerprint), strict=True))
        if cache is not None:
            cache.write(fingerprint, role, fresh, versions=versions)
        known.update(fresh)
        done += len(batch)
        first = first or (done, time.perf_counter())
        if progress is not None:
            progress(role, done, len(missing))
    return _Known(known, len(missing), _rate(first, done))


def _rate(first: tuple[int, float] | None, done: int) -> float | None:
    """Return texts a second after the first piece, which also loads the model; None where there are few."""
    if first is None or done <= max(BATCH, first[0]):
        return None
    return (done - first[0]) / max(time.perf_counter() - first[1], 1e-9)


def _pieces(encoder: Encoder, texts: list[str], role: Role) -> Iterator[tuple[list[int], Array]]:
    """Give rows and vectors as they are finished."""
    try:
        if isinstance(encoder, Piecemeal):
            yield from encoder.pieces(texts, role)
            return
        for start in range(0, len(texts), BATCH):
            rows = list(range(start, min(start + BATCH, len(texts))))
            yield rows, _encoded(encoder, [texts[row] for row in rows], role)
    except TextError as error:
        error.texts = tuple(texts[row] for row in error.rows)
        raise


def _encoded(encoder: Encoder, texts: list[str], role: Role) -> Array:
    """Return what an encoder gives; whatever one of another package does besides is an error."""
    if type(encoder).__module__.startswith(HERE):
        return encoder.encode(texts, role)
    with guarded(lambda error: foreign_failure(str(encoder.fingerprint), error)):
        return encoder.encode(texts, role)


def _named(texts: Texts, role: Role, at_fault: Sequence[str]) -> list[str]:
    """Return where texts stand: their role and id, and how they begin."""
    wanted = set(at_fault)
    pairs = zip(texts.ids, texts.bodies, strict=True)
    return [place(role, (), [f"{name} {body[:BEGINNING]!r}"]) for name, body in pairs if body in wanted]


def _pace(made: _Known, note: str, cache: VectorCache | None) -> float | None:
    """Return how many texts a second were encoded, noted for times at which all come from the cache."""
    if cache is None:
        return made.per_second
    if made.per_second is not None:
        cache.remember(note, f"{made.per_second:.4g}")
        return made.per_second
    noted = cache.recall(note)
    return float(noted) if noted else None  # sealed, and so a number


def _makers(
    encoder: Encoder, role: Role, digests: Sequence[str], cache: VectorCache | None
) -> tuple[Versions, ...]:
    if cache is not None:
        return cache.versions(encoder.fingerprint, role, digests)
    versions = at_hand(encoder)
    return (versions,) if versions else ()


def checked(made: Array, count: int, fingerprint: Fingerprint) -> Vectors:
    """Return what an encoder made as finished vectors.

    Raises:
        ModelError: There are not so many, they have other dimensions, or a value is not finite.
    """
    made = np.asarray(made)
    if made.shape != (count, fingerprint.dims):
        raise ModelError(
            f"{fingerprint} gave shape {made.shape} for {count} texts, not {(count, fingerprint.dims)}",
            hint="one vector for each text, as many dimensions as the fingerprint states",
            code="EK314",
        )
    if not np.isfinite(made).all():
        row = int(np.flatnonzero(~np.isfinite(made).all(axis=1))[0])
        raise ModelError(
            f"{fingerprint} gave a value that is not finite, first for text {row} of a batch",
            hint="look at the number type of the model: float16 overflows",
            code="EK315",
        )
    return finished(made, fingerprint)
