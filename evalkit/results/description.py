"""The description: what golden sets, systems and findings are, as JSON objects of a result."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from evalkit.comparison.resolution import Resolution
from evalkit.embedding.embeddedset import EmbeddedSet
from evalkit.evaluation import Evaluation, Setting, System
from evalkit.findings import Finding
from evalkit.golden.checks.portrait import Portrait
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.ties import tied_at
from evalkit.scoring.measure import Measure
from evalkit.scoring.scores import Scores

Json = dict[str, Any]
TIE_CUTOFF = 10


def describe_golden(golden: GoldenSet) -> Json:
    """Return what the golden set is: names, digests and sizes."""
    return {
        "name": golden.name,
        "version": golden.version,
        "digest": golden.digest,
        "judgements_digest": golden.judgements_digest,
        "queries": len(golden.queries),
        "documents": len(golden.corpus),
        "judgements": len(golden.qrels),
        "judgments": golden.card.judging,
        "pooled_from": list(golden.card.pooled_from),
        "description": golden.card.description,
        "license": golden.card.license,
        "segments": {name: golden.card.segments.get(name, "") for name in golden.segments},
        **_gains(golden),
    }


def _gains(golden: GoldenSet) -> Json:
    """Return what the grades in use are worth, where the golden set says so."""
    if golden.gains is None:
        return {}
    grades = np.unique(np.append(golden.qrels.grades, 0))
    worth = dict(zip(map(str, grades.tolist()), golden.gains.of(grades).tolist(), strict=True))
    return {"gains": worth, "graded": golden.gains.graded}


def describe_system(evaluation: Evaluation, role: str) -> Json:
    """Return what a system is and how it scores on the whole golden set."""
    scores = evaluation.scores
    return {
        **describe_vectors(evaluation.system, evaluation.embedded, role),
        "measures": means_of(evaluation),
        "exact_measures": _exact_means(evaluation, scores),
        "index_recall": evaluation.index_recall,
        "queries_without_results": int((evaluation.run.returned[scores.counted] == 0).sum()),
        "tie_rate": float(tied_at(evaluation.run, TIE_CUTOFF)[scores.counted].mean()),
    }


def means_of(evaluation: Evaluation) -> dict[str, float]:
    """Return the mean of each measure, and how much of what the first one looks at is judged."""
    scores = evaluation.scores
    means = {str(measure): scores.mean(measure) for measure in scores.measures}
    share = Measure("Judged", scores.measures[0].cutoff)
    judged = share.values(evaluation.judged)[scores.counted]
    return {**means, **({} if str(share) in means else {str(share): float(judged.mean())})}


def describe_vectors(system: System, embedded: EmbeddedSet | None, role: str) -> Json:
    """Return what a system is, before anything is scored: its model, its vectors and its index."""
    fingerprint = embedded.fingerprint if embedded else None
    vectors = embedded.corpus.vectors if embedded else None
    return {
        "spec": str(system.spec),
        "role": role,
        "fingerprint": {**fingerprint.to_settings(), "digest": fingerprint.digest} if fingerprint else None,
        "index": system.factory if system.embeds else None,
        "dims": fingerprint.dims if fingerprint else None,
        "bytes_per_vector": vectors.itemsize * vectors.shape[1] if vectors is not None else None,
        "vector_bytes": vectors.nbytes if vectors is not None else None,
        "truncated_documents": embedded.truncated if embedded else None,
    }


def describe_counts(evaluation: Evaluation, setting: Setting) -> Json:
    """Return every denominator: queries judged, scored and left out, documents and judgements."""
    golden, counted = setting.golden, evaluation.scores.counted
    relevant = golden.qrels.relevant_per_query(len(golden.queries))[counted]
    return {
        "queries": len(golden.queries),
        "scored": int(counted.sum()),
        "without_relevant": int((~counted & ~golden.silent).sum()),
        **({"silent": int(golden.silent.sum())} if golden.silent.any() else {}),
        "critical": int(golden.critical.sum()),
        "groups": int(np.unique(golden.groups).size),
        "documents": len(golden.corpus),
        "unreachable_documents": len(golden.missing),
        "judgements": len(golden.qrels),
        "relevant": int((golden.qrels.grades >= 1).sum()),
        "relevant_per_query": float(relevant.mean()),
        "depth": setting.depth,
    }


def describe_finding(finding: Finding) -> Json:
    """Return a finding as a JSON object."""
    return dataclasses.asdict(finding)


def describe_portrait(
    portrait: Portrait, rows: Sequence[Resolution], needed: Mapping[float, tuple[int, int]]
) -> Json:
    """Return how a golden set is made up and what it can resolve: `portrait`, `resolution`, `needed`."""
    return {
        "portrait": dataclasses.asdict(portrait),
        "resolution": [dataclasses.asdict(row) for row in rows],
        "needed": [
            {"effect": effect, "to_show": gain, "to_exclude": loss} for effect, (gain, loss) in needed.items()
        ],
    }


def _exact_means(evaluation: Evaluation, scores: Scores) -> dict[str, float]:
    if evaluation.exact is None:
        return {}
    exact = evaluation.exact
    return {str(m): float(m.values(exact)[scores.counted_in(m)].mean()) for m in scores.measures}
