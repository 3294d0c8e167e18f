"""Texts, chunks and judgements by row: looked up alike in every way, and refused where they do not fit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import InvalidValueError
from evalkit.golden.qrels import Qrels
from evalkit.golden.texts import ABSENT, FEW, Chunks, Texts, is_same_text

IDS = st.text(alphabet="abcß1", min_size=1, max_size=3)
PAIRS = st.dictionaries(st.tuples(st.integers(0, 6), st.integers(0, 6)), st.integers(0, 3), max_size=20)


def code_of(error: pytest.ExceptionInfo[InvalidValueError]) -> str:
    return error.value.findings[0].code


def rows(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.int64)


@given(known=st.sets(IDS, max_size=40), asked=st.lists(IDS, max_size=6))
def test_many_ids_have_the_rows_that_each_has_alone(known: set[str], asked: list[str]) -> None:
    texts = Texts.of(dict.fromkeys(known, "x"))

    assert texts.rows(asked).tolist() == [texts.row(identity) for identity in asked]
    assert [texts.ids[row] for row in texts.rows(sorted(known))] == sorted(known)


@pytest.mark.parametrize("asked", [0, 1, 2, 3])
@pytest.mark.parametrize("size", [2 * FEW - 1, 2 * FEW, 2 * FEW + 1, 3 * FEW + 1])
def test_a_few_of_many_are_found_like_many_of_few(size: int, asked: int) -> None:
    texts = Texts.of({f"d{row:03}": "" for row in range(size)})
    wanted = [f"d{row:03}" for row in (size - 1, 0, size)][:asked]

    assert texts.rows(wanted).tolist() == [size - 1, 0, ABSENT][:asked]
    assert texts.rows(wanted).dtype == np.int64


@pytest.mark.parametrize("identity", ["", "a0", "b", "zz"])
def test_an_id_before_between_or_after_the_others_is_absent(identity: str) -> None:
    assert Texts.of({"a": "", "c": ""}).row(identity) == ABSENT


def test_the_digest_tells_ids_from_bodies() -> None:
    digests = {
        Texts.of(texts).digest for texts in ({"a": "b"}, {"ab": ""}, {"a": "b", "c": ""}, {"b": "a"}, {})
    }

    assert len(digests) == 5


@pytest.mark.parametrize("texts", [{"\ud800": "x"}, {"x": "a\udfff"}])
def test_half_of_a_character_pair_is_refused_in_ids_and_bodies(texts: dict[str, str]) -> None:
    with pytest.raises(InvalidValueError, match="lone surrogate") as error:
        Texts.of(texts)
    assert code_of(error) == "EK109"


def test_each_id_has_one_body() -> None:
    with pytest.raises(InvalidValueError, match="2 ids for 1 texts"):
        Texts(("a", "b"), ("x",))


@pytest.mark.parametrize(
    ("query", "body", "same"),
    [
        ("Pay late", "pay  LATE", True),
        ("Pay late", "Title\nPay late", True),
        ("Pay late", "Title\nfirst\nPay late", True),
        ("pay late", "Title\nfirst\nPay late", False),  # the last line alone has to agree letter by letter
        ("title pay", "Title\nPay", True),
        ("Title", "Title\nPay", False),
        ("pay", "Title pay", False),
        ("e\u0301", "é", True),
        ("STRASSE", "Straße", True),
    ],
)
def test_a_query_is_a_documents_text_whatever_case_space_and_title(
    query: str, body: str, *, same: bool
) -> None:
    assert is_same_text(query, body) is same


def test_each_chunk_has_its_document() -> None:
    texts = Texts.of({"a": "", "b": ""})

    assert Chunks(texts, rows(0, 0)).documents.tolist() == [0, 0]
    with pytest.raises(InvalidValueError, match="belongs to no document"):
        Chunks(texts, rows(0, -1))
    with pytest.raises(InvalidValueError):
        Chunks(texts, rows(0))


def test_the_digest_of_chunks_tells_whose_they_are() -> None:
    texts = Texts.of({"a": "", "b": ""})

    assert Chunks(texts, rows(0, 1)).digest != Chunks(texts, rows(1, 0)).digest


def test_documents_of_chunks_cannot_be_changed() -> None:
    documents = rows(0, 1)
    chunks = Chunks(Texts.of({"a": "", "b": ""}), documents)

    with pytest.raises(ValueError, match="read-only"):
        chunks.documents[0] = 1


@given(judged=PAIRS, order=st.randoms(use_true_random=False))
def test_judgements_have_one_order_however_they_come(
    judged: dict[tuple[int, int], int], order: object
) -> None:
    pairs = list(judged)
    order.shuffle(pairs)  # type: ignore[attr-defined]
    qrels = Qrels.ordered(
        rows(*(query for query, _ in pairs)),
        rows(*(document for _, document in pairs)),
        rows(*(judged[pair] for pair in pairs)),
    )

    found = zip(qrels.query_rows.tolist(), qrels.doc_rows.tolist(), qrels.grades.tolist(), strict=True)
    assert list(found) == [(*pair, judged[pair]) for pair in sorted(judged)]
    assert len(qrels) == len(judged)


@given(judged=PAIRS, queries=st.integers(7, 9))
def test_relevant_means_grade_one_and_more(judged: dict[tuple[int, int], int], queries: int) -> None:
    pairs = sorted(judged)
    qrels = Qrels(
        rows(*(query for query, _ in pairs)),
        rows(*(document for _, document in pairs)),
        rows(*(judged[pair] for pair in pairs)),
    )

    counted = [sum(judged[pair] >= 1 for pair in pairs if pair[0] == query) for query in range(queries)]
    assert qrels.relevant_per_query(queries).tolist() == counted


@pytest.mark.parametrize(
    ("queries", "documents", "grades", "code"),
    [
        (rows(1, 0), rows(0, 0), rows(1, 1), "EK506"),
        (rows(0, 0), rows(1, 0), rows(1, 1), "EK506"),
        (rows(0, 0), rows(1, 1), rows(1, 2), "EK506"),
        (rows(0), rows(0), rows(-1), "EK505"),
        (np.array([0], dtype=np.int32), rows(0), rows(1), "EK504"),
        (rows(0), rows(0), np.array([1.0]), "EK504"),
    ],
)
def test_judgements_out_of_order_twice_or_of_another_type_are_refused(
    queries: np.ndarray, documents: np.ndarray, grades: np.ndarray, code: str
) -> None:
    with pytest.raises(InvalidValueError) as error:
        Qrels(queries, documents, grades)
    assert code_of(error) == code


def test_a_pair_that_stands_twice_is_refused_in_any_order() -> None:
    with pytest.raises(InvalidValueError, match="each pair once"):
        Qrels.ordered(rows(1, 0, 1), rows(2, 0, 2), rows(1, 1, 1))
