"""The texts beside the vectors of a store, written down as a corpus that is read like any other file."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

from evalkit.auditing.stores.cells import TEXT
from evalkit.auditing.stores.opening import open_store
from evalkit.errors import ModelError


def write_texts(spec: str, folder: Path) -> Path:
    """Write id and text of each record of a store as JSON lines, and return the file.

    A record without a text has an empty one: whether that is meant is for those who read the corpus to say.

    Args:
        spec: The store's name.
        folder: Where to.

    Raises:
        ModelError: No texts are kept beside its vectors.
        ProviderError: It does not answer.
    """
    with closing(open_store(spec)) as store:
        told = store.describe()
        if TEXT not in dict(told.columns):
            raise ModelError(
                f"{told.name} is not known to keep texts",
                hint="name their column, as in #table?text=COLUMN",
                code="EK631",
            )
        name = "".join(sign if sign.isalnum() else "-" for sign in told.name.rpartition("/")[2])
        path = folder / f"{told.kind}-{name}.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for records in store.stream(vectors=False):
                for identity, text in zip(records.ids, records.texts, strict=True):
                    file.write(json.dumps({"_id": identity, "text": text or ""}, ensure_ascii=False) + "\n")
    return path
