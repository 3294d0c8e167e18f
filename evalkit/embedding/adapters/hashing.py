"""hash/256: words hashed to signed coordinates; no model, for tests and for trying the flow."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Vectors
from evalkit.embedding.encoder import Fingerprint, Role
from evalkit.embedding.modelspec import ModelSpec, Options, check_options
from evalkit.errors import UsageError
from evalkit.golden.goldenset import GoldenSet

OPTIONS = {"normalize": bool}
WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class HashingEncoder:
    """Counts of words, each added to or taken from one coordinate that its CRC-32 names."""

    fingerprint: Fingerprint

    def encode(self, texts: Sequence[str], role: Role) -> Vectors:
        """Return (n, E) counts; both roles are encoded alike."""
        del role
        dims = self.fingerprint.dims
        vectors = np.zeros((len(texts), dims), dtype=np.float32)
        for row, text in enumerate(texts):  # texts have different lengths: nothing to vectorise over
            hashes = np.array(
                [zlib.crc32(word.encode()) for word in WORD.findall(text.casefold())], dtype=np.int64
            )
            np.add.at(vectors[row], hashes % dims, np.where(hashes >> 31, -1.0, 1.0))
        return vectors


def make(spec: ModelSpec, golden: GoldenSet, options: Options) -> HashingEncoder:
    """Return the encoder of `hash/DIMENSIONS`."""
    del golden
    check_options(spec, options, OPTIONS)
    normalize = bool(options.get("normalize", True))
    dims = dimensions(spec)
    return HashingEncoder(Fingerprint(provider="hash", model=spec.model, dims=dims, normalize=normalize))


def dimensions(spec: ModelSpec) -> int:
    """Return the number of dimensions that a spec such as hash/256 or lsa/384 states.

    Raises:
        UsageError: It is not a number from 1 on.
    """
    if not spec.model.isascii() or not spec.model.isdigit() or int(spec.model) < 1:
        raise UsageError(
            f"{spec.provider}/{spec.model} states no number of dimensions",
            hint=f"write a number, such as {spec.provider}/256",
            code="EK115",
        )
    return int(spec.model)
