"""Encoders of other packages: registered under an entry point, they are models like any other."""

from __future__ import annotations

from pathlib import Path

import pytest
from texts_by_hand import golden_set

from evalkit.embedding.embeddedset import embed
from evalkit.embedding.modelspec import ModelSpec, open_encoder, providers
from evalkit.errors import EvalkitError, UnknownNameError, UsageError

CODE = """
from dataclasses import dataclass
from evalkit.embedding.encoder import Fingerprint

@dataclass(frozen=True)
class Lengths:
    fingerprint: Fingerprint

    def encode(self, texts, role):
        return [[len(text), role == "query"] for text in texts]

def make(spec, golden, options):
    return Lengths(Fingerprint(provider="acme", model=spec.model, dims=2, normalize=False))
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A distribution that registers a provider that works, and one that does not."""
    (tmp_path / "acme_encoders.py").write_text(CODE)
    info = tmp_path / "acme_encoders-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-encoders\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[evalkit.encoders]\n"
        "acme = acme_encoders:make\nbroken = acme_nowhere:make\nhash = acme_encoders:make\n"
    )
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("installed")
def test_an_encoder_of_another_package_embeds() -> None:
    golden = golden_set()
    spec = ModelSpec.parse("acme/lengths@7")

    found = embed(golden, open_encoder(spec, golden))

    assert spec == ModelSpec("acme", "lengths@7")
    assert found.corpus.vectors.tolist() == [[len(body), 0] for body in golden.corpus.bodies]
    assert found.queries.vectors[:, 1].tolist() == [1, 1, 1]


@pytest.mark.usefixtures("installed")
def test_a_provider_of_evalkit_cannot_be_replaced() -> None:
    golden = golden_set()

    assert open_encoder(ModelSpec.parse("hash/8"), golden).fingerprint.provider == "hash"


@pytest.mark.usefixtures("installed")
def test_a_provider_that_cannot_be_loaded_is_told_with_its_package() -> None:
    with pytest.raises(UsageError, match="No module named 'acme_nowhere'") as caught:
        open_encoder(ModelSpec.parse("broken/x"), golden_set())

    assert "acme-encoders   acme_nowhere:make" in str(caught.value)


@pytest.mark.usefixtures("installed")
def test_their_names_are_offered() -> None:
    assert "acme" in providers()
    with pytest.raises(UnknownNameError, match="did you mean acme"):
        ModelSpec.parse("acm/x")


def test_without_the_package_the_provider_is_unknown() -> None:
    with pytest.raises(UnknownNameError):
        ModelSpec.parse("acme/x")


ENDINGS = ("sys.exit(0)", "os._exit(0)", "raise KeyboardInterrupt", "raise asyncio.CancelledError", "1 / 0")


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("place", ["module", "make", "encode"])
def test_an_encoder_of_another_package_ends_no_process(
    place: str, ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"acme_{place}_{ENDINGS.index(ending)}"
    before = {"module": "", "make": "def make(spec, golden, options):\n", "encode": "texts, role):\n"}[place]
    indent = {"module": "", "make": "    ", "encode": "        "}[place]
    begun, found, rest = CODE.partition(before) if before else ("", "", CODE)
    (tmp_path / f"{name}.py").write_text(f"import asyncio, os, sys\n{begun}{found}{indent}{ending}\n{rest}")
    info = tmp_path / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[evalkit.encoders]\n{name} = {name}:make\n")
    monkeypatch.syspath_prepend(tmp_path)
    golden = golden_set()

    with pytest.raises(EvalkitError, match=r"ended the process|raised") as raised:
        embed(golden, open_encoder(ModelSpec.parse(f"{name}/x"), golden))
    assert raised.value.findings[0].code == ("EK129" if place == "module" else "EK372")
