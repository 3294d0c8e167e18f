"""The judgements of a model: read from its table, fit to score runs, never part of a golden set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from evalkit.arrays import Bools, Ints
from evalkit.errors import GoldenSetError, UsageError
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.qrels import Qrels
from evalkit.golden.reading.grades import Labels
from evalkit.golden.reading.records import Sheet
from evalkit.golden.reading.tables import table_rows
from evalkit.judging.modelgrades import MODEL_COLUMNS, read_pairs
from evalkit.retrieval.run import Run
from evalkit.scoring.judged import Retrieved

__all__ = ["ModelGrades", "read_model_grades"]


@dataclass(frozen=True, slots=True, eq=False)
class ModelGrades:
    """What a model said of pairs of a golden set.

    Attributes:
        model: Its name.
        prompt: The digest of what it was told.
        qrels: Its grades that may be used: those of texts that speak to their judge are left out.
        without: How many pairs of the table have no such grade.
    """

    model: str
    prompt: str
    qrels: Qrels
    without: int

    def judging(self, golden: GoldenSet) -> GoldenSet:
        """Return the golden set as the model judges it."""
        return replace(golden, qrels=self.qrels, gains=golden.gains)

    def covered(self, run: Run, golden: GoldenSet, queries: Bools, depth: int | None) -> float:
        """Return the share of a run's first results for some queries that the model has graded."""
        judged = Retrieved.of(run, self.judging(golden))
        shown = judged.rows[queries, :depth] >= 0
        graded = judged.judged.grades[queries, :depth] >= 0
        return float((graded & shown).sum()) / max(1, int(shown.sum()))


def read_model_grades(path: Path, golden: GoldenSet) -> ModelGrades:
    """Read the table that `golden judge` wrote.

    Raises:
        GoldenSetError: A row names a query or document that the set does not have, or a grade is none.
        UsageError: It is no such table, holds grades of several models or prompts, or no grade.
    """
    if golden.gains is not None and not golden.gains.graded:
        raise UsageError(
            f"the judgements of {golden.name} are gains, and a model gives grades",
            hint="say in golden.toml what each grade gains:  gains = {0 = 0.0, 1 = 0.25, 2 = 1.0}",
            code="EK696",
        )
    rows: Sequence[dict[str, object]] = [dict(row) for _, row in table_rows(Sheet(path))]
    if not rows or not all(name in rows[0] for name in MODEL_COLUMNS):
        raise _none(path, "it has no columns judged_by, flag, said and prompt")
    told = {(str(row["judged_by"] or ""), str(row["prompt"] or "")) for row in rows}
    if len(told) > 1 or not min(told)[0]:
        raise _none(path, f"it holds grades of {len(told)} models or prompts, not of one")
    pairs, labels = read_pairs(path, golden), Labels()
    grades = [None if labels.is_blank(row.get("grade")) else labels.grade(row["grade"]) for row in rows]
    strays = [row["grade"] for row, grade in zip(rows, grades, strict=True) if grade is None and row["grade"]]
    if strays:
        raise GoldenSetError(
            f"{strays[0]!r} is no grade", places=(str(path),), hint="correct it", code="EK208"
        )
    known = {pair: int(grade) for pair, grade in zip(pairs, grades, strict=True) if grade is not None}
    if not known:
        raise _none(path, "it holds no grade")
    model, prompt = min(told)
    return ModelGrades(model, prompt, _qrels(known, golden), len(rows) - len(known))


def _qrels(known: dict[tuple[str, str], int], golden: GoldenSet) -> Qrels:
    queries: Ints = golden.queries.rows([query for query, _ in known])
    documents: Ints = golden.corpus.rows([document for _, document in known])
    return Qrels.ordered(queries, documents, np.array(list(known.values()), dtype=np.int64))


def _none(path: Path, why: str) -> UsageError:
    return UsageError(
        f"{path} holds no grades of a model: {why}",
        hint="--model-grades takes what  evalkit golden judge … --all -o judged.tsv  wrote",
        code="EK680",
    )
