"""The space of a backfill: one folder holds vectors of one model, in one precision, or nothing is added."""

from __future__ import annotations

import json
from typing import Protocol, TypeGuard

from evalkit.embedding.backfill.checkpoint import Checkpoint
from evalkit.embedding.backfill.places import Place, json_at, put_small
from evalkit.embedding.backfill.question import BackfillPlan
from evalkit.embedding.backfill.shards import (
    FINGERPRINT,
    shards_in,
)
from evalkit.embedding.encoder import Encoder, Fingerprint, Probing
from evalkit.errors import ModelError


class _Asked(Encoder, Probing, Protocol):
    """An encoder that can be asked for its dimensions."""


def in_the_same_space(encoder: Encoder, folder: Place) -> Encoder:
    """Return the encoder, its dimensions taken from the folder, or raise where that holds another space.

    Raises:
        ModelError: It does, or nothing says which space its shards are of.
    """
    path = folder / FINGERPRINT
    if not path.exists():
        if shards_in(folder):
            raise _unknown_space(folder)
        return encoder
    try:
        stated = Fingerprint.of(json_at(path))
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{path} is no fingerprint: {error}", hint="name another folder with -o", code="EK723"
        ) from error
    if isinstance(encoder, Probing) and not encoder.fingerprint.dims:
        encoder = encoder.settled(stated.dims)
    if encoder.fingerprint != stated:
        mine, theirs = encoder.fingerprint.to_settings(), stated.to_settings()
        changed = [key for key in {**theirs, **mine} if mine.get(key) != theirs.get(key)]
        raise ModelError(
            f"{folder} holds vectors of another space: two models in one index find neither's documents",
            places=tuple(f"{key}   there {theirs.get(key)!r}, now {mine.get(key)!r}" for key in changed),
            hint="name another folder with -o, or the model as it was",
            code="EK723",
        )
    return encoder


def may_be_asked(encoder: Encoder) -> TypeGuard[_Asked]:
    """Return whether an encoder's dimensions are not known yet, and can be asked for."""
    return isinstance(encoder, Probing) and not encoder.fingerprint.dims


def _unknown_space(folder: Place) -> ModelError:
    return ModelError(
        f"{folder} holds vectors, and no {FINGERPRINT} says of which model",
        places=(str(folder),),
        hint=f"put {FINGERPRINT} back, or name another folder with -o",
        code="EK723",
    )


def check_kept(checkpoint: Checkpoint, plan: BackfillPlan) -> None:
    """Raise where vectors wait whose space nobody knows, or numbers are kept in another precision."""
    if not checkpoint.is_empty and not (plan.folder / FINGERPRINT).exists():
        raise _unknown_space(plan.folder)
    half = bool(checkpoint.agreed("half", int(plan.half)))
    if half is not plan.half:
        raise ModelError(
            f"{plan.folder} keeps its numbers as {'float16' if half else 'float32'}",
            hint=f"--dtype {'float16' if half else 'float32'}, or another folder with -o",
            code="EK723",
        )


def stamp(fingerprint: Fingerprint, folder: Place) -> None:
    """Write which space the folder's vectors are of, once."""
    path = folder / FINGERPRINT
    if not path.exists():
        put_small(path, (json.dumps(fingerprint.to_settings(), indent=1) + "\n").encode())
