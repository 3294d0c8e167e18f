"""Embeddings: the vectors of a golden set's texts, made through the cache, stamped with their space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Vectors, check_finite, check_shape, read_only
from evalkit.embedding.encoder import Fingerprint, Role
from evalkit.embedding.rowfile import on_disk
from evalkit.errors import InvalidValueError


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Embeddings:
    """(n, E) vectors of one role; row i belongs to text i.

    Attributes:
        fingerprint: The space they live in.
        role: What the texts are to the model.
        vectors: (n, E) finite float32 or float16; those too many to hold are a `RowFile` in an array's place.
    """

    fingerprint: Fingerprint
    role: Role
    vectors: Vectors

    def __post_init__(self) -> None:
        """Check two axes, the number type and that every value is finite."""
        check_shape("vectors", self.vectors, (None, None))
        if self.vectors.dtype not in (np.float32, np.float16):
            raise InvalidValueError(
                f"vectors are {self.vectors.dtype}, not float32",
                hint="vectors.astype(np.float32)",
                code="EK504",
            )
        if on_disk(self.vectors):  # found finite when it was opened, and never written
            return
        check_finite(f"{self.role} vectors", self.vectors)
        object.__setattr__(self, "vectors", read_only(self.vectors))
