"""The speed of the new model on this machine, in tokens a second, from when its vectors were made."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit import figures
from evalkit.embedding.encoder import Placed
from evalkit.embedding.encoding import BATCH
from evalkit.evaluation import Evaluation
from evalkit.planning.inputs import MEASURED, Input

PROVIDED = ("tpm", "rpm", "latency_s", "price")  # who states one of them has a provider, and its limits
_BESIDE = 1.5  # what else the machine does moves its speed by so much either way


def speed_here(new: Evaluation, texts: Sequence[str], tokens: Input) -> Input | None:
    """Return how many tokens of documents a second the model encodes here; None where nobody knows.

    The pace was taken after the first batch, which holds the longest texts and loads the model; so the tokens
    are those of the texts behind it.

    Args:
        new: The model to come, evaluated.
        texts: (D,) documents, as they are encoded.
        tokens: Tokens of a document.
    """
    embedded = new.embedded
    encoder: object = new.encoder
    if embedded is None or embedded.documents is not None or isinstance(encoder, Placed):
        return None
    pace = embedded.documents_per_second
    lengths = sorted(map(len, texts), reverse=True)
    timed = lengths[BATCH:] or lengths
    if not pace or not sum(timed):
        return None
    part = sum(timed) / len(timed) * len(lengths) / sum(lengths)
    speed = pace * part
    return Input(
        name="tokens_per_s",
        value=speed * tokens.value,
        low=speed * tokens.low / _BESIDE,
        high=speed * tokens.high * _BESIDE,
        kind=MEASURED,
        source=f"{figures.significant(pace)} texts a second on this machine, when they were last encoded",
    )
