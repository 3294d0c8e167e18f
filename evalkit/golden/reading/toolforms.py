"""Tool forms: exports of annotation and evaluation tools that nest what a table would say, told by name."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from evalkit.errors import GoldenSetError

FLAT = "write one row for each query and document, with query, document and grade flat in it"
# The keys that a record has, who writes it so, and how it comes out flat.
TOOLS: tuple[tuple[frozenset[str], str, str], ...] = (
    (
        frozenset({"fields", "responses"}),
        "records of Argilla, whose answers stand in lists of responses",
        f"{FLAT}, such as one for each response that was submitted",
    ),
    (
        frozenset({"_task_hash", "answer"}),
        "tasks of Prodigy",
        f"{FLAT}; answer is the grade: --grades accept=1,reject=0,ignore=",
    ),
    (
        frozenset({"_input_hash", "answer"}),
        "tasks of Prodigy",
        f"{FLAT}; answer is the grade: --grades accept=1,reject=0,ignore=",
    ),
    (
        frozenset({"query_text", "doc_id", "judgements"}),
        "a book of Quepid, whose judgements stand in lists, one for each judge",
        "export the book as CSV, or settle one rating for each pair of query and document",
    ),
    (frozenset({"query", "pos", "neg"}), "triplets for training", FLAT),
    (frozenset({"query", "positive", "negative"}), "triplets for training", FLAT),
    (frozenset({"anchor", "positive"}), "pairs or triplets for training", FLAT),
    (frozenset({"question", "positive_ctxs"}), "questions of DPR with lists of passages", FLAT),
    (frozenset({"query", "query_id", "passages"}), "questions of MS MARCO with lists of passages", FLAT),
    (frozenset({"user_input", "reference_contexts"}), "samples of Ragas with lists of contexts", FLAT),
    (frozenset({"user_input", "retrieved_contexts"}), "samples of Ragas with lists of contexts", FLAT),
    (frozenset({"inputs", "expectations"}), "an evaluation data set of MLflow", FLAT),
    (frozenset({"inputs", "outputs"}), "examples of LangSmith", FLAT),
    (frozenset({"paragraphs", "title"}), "articles of SQuAD with lists of questions", FLAT),
)


def tool_form(names: Collection[str]) -> tuple[str, str] | None:
    """Return what records with these keys are and how they come out flat, None for nothing known."""
    return next(((what, hint) for keys, what, hint in TOOLS if keys <= set(names)), None)


def refuse_tool_form(path: Path, names: Collection[str], line: int) -> None:
    """Raise where records with these keys are those of a tool that nests its judgements.

    Raises:
        GoldenSetError: Whose records they are, and what to do.
    """
    if told := tool_form(names):
        problem = f"{path.name} holds {told[0]}"
        raise GoldenSetError(problem, places=(f"{path}:{line}",), hint=told[1], code="EK188")
