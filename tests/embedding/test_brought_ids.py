"""Ids of vectors as people write them: line ends of every kind, headers and JSON, read or named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evalkit.embedding.vectorfiles.ids import read_ids
from evalkit.embedding.vectorfiles.table import VectorTable, check_pairing
from evalkit.errors import ModelError
from evalkit.golden.reading.likeness import likeness


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_every_line_end_gives_the_same_ids(tmp_path: Path, *, end: str, last: bool) -> None:
    path = tmp_path / "corpus.ids"
    path.write_bytes(("\ufeff" + end.join(("d1", "d 2", "d3")) + end * last).encode())

    assert read_ids(path) == ("d1", "d 2", "d3")


@pytest.mark.parametrize(
    ("ids", "told"),
    [
        (("id", "d1", "d2"), "'id', a header?"),
        (('["d1", "d2"]',), "it is JSON"),
        (("d1",), "one id for each"),
    ],
)
def test_ids_that_do_not_pair_are_explained(tmp_path: Path, ids: tuple[str, ...], told: str) -> None:
    path = tmp_path / "corpus.ids"
    table = VectorTable(path=path, ids_path=path, ids=ids, values=np.zeros((2, 3), dtype=np.float32))

    with pytest.raises(ModelError) as caught:
        check_pairing(table)

    assert told in str(caught.value)


@pytest.mark.parametrize(("stranger", "known"), [("7\td1", "d1"), ("d1\t7", "d1"), ("d1", "0\td1")])
def test_two_columns_in_a_file_of_ids_are_explained(stranger: str, known: str) -> None:
    found = likeness([stranger], [known])

    assert found is not None
    assert "tab" in str(found)
