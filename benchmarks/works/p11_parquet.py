"""P11: 100,000 × 384 float32 vectors with their ids from a Parquet file, beside `np.load` of the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from clock import Clock, run
from folders import SCRATCH
from sizes import scaled
from worlds import DIMS, unit_vectors

DOCUMENTS = scaled(100_000)
HOME = SCRATCH / "p11"


def prepare(clock: Clock) -> None:
    """Write the vectors in both forms, Parquet as pyarrow writes it where nothing is said."""
    import pyarrow as pa  # noqa: PLC0415 - loaded before the clock starts
    from pyarrow import parquet  # noqa: PLC0415 - the same

    HOME.mkdir(parents=True, exist_ok=True)
    with clock:
        vectors = unit_vectors(DOCUMENTS, 1)
        np.save(HOME / "vectors.npy", vectors)
        lists = pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), DIMS)
        ids = [f"d{row:08}" for row in range(DOCUMENTS)]
        parquet.write_table(pa.table({"id": ids, "vector": lists}), _file())


def evalkit(clock: Clock) -> None:
    """Read them as a vectors folder is read."""
    import pyarrow.parquet  # noqa: F401, PLC0415 - loaded before the clock starts

    from evalkit.embedding.vectorfiles.parquet import read_parquet  # noqa: PLC0415 - the same
    from evalkit.embedding.vectorfiles.table import VectorColumns  # noqa: PLC0415 - the same

    with clock:
        table = read_parquet(_file(), VectorColumns())
    clock.note(rows=float(len(table.ids)))


def arrow(clock: Clock) -> None:
    """Read both columns with pyarrow, and look at the numbers in one piece."""
    from pyarrow import parquet  # noqa: PLC0415 - loaded before the clock starts

    with clock:
        table = parquet.read_table(_file())
        table["vector"].combine_chunks().flatten().to_numpy()


def load(clock: Clock) -> None:
    """Load the numbers alone."""
    with clock:
        np.load(HOME / "vectors.npy")


def _file() -> Path:
    return HOME / "vectors.parquet"


if __name__ == "__main__":
    run({"prepare": prepare, "evalkit": evalkit, "arrow": arrow, "load": load})
