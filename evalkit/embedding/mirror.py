"""The mirror: what lies at a URL, fetched into the cache once, and again where it has changed."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from evalkit.digests import digest_text
from evalkit.embedding.cache import default_cache_folder
from evalkit.errors import ModelError, OutputError
from evalkit.opening import FILE_FAULTS, expanded, read_json
from evalkit.output import draft_name, write_file
from evalkit.remote import RemotePath, is_url

FOLDER = "remote"
VERSIONS = ".versions.json"
DEPTH = 2  # the folder, and those in it, as `evalkit embed` and Spark write them
KINDS = (".npy", ".npz", ".parquet", ".h5", ".hdf5", ".fvecs", ".bvecs", ".ivecs", ".ids")
STEMS = ("queries", "corpus")
FINGERPRINT = "fingerprint.json"
_LONGEST = 80


def located(text: str, base: str = "") -> Path:
    """Return the path that somebody named: of this machine, or that of a copy of what lies at a URL now.

    Args:
        text: A path or a URL.
        base: What a path is taken from, which may be a URL, too.

    Raises:
        UsageError: The URL is none.
        ModelError: Nothing lies there.
        ProviderError: It cannot be read.
        OutputError: There is no room for the copy.
    """
    if is_url(text):
        return mirrored(RemotePath.parse(text))
    return expanded(Path(base, text))


def mirrored(source: RemotePath) -> Path:
    """Return a folder of the cache, or a file in it, that holds the vectors at a URL as they are now."""
    folder = default_cache_folder() / FOLDER / local_name(source)
    listed = source.files(DEPTH)
    held = {name or source.name: file for name, file in listed.items() if _is_of_vectors(name or source.name)}
    if not held:
        source.check_there()
        raise ModelError(
            f"{source} holds no vectors",
            hint=f"is it spelt so? evalkit embed GOLDEN --model MODEL -o {source}  writes some",
            code="EK770",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _follow(folder, held)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be written: {error.strerror}",
            hint="free some space, or let EVALKIT_CACHE name another cache",
            code="EK611",
        ) from error
    return folder / source.name if "" in listed else folder


def _follow(folder: Path, held: Mapping[str, RemotePath]) -> None:
    """Make a copy what the place is now: fetch what is new or changed, drop what has vanished there."""
    known = _known(folder)
    for name in known.keys() - held.keys():
        (folder / name).unlink(missing_ok=True)
    versions = {name: known[name] for name in known.keys() & held.keys()}
    try:
        for name, file in sorted(held.items()):
            if versions.get(name) != file.version or not _is_whole(folder / name, file):
                versions.pop(name, None)
                _fetch(file, folder / name)
                versions[name] = file.version
    finally:  # what was fetched is not fetched again
        write_file(folder / VERSIONS, json.dumps(versions, sort_keys=True).encode(), named=False)


def local_name(source: RemotePath) -> str:
    """Return the name that a URL has among the folders of the cache."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", source.url)[-_LONGEST:].lstrip(".-")
    return f"{plain}-{digest_text(source.url)[:8]}"


def remove_mirrors(cache: Path) -> None:
    """Take away all copies of what lies at URLs."""
    shutil.rmtree(cache / FOLDER, ignore_errors=True)


def _is_of_vectors(name: str) -> bool:
    """Return whether a file may be of vectors, and its name stays inside of the folder."""
    path = PurePosixPath(name)
    if not _stays_inside(path) or path.name.startswith("."):
        return False
    ours = len(path.parts) == 1 or path.parts[0].partition(".")[0] in STEMS
    return ours and (path.suffix in KINDS or path.name == FINGERPRINT)


def _is_whole(path: Path, file: RemotePath) -> bool:
    return path.is_file() and path.stat().st_size == file.st_size


def _fetch(file: RemotePath, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(draft_name(target.name))
    try:
        file.fetch(draft)
        draft.replace(target)
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def _known(folder: Path) -> dict[str, str]:
    """Return the versions of what was fetched; {} where nobody knows, so that all is fetched again."""
    try:
        found = read_json(folder / VERSIONS)
        return {str(name): str(told) for name, told in found.items() if _stays_inside(PurePosixPath(name))}
    except (*FILE_FAULTS, AttributeError, TypeError):
        return {}


def _stays_inside(path: PurePosixPath) -> bool:
    return bool(path.parts) and ".." not in path.parts and not path.is_absolute()
