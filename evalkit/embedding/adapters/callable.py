"""python/package.module:callable: a function of the user's own that turns texts into vectors."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from evalkit import usercode
from evalkit.arrays import Array
from evalkit.digests import digest_file
from evalkit.embedding.encoder import Fingerprint, Role
from evalkit.embedding.modelspec import ModelSpec, Options, check_options, positive
from evalkit.errors import ModelError, UsageError
from evalkit.golden.goldenset import GoldenSet
from evalkit.opening import expanded, resolved
from evalkit.usercode import described, guarded

OPTIONS = {"normalize": bool, "dims": int, "revision": str, "base": str}
LOADED: dict[str, str] = {}  # as sys.modules, with the digest of each file when it was run
Encode = Callable[[list[str], str], Any]


class CallableEncoder:
    """A function, imported when the first text has to be encoded."""

    def __init__(self, fingerprint: Fingerprint, folder: Path) -> None:
        """Take the space and the folder that modules are looked for in first."""
        self.fingerprint = fingerprint
        self._folder = folder
        self._encode: Encode | None = None

    def probe(self) -> int:
        """Return E, by encoding one word."""
        return int(self._vectors(["dimensions"], Role.document).shape[1])

    def settled(self, dims: int) -> CallableEncoder:
        """Return the encoder with its dimensions known."""
        encoder = CallableEncoder(replace(self.fingerprint, dims=dims), self._folder)
        encoder._encode = self._encode  # which may have loaded a model
        return encoder

    def encode(self, texts: Sequence[str], role: Role) -> Array:
        """Return (n, E) vectors as the function gives them."""
        return self._vectors(list(texts), role)

    def _vectors(self, texts: list[str], role: Role) -> Array:
        if self._encode is None:
            self._encode = _with_role(find_callable(self.fingerprint.model, self._folder))
        with guarded(self._failed):
            return self._checked(self._encode(texts, str(role)), len(texts))

    def _failed(self, error: BaseException) -> ModelError:
        return ModelError(
            f"{self.fingerprint} {described(error)}",
            places=(_where_raised(error),),
            hint="it is called with a list of texts, and with the role if it takes one",
            code="EK372",
        )

    def _checked(self, made: object, count: int) -> Array:
        try:
            vectors = np.asarray(made, dtype=np.float64)
        except (TypeError, ValueError, RuntimeError):
            vectors = np.zeros(())
        dims = self.fingerprint.dims
        width = vectors.shape[-1] if vectors.ndim else 0
        if vectors.shape == (count, width) and width and width == (dims or width):
            return vectors
        given = f"shape {vectors.shape}" if vectors.ndim else f"{type(made).__name__}, which is no array"
        raise ModelError(
            f"{self.fingerprint} gave {given} for {count} texts, not ({count}, {dims or 'dimensions'})",
            hint="return one row of numbers for each text, in the order of the texts"
            + ("; or correct dims" if vectors.ndim and dims else ""),
            code="EK373",
        )


def make(spec: ModelSpec, golden: GoldenSet, options: Options) -> CallableEncoder:
    """Return the encoder of `python/package.module:callable`; its module is not imported yet.

    Without a `revision`, that of the fingerprint is a digest of the module's file: edited code is another
    space. What the module imports is not looked at; a `revision` of your own says when that changes.

    Raises:
        UsageError: The spec is not of this form.
        ModelError: There is no such module.
    """
    del golden
    check_options(spec, options, OPTIONS)
    module = module_of(spec)
    folder = home(options)
    fingerprint = Fingerprint(
        provider="python",
        model=spec.model,
        revision=str(options["revision"]) if "revision" in options else module_digest(module, folder),
        dims=int(positive(spec, options, "dims", 1)) if "dims" in options else 0,
        normalize=bool(options.get("normalize", True)),
        dtype="",
    )
    return CallableEncoder(fingerprint, folder)


def module_of(spec: ModelSpec) -> str:
    """Return the module of a spec that ends in package.module:callable.

    Raises:
        UsageError: The spec is not of this form.
    """
    module, colon, name = spec.model.partition(":")
    parts = [*module.split("."), *name.split(".")]
    if not colon or not all(part.isidentifier() for part in parts):
        raise UsageError(
            f"{spec} does not name a callable",
            hint=f"write {spec.provider}/package.module:callable, such as python/mymodels:encode",
            code="EK135",
        )
    return module


def home(options: Options) -> Path:
    """Return the folder that modules are looked for in first."""
    return resolved(expanded(str(options.get("base", ""))))


def module_digest(module: str, folder: Path) -> str:
    """Return the digest of a module's file, found without running it; "" for one without a file."""
    _make_importable(folder)
    with guarded(lambda error: _not_imported(module, folder, error)):  # finding a.b runs a
        found = importlib.util.find_spec(module)
    if found is None:
        raise _not_imported(module, folder, ModuleNotFoundError(f"No module named {module!r}"))
    if found.origin is None or not Path(found.origin).is_file():
        return ""
    return digest_file(Path(found.origin))


def find_callable(model: str, folder: Path) -> Callable[..., Any]:
    """Return what `package.module:callable` names, imported afresh where its file changed since.

    Raises:
        ModelError: There is no such module, no such name in it, or it cannot be called.
    """
    module, _, name = model.partition(":")
    _make_importable(folder)
    with guarded(lambda error: _not_imported(module, folder, error)):
        loaded = _load(module)
    try:
        found = functools.reduce(getattr, name.split("."), loaded)
    except AttributeError:
        raise ModelError(
            f"the module {module} has no {name!r}",
            places=(str(getattr(loaded, "__file__", module)),),
            hint="name a function of it after the colon",
            code="EK371",
        ) from None
    if not callable(found):
        raise ModelError(
            f"{model} is of type {type(found).__name__} and cannot be called",
            places=(str(getattr(loaded, "__file__", module)),),
            hint="name a function of texts, or of texts and a role",
            code="EK371",
        )
    return found


def _load(module: str) -> ModuleType:
    """Import a module, again where its file changed since: the fingerprint speaks of the file as it is."""
    known = module in sys.modules
    loaded = importlib.import_module(module)
    file = Path(getattr(loaded, "__file__", None) or "")
    digest = digest_file(file) if file.is_file() else ""
    if known and digest != LOADED.get(module, ""):
        loaded = importlib.reload(loaded)
    LOADED[module] = digest
    return loaded


def _with_role(found: Callable[..., Any]) -> Encode:
    """Return a function of texts and role, whichever of the two forms `found` has."""
    try:
        parameters = inspect.signature(found).parameters
    except ValueError:  # built in, with a signature that nobody knows
        return lambda texts, _: found(texts)
    if "role" in parameters:
        return lambda texts, role: found(texts, role=role)
    required = [
        parameter
        for parameter in parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    # A second parameter with a default is something else, such as a batch size.
    return found if len(required) > 1 else lambda texts, _: found(texts)


def _make_importable(folder: Path) -> None:
    """Look for modules in `folder` first, then in the working folder, as Python does for a script."""
    for place in (Path.cwd(), folder):
        if str(place) not in sys.path:
            sys.path.insert(0, str(place))
            importlib.invalidate_caches()


def _not_imported(module: str, folder: Path, error: BaseException) -> ModelError:
    return ModelError(
        f"the module {module} cannot be imported: {_said(error)}",
        places=(_where_raised(error) or f"looked for in {os.path.relpath(folder)} first",),
        hint="run in the folder that holds it, or install it",
        code="EK371",
    )


def _said(error: BaseException) -> str:
    return described(error) if isinstance(error, SystemExit) else f"{type(error).__name__}: {error}"


def _where_raised(error: BaseException) -> str:
    """Return the last line that ran outside this package, "" where there is none."""
    trace, where = error.__traceback__, ""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file not in (__file__, usercode.__file__) and not file.startswith("<frozen"):
            where = f"{file}:{trace.tb_lineno}"
        trace = trace.tb_next
    return where
