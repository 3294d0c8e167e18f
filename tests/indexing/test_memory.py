"""Too little memory is said, with what it was too little for; it neither ends the program nor is a bug."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from evalkit.embedding import memory
from evalkit.embedding.memory import check_room, room_bytes, within_memory
from evalkit.errors import ModelError


def test_without_a_limit_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "room_bytes", lambda: None)

    check_room("anything", 1 << 60)


def test_too_little_room_is_told_with_both_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "room_bytes", lambda: 5_000_000)

    check_room("little", 4_000_000)
    with pytest.raises(ModelError, match="much needs about 7 MB of memory, and the program's limit leaves 5"):
        check_room("much", 7_000_000)


def test_memory_that_runs_out_says_for_what() -> None:
    with (
        pytest.raises(ModelError, match="a search does not fit into the memory at hand"),
        within_memory("a search"),
    ):
        raise MemoryError


@pytest.mark.skipif(
    sys.platform != "linux",
    reason="only Linux keeps a process to RLIMIT_AS, and tells in /proc/self/statm what it uses already; "
    "what is said when memory lacks is asked on every system by the tests above",
)
@pytest.mark.parametrize("free_bytes", [60_000_000, 250_000_000, 380_000_000])
def test_under_a_limit_an_index_says_what_is_missing(free_bytes: int) -> None:
    code = textwrap.dedent(f"""
        import resource
        from pathlib import Path
        import numpy as np
        from evalkit.embedding.embeddings import Embeddings
        from evalkit.embedding.encoder import Fingerprint, Role
        from evalkit.errors import ModelError
        from evalkit.indexing.faiss import build_index
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + {free_bytes},) * 2)
        stamp = Fingerprint(provider="t", model="m", dims=4)
        try:
            vectors = np.ones((9, 4), np.float32)
            build_index(Embeddings(fingerprint=stamp, role=Role.document, vectors=vectors))
        except ModelError as error:
            print(error.findings[0].code)
    """)

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )

    assert (done.returncode, done.stdout.strip()) == (0, "EK377")


def test_room_is_a_number_or_nothing() -> None:
    found = room_bytes()

    assert found is None or found > 0
