"""The lock: what a golden set held when its author last vouched for it, as `golden.lock` beside it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from evalkit.digests import digest_file, short
from evalkit.errors import GoldenSetError
from evalkit.findings import Finding, Severity, place
from evalkit.golden.checks.notation import read_files
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.links import refuse_leaving
from evalkit.golden.reading.records import Draft
from evalkit.opening import fault, is_there, read_settings
from evalkit.parsing import parse_toml

LOCK = "golden.lock"
FORM = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """The identity of a golden set.

    Attributes:
        version: The version that the card stated.
        digest: The content digest that reports print; "" where the corpus is built at run time, since
            that differs from one machine to the next.
        files: Name of each file that is read → its SHA-256, as `sha256sum` prints it.
    """

    version: str
    digest: str
    files: Mapping[str, str]

    @classmethod
    def of(cls, folder: Path, draft: Draft, golden: GoldenSet) -> Lock:
        """Return the lock of a golden set as it lies in `folder` now."""
        card = folder / "golden.toml"
        paths = {*read_files(draft), *([card] if card.exists() else [])}
        named = {Path(os.path.relpath(path, folder)).as_posix(): path for path in paths}
        return cls(
            version=golden.version,
            digest="" if draft.card.corpus else golden.digest,
            files={name: digest_file(path) for name, path in sorted(named.items())},
        )

    def changes_to(self, now: Lock) -> list[str]:
        """Return what has happened to the files since, "corpus.jsonl changed" or the like, by file name."""
        told = []
        for name in sorted({*self.files, *now.files}):
            if name not in now.files:
                told.append(f"{name} is gone")
            elif name not in self.files:
                told.append(f"{name} is new")
            elif self.files[name] != now.files[name]:
                told.append(f"{name} changed")
        return told


def lock_text(lock: Lock) -> str:
    """Return the text of `golden.lock`: TOML with one line for each file."""
    head = [
        "# What this golden set held when it was locked; written by  evalkit golden lock.",
        f"lock = {FORM}",
        f"version = {json.dumps(lock.version, ensure_ascii=False)}",
    ]
    if lock.digest:
        head.append(f'digest = "{lock.digest}"')
    files = [f'{json.dumps(name, ensure_ascii=False)} = "{digest}"' for name, digest in lock.files.items()]
    return "\n".join([*head, "", "[files]", *files, ""])


def read_lock(folder: Path) -> Lock | None:
    """Read `golden.lock`; None when the folder has none.

    Raises:
        GoldenSetError: The file is damaged, or was written in a form that this version does not know.
    """
    path = folder / LOCK
    if not is_there(path):
        return None
    refuse_leaving(path, folder)
    try:
        stated = parse_toml(read_settings(path))
        if stated["lock"] != FORM:
            raise ValueError(f"form {stated['lock']} is not known here")  # noqa: TRY301 - told below like the rest
        files = {str(name): str(digest) for name, digest in stated["files"].items()}
        return Lock(version=str(stated["version"]), digest=str(stated.get("digest", "")), files=files)
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise GoldenSetError(
            f"{LOCK} cannot be read: {fault(error)}",
            places=(str(path),),
            hint=f"take it from version control again, or write a new one with  evalkit golden lock {folder}",
            code="EK271",
        ) from error


def lock_findings(folder: Path, draft: Draft, golden: GoldenSet) -> list[Finding]:
    """Return a finding when a locked golden set is not what it was.

    Files are compared first, which is quick. A file that was only written differently (other line ends,
    another order of lines) leaves the content digest as it was, and that is a notice. A golden set without
    a lock, and one that agrees with it, give no finding; a damaged lock is a warning.
    """
    try:
        lock = read_lock(folder)
    except GoldenSetError as error:
        return [replace(finding, severity=Severity.WARNING) for finding in error.findings]
    if lock is None:
        return []
    now = Lock.of(folder, draft, golden)
    changes = lock.changes_to(now)
    if not changes:
        return []
    where = (place(folder / LOCK, (), changes),)
    if lock.digest and lock.digest == now.digest:
        problem = f"files were rewritten since the set was locked; its content is still {short(lock.digest)}"
        hint = f"renew the lock:  evalkit golden lock {folder}"
        return [Finding("EK270", Severity.NOTICE, problem, where, hint)]
    return [Finding("EK270", Severity.WARNING, _changed(lock, now), where, _advice(folder, lock, now))]


def check_lock(folder: Path, draft: Draft, golden: GoldenSet) -> None:
    """Raise unless a golden set has a lock and holds what it held then, however its files are written.

    Raises:
        GoldenSetError: There is no lock, it is damaged, or the golden set has changed.
    """
    if read_lock(folder) is None:
        raise GoldenSetError(
            f"{golden.name} has no lock",
            places=(str(folder / LOCK),),
            hint=f"evalkit golden lock {folder}  writes one",
            code="EK272",
        )
    changed = [f for f in lock_findings(folder, draft, golden) if f.severity is Severity.WARNING]
    if changed:
        raise GoldenSetError.of([replace(finding, severity=Severity.ERROR) for finding in changed])


def _changed(lock: Lock, now: Lock) -> str:
    version = f" as version {lock.version}" if lock.version else ""
    digests = (
        f": it was {short(lock.digest)} and is {short(now.digest)}" if lock.digest and now.digest else ""
    )
    return f"the golden set has changed since it was locked{version}{digests}"


def _advice(folder: Path, lock: Lock, now: Lock) -> str:
    raised = "" if lock.version != now.version else "raise its version in golden.toml and "
    return (
        "scores before and after the change do not compare; put the files back, or "
        f"{raised}run  evalkit golden lock {folder}"
    )
