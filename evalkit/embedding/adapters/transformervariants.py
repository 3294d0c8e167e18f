"""A transformer used against what its files say: another pooling, or texts cut at another length."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from evalkit.arrays import Array
from evalkit.embedding.encoder import Encoder, Fingerprint, Role

POOLINGS = ("mean", "cls", "max", "lasttoken")
LIMITS = (64, 128, 256, 384, 512)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class VariedTransformer:
    """An encoder whose loaded model is changed while it encodes, and put back.

    Attributes:
        fingerprint: That of the encoder it varies; its vectors are never kept.
        of: The encoder.
        load: Returns the loaded model.
        pooling: How vectors of tokens become one; "" as the files say.
        limit: After how many tokens texts are cut; 0 as the files say.
    """

    fingerprint: Fingerprint
    of: Encoder
    load: Callable[[], Any]
    pooling: str = ""
    limit: int = 0

    def encode(self, texts: Sequence[str], role: Role) -> Array:
        """Return (n, E) vectors."""
        with self._changed(self.load()):
            return self.of.encode(texts, role)

    @contextmanager
    def _changed(self, model: Any) -> Iterator[None]:  # noqa: ANN401 - the library is optional
        pools = [module for module in model if hasattr(module, "pooling_mode")]
        modes, length = [module.pooling_mode for module in pools], model.max_seq_length
        try:
            for module in pools if self.pooling else ():
                module.pooling_mode = self.pooling
            model.max_seq_length = self.limit or length
            yield
        finally:
            model.max_seq_length = length
            for module, mode in zip(pools, modes, strict=True):
                module.pooling_mode = mode


def varied_transformer(encoder: Encoder, load: Callable[[], Any]) -> Iterator[tuple[str, Encoder]]:
    """Give what each way is, and an encoder that goes it."""
    fingerprint = encoder.fingerprint
    for pooling in POOLINGS:
        if fingerprint.pooling in POOLINGS and pooling != fingerprint.pooling:
            varied = VariedTransformer(fingerprint=fingerprint, of=encoder, load=load, pooling=pooling)
            yield f"pooled by {pooling}, not {fingerprint.pooling}", varied
    for limit in LIMITS:
        if fingerprint.truncation and limit != fingerprint.truncation:
            yield (
                f"cut after {limit} tokens, not {fingerprint.truncation}",
                VariedTransformer(fingerprint=fingerprint, of=encoder, load=load, limit=limit),
            )
