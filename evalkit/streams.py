"""Randomness addressed by name, so that one more measure or model never changes another result."""

from __future__ import annotations

import hashlib

import numpy as np


def stream(seed: int, *names: str) -> np.random.Generator:
    """Return the generator that belongs to `names` under `seed`; the same on every machine.

    Args:
        seed: Any integer that the experiment is repeated with.
        names: What the numbers are for, for example "signflip" or "labels", "nDCG@10".

    Returns:
        A PCG64 generator. Its raw words are the documented, stable part of numpy: draw with
        `generator.bit_generator.random_raw` where a number must never change between releases.
    """
    text = "\x1f".join([str(int(seed)), *names])
    words = np.frombuffer(hashlib.sha256(text.encode()).digest(), dtype="<u4")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words.tolist())))
