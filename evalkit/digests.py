"""Identity of texts, arrays and settings: SHA-256 over an unambiguous byte form."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

from evalkit.opening import open_regular

_WHOLE = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_TOLD = 12
SHORT = 6


def digest_text(text: str) -> str:
    """Return the hex SHA-256 of `text` in UTF-8; lone surrogates are kept apart, not refused."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def digest_texts(texts: Iterable[str]) -> str:
    """Return one digest of a sequence of texts; each is preceded by its length, so joins cannot collide."""
    sha = hashlib.sha256()
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        sha.update(len(data).to_bytes(8, "little"))
        sha.update(data)
    return sha.hexdigest()


def digest_array(array: npt.NDArray[np.generic]) -> str:
    """Return one digest of an array's dtype, shape and values, whatever its memory layout."""
    return digest_blocks(array.dtype, array.shape, [array])


def digest_blocks(
    dtype: np.dtype[np.generic], shape: tuple[int, ...], blocks: Iterable[npt.NDArray[np.generic]]
) -> str:
    """Return the digest of an array that comes in blocks, one after the other along its first axis."""
    import numpy as np  # noqa: PLC0415 - the command line names digests before it needs numpy

    little = dtype.newbyteorder("<")
    sha = hashlib.sha256(digest_head(dtype, shape))
    for block in blocks:
        sha.update(np.ascontiguousarray(block, dtype=little).data)
    return sha.hexdigest()


def digest_head(dtype: np.dtype[np.generic], shape: tuple[int, ...]) -> bytes:
    """Return what stands before the values in the digest of an array: number type and shape."""
    return f"{dtype.newbyteorder('<').str}{shape}".encode()


def digest_settings(settings: Mapping[str, object]) -> str:
    """Return one digest of JSON-like settings; the order of keys does not matter."""
    text = json.dumps(settings, sort_keys=True, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def digest_file(path: Path) -> str:
    """Return the hex SHA-256 of a file's bytes, as `sha256sum` prints it."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_files(folder: Path, paths: Iterable[Path]) -> str:
    """Return one digest of the named files' relative names and contents, in name order."""
    named = sorted((path.relative_to(folder).as_posix(), path) for path in paths)
    return digest_texts(part for name, path in named for part in (name, digest_file(path)))


def with_short_digests(text: str) -> str:
    """Return a text in which whole digests are cut to twelve characters: "lsa/64@1176bc70e19d…".

    Examples:
        >>> with_short_digests("lsa/64@" + "0123456789abcdef" * 4)
        'lsa/64@0123456789ab…'
    """
    return _WHOLE.sub(lambda match: f"{match[0][:_TOLD]}…", text)


def short(digest: str) -> str:
    """Return the first six characters, enough for a person to compare."""
    return digest[:SHORT]
