"""A folder of vector files as a store, in whatever form `vectors/FOLDER` has."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from evalkit.auditing.stores.cells import ID, VECTOR
from evalkit.auditing.stores.held import HeldStore
from evalkit.auditing.stores.parquetfile import ParquetStore, open_parquet
from evalkit.auditing.stores.store import Description
from evalkit.embedding.encoder import Fingerprint, Role
from evalkit.embedding.mirror import located
from evalkit.embedding.vectorfiles.forms import SHARDS, STEMS, read_role
from evalkit.embedding.vectorfiles.table import VectorColumns, check_pairing
from evalkit.errors import ModelError
from evalkit.opening import is_file, is_folder, read_json

PARQUET = ".parquet"
HINT = "vectors/FOLDER or a folder, a Parquet file, or faiss://INDEX with its ids in INDEX.ids, one a line"


def open_folder(shown: str, place: str, asked: Mapping[str, str]) -> HeldStore | ParquetStore:
    """Return a folder of vectors, or a Parquet file, as a store.

    Args:
        shown: As the user named it.
        place: The path or URL; `vectors/FOLDER` may also be a folder of that very name.
        asked: Role → column as somebody said.

    Raises:
        ModelError: It is not there, or holds no vectors that can be read.
    """
    path = Path(shown) if Path(shown).exists() else located(place)
    if is_file(path) and path.suffix == PARQUET:
        return open_parquet(shown, path, asked, stated_space(path.parent))
    if not is_folder(path):
        raise ModelError(f"{shown} is no store", hint=HINT, code="EK557")
    corpus = path / f"{STEMS[Role.document]}{PARQUET}"
    if corpus.exists() and not corpus.is_dir():
        return open_parquet(shown, corpus, asked, stated_space(path))
    plain = any(path.glob(f"{STEMS[Role.document]}.*"))
    if any(path.glob(SHARDS)) or corpus.is_dir() or (not plain and any(path.glob(f"*{PARQUET}"))):
        return open_parquet(shown, corpus if corpus.is_dir() else path, asked, stated_space(path))
    return _held(shown, path, asked)


def _held(shown: str, path: Path, asked: Mapping[str, str]) -> HeldStore:
    table = read_role(
        path, Role.document, VectorColumns(ids=asked.get(ID, ""), vectors=asked.get(VECTOR, ""))
    )
    check_pairing(table)
    description = Description(
        name=shown,
        kind="vectors",
        count=len(table.ids),
        width=int(table.values.shape[1]),
        metric=table.metric,
        stored=str(table.values.dtype),
        snapshot="the files as they were when they were opened",
        columns=((ID, table.ids_path.name), (VECTOR, table.path.name)),
        source=str(path),
        stated=stated_space(path),
    )
    return HeldStore(description, table.ids, table.values)


def stated_space(folder: Path) -> Fingerprint | None:
    """Return the space that a folder's `fingerprint.json` states, None where there is none.

    Raises:
        ModelError: It is no fingerprint.
    """
    path = folder / "fingerprint.json"
    if not path.exists():
        return None
    try:
        return Fingerprint.of({name: value for name, value in read_json(path).items() if value is not None})
    except (AttributeError, TypeError) as error:
        raise ModelError(f"{path} is no fingerprint: {error}", hint=HINT, code="EK557") from error
