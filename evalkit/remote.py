"""Remote places: folders and files at a URL that fsspec knows, such as s3://bucket/folder; its one door.

No more of a path than shards of vectors need, under the names that `pathlib` has for it, so that the same
code works on both. Keys come from the environment or from the files of the provider's own tools, never from a
URL.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, BinaryIO

from evalkit.confidential import keep_secret, without_secrets
from evalkit.digests import digest_text
from evalkit.errors import MissingExtraError, ModelError, ProviderError, UsageError

URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+)://(?P<rest>.*)", re.DOTALL)
EXTRAS = {"s3": "s3", "s3a": "s3"}  # scheme → the extra that brings what it needs
OBJECTS = ("s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl")  # an upload is whole, or is not there
SECRETS = re.compile(
    r"AWS_(SECRET_ACCESS_KEY|SESSION_TOKEN)|(AZURE_STORAGE|FSSPEC)_.*(KEY|SECRET|TOKEN|PASSWORD)"
)
CONTENT = ("ETag", "etag", "md5Hash", "content_md5", "checksum")  # by which a store names what a file holds
CHANGED = ("LastModified", "last_modified", "updated", "mtime", "created")
PROBE = ".evalkit.part"
KEYS = "set the keys as the provider's own tools read them, such as AWS_PROFILE or AWS_ACCESS_KEY_ID"


def is_url(text: str) -> bool:
    """Return whether a text is a URL rather than a path.

    Examples:
        >>> is_url("s3://bucket/shards"), is_url("shards"), is_url("C:/shards")
        (True, False, False)
    """
    return URL.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, order=True)
class RemotePath:
    """A folder or a file at a URL.

    Attributes:
        url: The URL, without a slash at its end.
        size_bytes: How large a file is, where a listing has told; None: nobody has asked.
        version: What changes with its content, "" where nobody has asked.
    """

    url: str
    size_bytes: int | None = field(default=None, compare=False)
    version: str = field(default="", compare=False)

    @classmethod
    def parse(cls, text: str) -> RemotePath:
        """Return the place that a URL names.

        Raises:
            UsageError: It is none, names no bucket or host, or holds a password.
        """
        found = URL.fullmatch(text)
        if found is None:
            raise UsageError(f"{text} is no URL", hint="such as s3://bucket/folder", code="EK773")
        user = found["rest"].rpartition("@")[0]  # a password that nobody quoted may hold any sign
        if ":" in user:
            keep_secret(user.partition(":")[2])
            raise UsageError(
                f"{found['scheme']}://…: a password stands in the URL, where everybody reads it",
                hint="leave it out: the environment gives keys, as the provider's own tools read them",
                code="EK773",
            )
        return cls(text.rstrip("/"))

    def __str__(self) -> str:
        return self.url

    def __truediv__(self, name: str) -> RemotePath:
        return RemotePath(f"{self.url}/{name}")

    @property
    def name(self) -> str:
        """The last part."""
        return self.url.rpartition("/")[2]

    @property
    def scheme(self) -> str:
        """What stands before "://", in small letters."""
        return self.url.partition("://")[0].lower()

    def absolute(self) -> RemotePath:
        """Return itself: no URL depends on where a command is typed."""
        return self

    def exists(self) -> bool:
        """Return whether a file lies there."""
        with _told(self) as (system, path):
            return bool(system.isfile(path))

    def glob(self, pattern: str) -> Iterator[RemotePath]:
        """Yield the files of this folder whose names fit, with sizes and versions, by one listing."""
        return (file for _, file in sorted(self.files(1).items()) if fnmatchcase(file.name, pattern))

    def files(self, depth: int) -> dict[str, RemotePath]:
        """Return the files of this folder by their names from here on, {} where there are none.

        Args:
            depth: How many folders deep, 1 for this one; a file that lies here itself is called "".

        Raises:
            ModelError: The bucket or the folder above is not there.
        """
        with _told(self) as (system, path):
            held = system.find(path, maxdepth=depth, detail=True)
            found = {}
            for at, told in held.items():
                name = at[len(path) :].strip("/") if at.startswith(path) else at
                found[name] = _known(f"{self.url}/{name}" if name else self.url, told)
            return found

    def stat(self) -> RemotePath:
        """Return the same place, its size and version known."""
        if self.size_bytes is not None:
            return self
        with _told(self) as (system, path):
            return _known(self.url, system.info(path))

    @property
    def st_size(self) -> int:
        """Its bytes, by the name that the system's own record has for them."""
        return self.stat().size_bytes or 0

    def open(self, mode: str = "rb") -> BinaryIO:
        """Return the content of a file, read as a whole."""
        del mode  # the only one that there is
        with _told(self) as (system, path):
            return io.BytesIO(system.cat_file(path))

    def fetch(self, target: Path) -> None:
        """Copy a file to this machine."""
        with _told(self) as (system, path):
            system.get_file(path, str(target))

    def write_bytes(self, data: bytes | memoryview) -> None:
        """Write a file whole or not at all."""
        with _told(self) as (system, path):
            if self.scheme in OBJECTS:
                system.pipe_file(path, bytes(data))
            else:  # what is cut off must not lie under its name
                parent, _, name = path.rpartition("/")
                system.makedirs(parent, exist_ok=True)
                draft = f"{parent}/.{name}.part"
                system.pipe_file(draft, bytes(data))
                system.mv(draft, path)

    def check_there(self) -> None:
        """Raise where nothing lies here, not even a folder, and say which part is missing."""
        with _told(self) as (system, path):
            system.ls(path, detail=False)

    def check_writable(self) -> None:
        """Raise unless files can be written here; best before hours of work."""
        with _told(self) as (system, path):
            if self.scheme not in OBJECTS:
                system.makedirs(path, exist_ok=True)
            system.pipe_file(f"{path}/{PROBE}", b"")
            with suppress(PermissionError):  # nothing else is ever deleted
                system.rm_file(f"{path}/{PROBE}")


@contextmanager
def _told(place: RemotePath) -> Iterator[tuple[Any, str]]:
    """Give the file system and the path in it; what either raises becomes an error that people understand."""
    for name, value in os.environ.items():
        if SECRETS.fullmatch(name):
            keep_secret(value)
    try:
        from fsspec.core import url_to_fs  # noqa: PLC0415 - an extra

        system, path = url_to_fs(place.url)
        system.invalidate_cache()  # others may have written meanwhile
        yield system, path
    except ImportError as error:
        extra = EXTRAS.get(place.scheme)
        if extra:
            raise MissingExtraError.for_extra(extra, f"{place.scheme}://") from error
        raise UsageError(
            f"{place} needs a package that is not installed: {_first_line(error)}",
            hint="install it; the extra s3 brings what s3:// needs",
            code="EK773",
        ) from error
    except FileNotFoundError as error:
        raise ModelError(
            f"{place} is not there",
            places=(_first_line(error),),
            hint="is the bucket or the folder spelt so? was it taken away meanwhile? then run it again",
            code="EK770",
        ) from error
    except PermissionError as error:
        raise ProviderError(
            f"{place} may not be read or written with the keys at hand",
            places=(_first_line(error),),
            hint=KEYS,
            code="EK771",
        ) from error
    except Exception as error:
        raise _failed(place, error) from error


def _known(url: str, told: Mapping[str, Any]) -> RemotePath:
    """Return a file with the size and version that a listing, or a look at it, has told."""
    size = int(told.get("size") or 0)
    content = next((str(told[name]) for name in CONTENT if told.get(name)), "")
    changed = next((str(told[name]) for name in CHANGED if told.get(name)), "")
    return RemotePath(url, size, digest_text(f"{size} {content.strip(chr(34)) or changed}"))


def _failed(place: RemotePath, error: Exception) -> UsageError | ProviderError:
    """Return the error for whatever else a file system raises: each has classes of its own."""
    told = f"{type(error).__name__}: {_first_line(error)}"
    if isinstance(error, ValueError) and "rotocol" in str(error):
        return UsageError(
            f"{place}: nothing is known by the name {place.scheme}://",
            places=(told,),
            hint="such as s3://bucket/folder; a folder of this machine is named by its path",
            code="EK773",
        )
    if "redential" in type(error).__name__:  # there are none at all
        return ProviderError(
            f"{place}: no keys are at hand",
            places=(told,),
            hint=KEYS,
            code="EK771",
        )
    return ProviderError(
        f"{place} cannot be read or written",
        places=(told,),
        hint="does the server answer? then run it again: what was finished is kept",
        code="EK772",
    )


def _first_line(error: BaseException) -> str:
    return without_secrets((str(error).strip().splitlines() or [type(error).__name__])[0])
