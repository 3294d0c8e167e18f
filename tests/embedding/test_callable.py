"""python/: functions of the user's own, in modules written for each test."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from texts_by_hand import golden_set

from evalkit.embedding.adapters import callable as adapter
from evalkit.embedding.cache import VectorCache
from evalkit.embedding.embeddedset import EmbeddedSet, embed
from evalkit.embedding.encoder import Fingerprint
from evalkit.embedding.modelspec import ModelSpec, open_encoder
from evalkit.errors import ModelError, UsageError

GOLDEN = golden_set()
LENGTHS = "def encode(texts):\n    return [[len(text), 1] for text in texts]\n"
Write = Callable[..., None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write a module into the working folder, and forget it after the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = set(sys.modules)

    def write(code: str, path: str = "mymodels.py") -> None:
        file = tmp_path / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(textwrap.dedent(code))

    yield write
    for name in set(sys.modules) - before:
        if name.split(".")[0] in ("mymodels", "mypackage"):
            del sys.modules[name]
            adapter.LOADED.pop(name, None)


def embedded(
    spec: str = "python/mymodels:encode", cache: VectorCache | None = None, **options: Any
) -> EmbeddedSet:
    return embed(GOLDEN, open_encoder(ModelSpec.parse(spec), GOLDEN, options), cache=cache)


def fingerprint(spec: str = "python/mymodels:encode", **options: Any) -> Fingerprint:
    return open_encoder(ModelSpec.parse(spec), GOLDEN, options).fingerprint


def test_a_function_of_texts_gives_their_vectors(write: Write) -> None:
    write(LENGTHS)

    found = embedded(normalize=False)

    assert found.corpus.vectors.tolist() == [[len(body), 1] for body in GOLDEN.corpus.bodies]
    assert found.fingerprint.dims == 2


@pytest.mark.parametrize(
    "form",
    [
        "def encode(texts, role):",
        "def encode(texts, *, role):",
        "def encode(texts, role='document'):",
        "def encode(texts, as_a):\n    role = as_a",
    ],
)
def test_a_function_may_take_the_role(write: Write, form: str) -> None:
    write(f"{form}\n    return [[1.0, role == 'query'] for text in texts]\n")

    found = embedded(normalize=False)

    assert found.queries.vectors[:, 1].tolist() == [1] * 3
    assert found.corpus.vectors[:, 1].tolist() == [0] * 5


def test_a_second_parameter_with_a_default_is_no_role(write: Write) -> None:
    write("def encode(texts, batch_size=32):\n    return [[batch_size, 1] for text in texts]\n")

    assert embedded(normalize=False).corpus.vectors[0].tolist() == [32, 1]


def test_a_method_of_an_object_in_a_package_is_a_callable(write: Write) -> None:
    write("", "mypackage/__init__.py")
    write(
        """
        class Model:
            def encode(self, texts):
                import numpy as np
                return np.ones((len(texts), 3), dtype=np.float16)
        model = Model()
        """,
        "mypackage/inner.py",
    )

    assert embedded("python/mypackage.inner:model.encode").corpus.vectors.shape == (5, 3)


def test_modules_are_looked_for_beside_the_config_first(write: Write, tmp_path: Path) -> None:
    write(LENGTHS)
    write("def encode(texts):\n    return [[7, 7, 7] for text in texts]\n", "config/mymodels.py")

    assert embedded(base=str(tmp_path / "config")).fingerprint.dims == 3


def test_edited_code_is_another_space(write: Write, tmp_path: Path) -> None:
    cache = VectorCache(tmp_path / "cache")
    write(LENGTHS)
    first = embedded(cache=cache, normalize=False)
    write(LENGTHS.replace("len(text)", "-len(text)"))

    second = embedded(cache=cache, normalize=False)

    assert first.fingerprint.revision != second.fingerprint.revision
    np.testing.assert_array_equal(second.corpus.vectors[:, 0], -first.corpus.vectors[:, 0])


def test_a_warm_cache_does_not_import_the_module(write: Write, tmp_path: Path) -> None:
    cache = VectorCache(tmp_path / "cache")
    write(LENGTHS)
    embedded(cache=cache)
    del sys.modules["mymodels"]

    assert embedded(cache=cache).encoded == 0
    assert "mymodels" not in sys.modules


@pytest.mark.parametrize("options", [{"normalize": False}, {"revision": "v2"}, {"dims": 2}], ids=str)
def test_what_moves_the_space_moves_the_fingerprint(write: Write, options: dict[str, Any]) -> None:
    write(LENGTHS)

    assert fingerprint(**options).digest != fingerprint().digest


def test_where_the_module_lies_does_not(write: Write, tmp_path: Path) -> None:
    write(LENGTHS)

    assert fingerprint(base=str(tmp_path)).digest == fingerprint().digest


def test_a_revision_of_ones_own_stands_for_the_code(write: Write) -> None:
    write(LENGTHS)
    first = fingerprint(revision="v1")
    write(LENGTHS + "# a remark\n")

    assert fingerprint(revision="v1") == first


def test_stated_dimensions_are_those_found(write: Write) -> None:
    write(LENGTHS)

    assert embedded(dims=2).fingerprint == embedded().fingerprint


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import nothing_of_this_name", "No module named 'nothing_of_this_name'"),
        ("1 +", "SyntaxError"),
        ("def other(texts): ...", "has no 'encode'"),
        ("encode = 3", "is of type int and cannot be called"),
        ("def encode(texts):\n    raise KeyError('model')", "raised KeyError: 'model'"),
        ("def encode():\n    return 1", "raised TypeError"),
        ("def encode(texts):\n    return None", r"gave NoneType, which is no array"),
        ("def encode(texts):\n    return [[1], [2, 3]]", "gave list, which is no array"),
        ("def encode(texts):\n    return ['a' for text in texts]", "gave list, which is no array"),
        ("def encode(texts):\n    return [[1, 2]] * 9", r"gave shape \(9, 2\) for 1 texts"),
        ("def encode(texts):\n    return [1.0] * len(texts)", r"gave shape \(1,\) for 1 texts"),
        ("def encode(texts):\n    return [[] for text in texts]", r"gave shape \(1, 0\)"),
    ],
)
def test_each_fault_of_a_function_is_told(write: Write, code: str, told: str) -> None:
    write(code)

    with pytest.raises(ModelError, match=told) as caught:
        embedded()

    assert caught.value.exit_code == 2
    assert caught.value.hint


def test_an_error_inside_a_function_is_told_with_its_line(write: Write) -> None:
    write("def encode(texts):\n    return inner(texts)\n\ndef inner(texts):\n    return 1 / 0\n")

    with pytest.raises(ModelError, match=r"mymodels\.py:5"):
        embedded()


def test_dimensions_that_are_not_those_stated_are_told(write: Write) -> None:
    write(LENGTHS)

    with pytest.raises(ModelError, match=r"gave shape \(3, 2\) for 3 texts, not \(3, 5\)"):
        embedded(dims=5)


def test_a_number_that_is_not_finite_is_told(write: Write) -> None:
    write("def encode(texts):\n    return [[float('nan'), 1] for text in texts]\n")

    with pytest.raises(ModelError, match="not finite"):
        embedded()


@pytest.mark.parametrize("spec", ["python/nowhere_at_all:encode", "python/no.where.at_all:encode"])
@pytest.mark.usefixtures("write")
def test_a_module_that_is_not_there_is_told(spec: str) -> None:
    with pytest.raises(ModelError, match="cannot be imported: ModuleNotFoundError"):
        fingerprint(spec)


@pytest.mark.parametrize(
    "spec", ["python/mymodels", "python/my-models:encode", "python/mymodels.py:", "python/a:b()"]
)
def test_a_spec_of_another_form_is_told(spec: str) -> None:
    with pytest.raises(UsageError, match="such as python/mymodels:encode"):
        fingerprint(spec)


@pytest.mark.usefixtures("write")
def test_a_builtin_module_has_no_revision_but_the_users() -> None:
    assert fingerprint("python/builtins:len").revision == ""
    with pytest.raises(ModelError, match="gave int, which is no array"):
        embedded("python/builtins:len")
