"""The signature of a file: what its first bytes say it is, whatever its name says."""

from __future__ import annotations

import zipfile
from pathlib import Path

from evalkit.errors import ModelError
from evalkit.opening import ARCHIVE_FAULTS, open_regular

LAYOUT = (
    "a vectors folder holds corpus.npy, corpus.ids, queries.npy and queries.ids, "
    "or corpus.parquet and queries.parquet"
)
TAKE_A_COPY = "take a copy; a shard that evalkit embed wrote is written again once it is moved away"
ENOUGH = 1024
LFS = b"version https://git-lfs"
SIGNATURES = (
    (b"\x93NUMPY", "a .npy file"),
    (b"PAR1", "a Parquet file"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"ARROW1", "an Arrow (Feather) file"),
    (b"\x1f\x8b", "packed by gzip"),
    (b"BZh", "packed by bzip2"),
    (b"\xfd7zXZ", "packed by xz"),
    (b"\x28\xb5\x2f\xfd", "packed by Zstandard"),
    (b"SQLite format 3", "an SQLite database"),
)
PICKLED = tuple(bytes([0x80, version]) for version in range(2, 6))


def unreadable(path: Path, why: str, hint: str = LAYOUT) -> ModelError:
    """Return the error for a file of vectors or ids that cannot be read."""
    return ModelError(f"the vectors cannot be read: {why}", places=(str(path),), hint=hint, code="EK342")


def too_large(path: Path, size_bytes: int) -> ModelError:
    """Return the error for vectors that do not fit into memory."""
    return ModelError(
        f"{size_bytes / 1e6:,.0f} MB of vectors do not fit into the memory at hand",
        places=(str(path),),
        hint="a float16 or float32 .npy file in C order is read a block at a time; save them so",
        code="EK377",
    )


def check_regular(path: Path) -> None:
    """Raise unless a path leads to a regular file.

    Raises:
        ModelError: There is nothing, a folder, a pipe or a device.
    """
    if path.is_file():
        return
    if not path.exists():
        raise ModelError(f"{path.name} is missing", places=(str(path),), hint=LAYOUT, code="EK342")
    raise unreadable(
        path, f"{path.name} is a {'folder' if path.is_dir() else 'pipe or a device'}, not a file"
    )


def check_kind(path: Path, wanted: str) -> None:
    """Raise where a file's first bytes show that it is something else than its name says.

    Args:
        path: A regular file.
        wanted: What it should be, in the words of SIGNATURES; "" for plain text or bare numbers.

    Raises:
        ModelError: It is empty, or known to be of another kind; what to do about that kind is the hint.
    """
    try:
        with open_regular(path) as file:
            start = file.read(ENOUGH)
    except OSError as error:
        raise unreadable(path, error.strerror or str(error), "may you read it?") from error
    if not start:
        raise unreadable(path, f"{path.name} is empty", "write it again; the writing was interrupted")
    if start.startswith(LFS):
        raise unreadable(
            path,
            f"{path.name} is a Git LFS pointer; the vectors themselves were not fetched",
            f"git lfs pull --include '*{path.name}'",
        )
    found = _kind(start, path)
    if found and found != wanted:
        raise unreadable(path, f"{path.name} is {found}", _advice(found, path, wanted))
    if wanted and not found:
        raise unreadable(path, f"{path.name} is not {wanted}: it begins with {start[:12]!r}", LAYOUT)


def _kind(start: bytes, path: Path) -> str:
    for magic, name in SIGNATURES:
        if start.startswith(magic):
            return name
    if start.startswith(b"PK\x03\x04"):
        return _zipped(path)
    if start.startswith(PICKLED):
        return "a pickle, which can run code when it is loaded"
    if start.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html")):
        return "a web page, perhaps of a sign-in or an error"
    return ""


def _zipped(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (*ARCHIVE_FAULTS, ValueError):
        return "a zip archive that is cut off, as .npz and PyTorch's .pt files are zip archives"
    if any(name.endswith("data.pkl") for name in names):
        return "a PyTorch file, which can run code when it is loaded"
    if names and all(name.endswith(".npy") for name in names):
        return "an .npz archive"
    return "a zip archive"


def _advice(found: str, path: Path, wanted: str) -> str:
    stem = path.with_suffix("").name
    if found == "an .npz archive":
        return f"rename it to {stem}.npz, which is read"
    if found in ("a .npy file", "a Parquet file", "an HDF5 file"):
        return f"give it the name of what it is, such as {stem}{_suffix(found)}"
    if "run code" in found:
        return f'np.save("{stem}.npy", torch.load(…).float().numpy()), where you trust the file'
    if found.startswith("packed"):
        return "unpack it"
    return f"write {path.name} again as {wanted or 'one id a line'}"


def _suffix(found: str) -> str:
    return {"a .npy file": ".npy", "a Parquet file": ".parquet", "an HDF5 file": ".hdf5"}[found]
