"""P6: the texts of a shipped golden set through `embed()` with a cold cache, beside the bare encoder."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from clock import Clock, run
from sizes import is_quick

if TYPE_CHECKING:
    from evalkit.embedding.encoder import Encoder
    from evalkit.golden.goldenset import GoldenSet

GOLDEN, MODEL = "helpdesk", "st/all-MiniLM-L6-v2"
BATCH = 32


def _ready() -> tuple[GoldenSet, Encoder]:
    """Return the golden set and the encoder, its model loaded."""
    from evalkit.embedding.encoder import Role  # noqa: PLC0415 - loaded before the clock starts
    from evalkit.embedding.modelspec import ModelSpec, open_encoder  # noqa: PLC0415 - the same
    from evalkit.golden.folder import find_golden, read_golden  # noqa: PLC0415 - the same
    from evalkit.golden.goldenset import GoldenSet  # noqa: PLC0415 - the same

    golden = read_golden(find_golden(GOLDEN))
    if is_quick():
        some = dict(zip(golden.queries.ids[:20], golden.queries.bodies, strict=False))
        golden = GoldenSet.of("some", queries=some, corpus=some, qrels={})
    encoder = open_encoder(ModelSpec.parse(MODEL), golden, {"batch_size": BATCH})
    encoder.encode(["a text to load the model with"], Role.query)
    return golden, encoder


def evalkit(clock: Clock) -> None:
    """Embed queries and documents, everything that `embed()` does included."""
    from evalkit.embedding.cache import VectorCache  # noqa: PLC0415 - loaded before the clock starts
    from evalkit.embedding.embeddedset import embed  # noqa: PLC0415 - the same

    golden, encoder = _ready()
    with tempfile.TemporaryDirectory() as folder:
        cache = VectorCache(Path(folder))
        with clock:
            found = embed(golden, encoder, cache=cache)
    clock.note(texts=found.encoded)


def encoder(clock: Clock) -> None:
    """Encode the same texts with the model alone, which sorts them by length itself."""
    golden, ready = _ready()
    model = ready._model  # type: ignore[attr-defined] # noqa: SLF001 - the very same model, without evalkit around it
    with clock:
        model.encode_query(list(golden.queries.bodies), batch_size=BATCH, show_progress_bar=False)
        model.encode_document(list(golden.corpus.bodies), batch_size=BATCH, show_progress_bar=False)
    clock.note(texts=len(golden.queries) + len(golden.corpus))


if __name__ == "__main__":
    run({"evalkit": evalkit, "encoder": encoder})
