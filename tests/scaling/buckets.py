"""Places at URLs as tests see them: whose keys open them, what lies there, what a command says of them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from evalkit.cli import main
from evalkit.remote import RemotePath

SECRET = "Kept/And+Never*Shown-0123456789"  # noqa: S105 - opens nothing
NO_GO = 1  # the exit code of `compare`, which is no failure
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAEVALKITTESTS", "AWS_SECRET_ACCESS_KEY": SECRET}
SETTINGS = {
    **KEYS,
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_MAX_ATTEMPTS": "1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def set_keys(patch: pytest.MonkeyPatch, address: str, **keys: str) -> None:
    """Let this process, and those that it starts, speak to a server, with other keys than before."""
    import s3fs  # noqa: PLC0415 - an extra

    for name in KEYS:
        patch.delenv(name, raising=False)
    for name, value in {**SETTINGS, "AWS_ENDPOINT_URL": address, **keys}.items():
        patch.setenv(name, value)
    patch.setenv("AWS_CONFIG_FILE", "none")
    patch.setenv("AWS_SHARED_CREDENTIALS_FILE", "none")
    s3fs.S3FileSystem.clear_instance_cache()


def place(url: str) -> RemotePath:
    return RemotePath.parse(url)


def there(url: str) -> dict[str, str]:
    """Return what lies at a URL: name → digest of its bytes."""
    return {
        name: hashlib.sha256(file.open().read()).hexdigest() for name, file in place(url).files(2).items()
    }


def here(folder: str) -> dict[str, str]:
    paths = sorted([*Path(folder).rglob("*.parquet"), *Path(folder).rglob("fingerprint.json")])
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def result(capsys: pytest.CaptureFixture[str], *command: str) -> dict[str, Any]:
    """Return what a command prints, without how it came about."""
    assert main.run([*command, "--json"]) in (0, NO_GO)
    return {**json.loads(capsys.readouterr().out), "provenance": 0}


def failed(capsys: pytest.CaptureFixture[str], *command: str) -> tuple[int, str]:
    """Return how a command ends, and what it says, in which no secret may stand."""
    code = main.run(list(command))
    told = capsys.readouterr()
    assert SECRET not in told.out + told.err
    assert "Traceback" not in told.err
    return code, told.err


def remove(url: str) -> None:
    import s3fs  # noqa: PLC0415 - an extra

    s3fs.S3FileSystem().rm_file(url)
