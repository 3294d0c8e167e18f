"""HDF5 files of ann-benchmarks: documents in the dataset `train`, queries in `test`, and no ids."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from evalkit.arrays import Array
from evalkit.embedding.encoder import Role
from evalkit.embedding.vectorfiles.ids import ids_beside
from evalkit.embedding.vectorfiles.signature import check_kind, check_regular, too_large, unreadable
from evalkit.embedding.vectorfiles.table import VectorTable
from evalkit.errors import MissingExtraError, ModelError
from evalkit.packing import ALWAYS_BYTES, RATIO

HDF5 = (".hdf5", ".h5")
DATASETS = {Role.document: ("train", "corpus", "documents"), Role.query: ("test", "queries")}
DISTANCES = {
    "angular": "cosine",
    "cosine": "cosine",
    "euclidean": "l2",
    "l2": "l2",
    "hamming": "hamming",
    "dot": "dot",
    "ip": "dot",
    "innerproduct": "dot",
}


def read_hdf5(path: Path, ids_path: Path, role: Role, name: str = "") -> VectorTable:
    """Return the table of one role from an HDF5 file as ann-benchmarks publishes them.

    Args:
        path: The file; `train` holds documents, `test` queries.
        ids_path: Ids, one a line; without such a file they are row numbers from 0 on.
        role: Which of both.
        name: Name of the dataset; "" for the usual one.

    Raises:
        MissingExtraError: h5py is not installed.
        ModelError: The file is not whole, or its datasets are not those.

    Source: https://github.com/erikbern/ann-benchmarks
    """
    try:
        import h5py  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        raise MissingExtraError.for_extra("hdf5", f"reading {path.name}") from None
    check_regular(path)
    check_kind(path, "an HDF5 file")
    try:
        with h5py.File(path, "r") as file:
            held = sorted(file)
            found = [wanted for wanted in ((name,) if name else DATASETS[role]) if wanted in held]
            if not found:
                wanted = name or DATASETS[role][0]
                raise unreadable(
                    path, f"it has no dataset {wanted}, only {', '.join(held)}", "see ann-benchmarks"
                )
            link = file.get(found[0], getlink=True)
            dataset = None if isinstance(link, h5py.ExternalLink) else file[found[0]]
            if dataset is None or getattr(dataset, "external", None) or getattr(dataset, "is_virtual", False):
                told = f"the numbers of {found[0]} lie in another file, which {path.name} names"
                raise unreadable(path, told, "copy them into one file:  h5repack  or  file[name] = values")
            _check_dataset(path, dataset)
            _check_stored(path, dataset)
            values: Array = np.asarray(dataset[:])
            distance = str(file.attrs.get("distance", "")).strip().lower()
    except MemoryError:
        raise too_large(path, path.stat().st_size) from None
    except (OSError, ValueError, TypeError, KeyError, RuntimeError, AttributeError) as error:
        raise unreadable(path, f"{path.name} is damaged: {error}", "fetch it again") from error
    if distance and distance not in DISTANCES:
        raise unreadable(
            path, f"its distance is {distance}, not one of {', '.join(DISTANCES)}", "take another file"
        )
    ids, numbered = ids_beside(ids_path, len(values))
    return VectorTable(
        path=path,
        ids_path=path if numbered else ids_path,
        ids=ids,
        values=values,
        numbered=numbered,
        metric=DISTANCES.get(distance, ""),
    )


def _check_stored(path: Path, dataset: Any) -> None:
    """Raise where far more numbers would be read than are stored: what nobody wrote is read as zeros.

    Raises:
        ModelError: They would.
    """
    stored, read = dataset.id.get_storage_size(), dataset.size * dataset.dtype.itemsize
    if read > max(ALWAYS_BYTES, RATIO * stored):
        told = f"{path.name} holds {stored / 2**20:,.0f} MiB and would be read as {read / 2**20:,.0f} MiB"
        raise unreadable(path, told, "write it again; was the writing interrupted?")


def _check_dataset(path: Path, dataset: object) -> None:
    shape, dtype = getattr(dataset, "shape", ()), np.dtype(getattr(dataset, "dtype", object))
    numbers = dtype.kind in "fb" or dtype in (np.int8, np.uint8)
    if len(shape) != 2 or 0 in shape or not numbers or dtype.itemsize > 8:  # noqa: PLR2004 - rows and columns; float64
        raise ModelError(
            f"the vectors are {dtype} of shape {shape}, not float numbers in rows and columns",
            places=(str(path),),
            hint="sparse sets (one axis) cannot be read; take another",
            code="EK345",
        )
