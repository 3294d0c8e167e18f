"""The forms that a vectors folder may have: which file holds a role's vectors, and that there is only one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from evalkit.embedding.encoder import Role
from evalkit.embedding.vectorfiles.hdf5 import HDF5, read_hdf5
from evalkit.embedding.vectorfiles.numpyfiles import read_npy, read_npz
from evalkit.embedding.vectorfiles.parquet import read_parquet
from evalkit.embedding.vectorfiles.signature import LAYOUT, unreadable
from evalkit.embedding.vectorfiles.table import VectorColumns, VectorTable
from evalkit.embedding.vectorfiles.texmex import TEXMEX, read_texmex
from evalkit.errors import ModelError

STEMS = {Role.query: "queries", Role.document: "corpus"}
SHARDS = "shard-*.parquet"
SHOWN = 4
OTHERS = {
    ".safetensors": "safetensors.numpy.load_file gives its array, and np.save writes it",
    ".pkl": "a pickle can run code when it is loaded: load it where you trust it, and np.save the array",
    ".pickle": "a pickle can run code when it is loaded: load it where you trust it, and np.save the array",
    ".pt": "torch.load, where you trust the file, gives its tensor, and np.save writes it",
    ".pth": "torch.load, where you trust the file, gives its tensor, and np.save writes it",
    ".gz": "unpack it",
    ".zst": "unpack it",
    ".feather": "pyarrow.feather.read_table, then pyarrow.parquet.write_table",
    ".arrow": "pyarrow.feather.read_table, then pyarrow.parquet.write_table",
    ".jsonl": "pandas.read_json(…, lines=True).to_parquet(…) with the columns id and vector",
    ".json": "pandas.read_json(…).to_parquet(…) with the columns id and vector",
    ".csv": "pandas.read_csv(…).to_parquet(…) with the columns id and vector",
    ".fbin": "np.fromfile(…, np.float32, offset=8).reshape(n, -1), and np.save it",
    ".faiss": "index.reconstruct_n(0, index.ntotal), and np.save it",
    ".index": "index.reconstruct_n(0, index.ntotal), and np.save it",
}
SUFFIXES = (".npy", ".npz", ".parquet", *TEXMEX)


def read_role(source: Path, role: Role, columns: VectorColumns) -> VectorTable:
    """Return the table of one role from a vectors folder, or from one HDF5 file.

    Args:
        source: The folder, or a file of ann-benchmarks.
        role: Which of both.
        columns: Names of columns that somebody stated.

    Raises:
        ModelError: There is no file for the role, or there are two, or it is wrong.
    """
    stem = STEMS[role]
    if source.is_file():
        return _read(source, source.with_name(f"{stem}.ids"), role, columns)
    found = [path for path in (source / f"{stem}{suffix}" for suffix in SUFFIXES) if path.exists()]
    found += sorted(path for suffix in HDF5 for path in source.glob(f"*{suffix}") if _may_hold(path, role))
    if len(found) > 1:
        raise _twice(found)
    if not found and (shards := _shards(source, role)) is not None:
        return read_parquet(shards, columns)
    if not found:
        raise _missing(source, stem)
    return _read(found[0], source / f"{stem}.ids", role, columns)


def _read(path: Path, ids_path: Path, role: Role, columns: VectorColumns) -> VectorTable:
    if path.suffix in HDF5:
        return read_hdf5(path, ids_path, role, columns.vectors)
    if path.suffix == ".npz":
        return read_npz(path, ids_path, columns)
    if path.suffix == ".parquet":
        return read_parquet(path, columns)
    if path.suffix in TEXMEX:
        return read_texmex(path, ids_path)
    if path.suffix == ".npy":
        return read_npy(path, ids_path)
    raise unreadable(path, f"{path.name} is no folder and no HDF5 file", LAYOUT)


def _shards(source: Path, role: Role) -> Path | None:
    """Return the folder of shards that `evalkit embed` wrote for a role, None where there is none.

    Raises:
        ModelError: The shards of a corpus have none of queries beside them.
    """
    if not any(source.glob(SHARDS)):
        return None
    folder = source / STEMS[role] if role is Role.query else source
    if any(folder.glob(SHARDS)):
        return folder
    raise ModelError(
        f"{source} holds shards of documents and no vectors of queries",
        places=(str(folder),),
        hint=f"evalkit embed GOLDEN --model MODEL -o {source}  embeds the queries of a golden set, too",
        code="EK342",
    )


def _may_hold(path: Path, role: Role) -> bool:
    """Return whether an HDF5 file may hold a role's vectors: the other role's own file does not."""
    return path.stem not in set(STEMS.values()) - {STEMS[role]}


def _missing(source: Path, stem: str) -> ModelError:
    """Return the error where no file holds a role's vectors, which names the form that they may be in."""
    missing = source / f"{stem}.npy"
    names = sorted(path.name for path in source.iterdir() if path.is_file() and path.suffix != ".ids")
    own = [name for name in names if name.startswith(f"{stem}.")]
    known = [name for name in names if Path(name).suffix in (*SUFFIXES, *OTHERS)]
    shown = own or [name for name in known if name.split(".")[0] not in STEMS.values()]
    problem = f"{missing.name} is missing"
    if shown:
        problem += f"; the folder holds {', '.join(shown[:SHOWN])}"
    way = next((OTHERS[form] for form in OTHERS if own and own[0].endswith(form)), "")
    hint = f"{way}; {LAYOUT}" if way else LAYOUT
    return ModelError(problem, places=(str(missing),), hint=hint, code="EK342")


def _twice(found: Iterable[Path]) -> ModelError:
    names = [path.name + ("/" if path.is_dir() else "") for path in found]
    return ModelError(
        f"{' and '.join(names)} both hold vectors, and nothing says which are meant",
        places=tuple(str(path) for path in found),
        hint="remove or rename all but one of them",
        code="EK348",
    )
