"""P9: `evalkit gate` on 300 queries × 10,000 documents, vectors of a transformer from the cache."""

from __future__ import annotations

import os
import subprocess
import sys

from clock import Clock, run
from folders import SCRATCH, command, write_golden
from sizes import scaled
from worlds import queries_near, unit_vectors

QUERIES, DOCUMENTS = 300, scaled(10_000)
MODEL = "st/all-MiniLM-L6-v2"
HOME = SCRATCH / "p09"


def prepare(clock: Clock) -> None:
    """Write the golden set, fill the cache and store the baseline.

    The cache is filled with made-up vectors, near those of their relevant documents, under the fingerprint
    of the transformer: how long a gate takes does not depend on who made them, and encoding takes minutes.
    """
    from evalkit.digests import digest_text  # noqa: PLC0415 - loaded before the clock starts
    from evalkit.embedding.cache import VectorCache  # noqa: PLC0415 - the same
    from evalkit.embedding.encoder import Role  # noqa: PLC0415 - the same
    from evalkit.embedding.modelspec import ModelSpec, open_encoder  # noqa: PLC0415 - the same
    from evalkit.golden.folder import read_golden  # noqa: PLC0415 - the same

    with clock:
        relevant = write_golden(HOME / "golden", QUERIES, DOCUMENTS)
        golden = read_golden(HOME / "golden")
        corpus = unit_vectors(DOCUMENTS, 1)
        queries = queries_near(corpus, relevant, 2)
        space = open_encoder(ModelSpec.parse(MODEL), golden, {}).fingerprint
        cache = VectorCache(HOME / "cache")
        sides = ((Role.query, golden.queries, queries), (Role.document, golden.corpus, corpus))
        for role, texts, vectors in sides:
            digests = [digest_text(space.prompt(role) + body) for body in texts.bodies]
            cache.write(space, role, dict(zip(digests, vectors, strict=True)))
        os.environ["EVALKIT_CACHE"] = str(HOME / "cache")
        command(Clock(), *_gate(), "--update", "--force", "--noise-runs", "0")


def evalkit(clock: Clock) -> None:
    """Run the gate, warm."""
    os.environ["EVALKIT_CACHE"] = str(HOME / "cache")
    command(clock, *_gate())
    tell = (
        "import sys; from evalkit.cli.main import run; code = run(sys.argv[1:]); "
        "print('torch' in sys.modules, file=sys.stderr)"
    )
    asked = [sys.executable, "-c", tell, "-q", *_gate()]
    found = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    clock.note(torch_imported=found.stderr.strip().splitlines()[-1])


def _gate() -> list[str]:
    return ["gate", str(HOME / "golden"), "--model", MODEL, "--baseline", str(HOME / "baseline.json")]


if __name__ == "__main__":
    run({"prepare": prepare, "evalkit": evalkit})
