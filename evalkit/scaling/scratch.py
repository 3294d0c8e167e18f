"""The scratch folder: what all calls share, written once; workers read it where it lies.

Neither an object store nor a scheduler ever holds vectors or texts: both would spill to a disk of their own
without a word. Arrays are files that workers map, so that those on one machine share the memory.
"""

from __future__ import annotations

import os
import pickle
import shutil
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

import numpy as np

from evalkit.errors import ModelError, OutputError

FOLDER = "scratch"
LARGE_BYTES = 1 << 18  # arrays of fewer bytes travel with the rest
_KEPT = 4  # of shared values in the memory of a worker


@dataclass(slots=True)
class Scratch:
    """A folder for one command, taken away with it; that of a killed command goes with the next one."""

    folder: Path
    _arrays: dict[int, tuple[Any, str]] = field(
        default_factory=dict
    )  # an array is kept, so that its id stays its
    _values: int = 0

    @classmethod
    def inside(cls, parent: Path) -> Scratch:
        """Return a new scratch folder.

        Args:
            parent: What every worker can read; on a cluster, a folder that all machines mount.

        Raises:
            OutputError: It cannot be written.
        """
        try:
            parent.mkdir(parents=True, exist_ok=True)
            for left in abandoned(parent):
                shutil.rmtree(left, ignore_errors=True)
            return cls(Path(tempfile.mkdtemp(prefix=f"{socket.gethostname()}-{os.getpid()}-", dir=parent)))
        except OSError as error:
            raise _unwritable(parent, error) from error

    def put(self, value: object) -> str:
        """Write a value, and return the file that `load` reads."""
        self._values += 1
        path = self.folder / f"shared-{self._values:06d}.pickle"
        try:
            with path.open("wb") as file:
                _Pickler(file, self).dump(value)
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        return str(path)

    def drop(self, path: str) -> None:
        """Take a value away that nobody is going to ask for again."""
        Path(path).unlink(missing_ok=True)

    def array_file(self, array: Any) -> str:  # noqa: ANN401 - an array of any type
        """Return the file of an array, written when it is met first."""
        if id(array) not in self._arrays:
            path = self.folder / f"array-{len(self._arrays):06d}.npy"
            np.save(path, array, allow_pickle=False)
            self._arrays[id(array)] = array, str(path)
        return self._arrays[id(array)][1]

    def close(self) -> None:
        """Take the folder away."""
        shutil.rmtree(self.folder, ignore_errors=True)


class _Pickler(pickle.Pickler):
    """Writes large arrays beside the pickle, once each."""

    def __init__(self, file: IO[bytes], scratch: Scratch) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._scratch = scratch

    def persistent_id(self, obj: Any) -> str | None:  # noqa: ANN401 - pickle's own signature
        """Return the file of a large array; None for what is pickled as ever."""
        large = isinstance(obj, np.ndarray) and obj.nbytes >= LARGE_BYTES and obj.dtype != object
        return self._scratch.array_file(obj) if large else None


class _Unpickler(pickle.Unpickler):
    """Maps the arrays that lie beside the pickle."""

    def persistent_load(self, pid: Any) -> Any:  # noqa: ANN401 - pickle's own signature
        """Return the array of a file."""
        return np.asarray(np.load(pid, mmap_mode="r", allow_pickle=False))


@lru_cache(maxsize=_KEPT)
def load(path: str) -> Any:  # noqa: ANN401 - what `put` was given
    """Return a value that the driver has put down.

    Raises:
        ModelError: This worker does not see the driver's folder.
    """
    try:
        with Path(path).open("rb") as file:
            return _Unpickler(file).load()
    except FileNotFoundError as error:
        raise ModelError(
            f"a worker on {socket.gethostname()} does not see the driver's files",
            places=(str(error.filename),),
            hint="let --cache, or EVALKIT_CACHE, name a folder that all machines mount under one path",
            code="EK767",
        ) from error


def abandoned(parent: Path) -> Iterator[Path]:
    """Yield the scratch folders of this machine whose command has ended without taking them away."""
    for folder in parent.glob(f"{socket.gethostname()}-*"):
        number = folder.name.removeprefix(f"{socket.gethostname()}-").split("-")[0]
        if number.isdecimal() and not _runs(int(number)):
            yield folder


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _unwritable(folder: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{folder} cannot be written: {error.strerror}",
        hint="free some space, or name another --cache",
        code="EK611",
    )
