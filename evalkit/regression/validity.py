"""Validity: whether a baseline can be held against a system at all, known before anything is embedded."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace

from evalkit.decision.critical import hit_of
from evalkit.embedding.encoder import Encoder, VectorSource
from evalkit.errors import UsageError
from evalkit.evaluation import BY_ID
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.reading.likeness import likeness
from evalkit.regression.baseline import Baseline
from evalkit.regression.changes import Changes, changes_of, narrowed, vanished_from
from evalkit.regression.gate import Gate
from evalkit.regression.stamp import check_model


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Held:
    """A system and a baseline that can be compared, on the queries that both hold.

    Attributes:
        gate: What is guarded, on these queries.
        baseline: What it is held against, on these queries.
        encoder: What makes the system's vectors, nothing encoded yet; None where it has none.
        changes: What was left out, and which documents are gone.
    """

    gate: Gate
    baseline: Baseline
    encoder: Encoder | VectorSource | None
    changes: Changes


def hold(gate: Gate, baseline: Baseline, *, common: bool = False) -> Held:
    """Return a system and a baseline on the queries that both hold.

    Args:
        gate: What is guarded.
        baseline: The values that were accepted.
        common: Whether queries that are not as they were are left out; else they are refused.

    Raises:
        UsageError: Other queries or judgements, another provider or model, or a measure that the baseline
            does not hold.
    """
    encoder = gate.open()
    check_model(baseline.stamp, gate.identity(encoder))
    missing = [
        measure
        for measure in (*gate.policy.measures, hit_of(gate.policy))
        if measure not in baseline.measures
    ]
    if missing:
        raise UsageError(
            f"the baseline does not hold {missing[0]}",
            hint="it was stored for another policy; store it again with --update",
            code="EK155",
        )
    stored = str(baseline.stamp["policy"].get("ties", BY_ID))
    if gate.ties not in (None, stored):
        raise UsageError(
            f"the baseline was stored with --ties {stored}, this is --ties {gate.ties}",
            hint="leave --ties out to go by the baseline, or store a new one with --update",
            code="EK155",
        )
    gate = replace(gate, ties=stored)
    golden = gate.golden
    if baseline.stamp["golden"]["judgements_digest"] == golden.judgements_digest:
        changes = Changes(common=golden.queries.ids, vanished=vanished_from(baseline, golden))
        return Held(gate=gate, baseline=baseline, encoder=encoder, changes=changes)
    changes = changes_of(baseline, golden)
    if not common:
        raise _changed(gate, changes)
    kept = narrowed(golden, set(changes.common))
    _check_common(kept, baseline, changes)
    waivers = {query: why for query, why in gate.policy.waivers.items() if query in changes.common}
    policy = replace(gate.policy, waivers=waivers)
    gate = replace(gate, golden=kept, policy=policy)
    return Held(
        gate=gate,
        baseline=baseline.only(set(changes.common)),
        # Vectors from files are read for the queries of one set.
        encoder=gate.open() if isinstance(encoder, VectorSource) else encoder,
        changes=changes,
    )


def _changed(gate: Gate, changes: Changes) -> UsageError:
    golden = gate.golden
    update = shlex.join(["evalkit", "gate", golden.name, "--model", gate.system.name])
    some = "--common looks at the queries that are as they were, "
    alike = likeness(changes.gone, changes.added)
    first = f"{alike}; write the ids alike. " if alike else ""
    hint = f"{first}values of other questions cannot be compared: {some if changes.common else ''}"
    if changes.by_corpus:
        return _corpus_changed(golden, changes, update)
    if not changes.known:
        places = [
            *changes.words,
            "the baseline is of a form that keeps no more of its queries than their ids",
        ]
    else:
        places = [*changes.words] or ["the order of judgements, or what evalkit reads of them"]
    return UsageError(
        f"the queries or judgements of {golden.name} are not those of the baseline",
        places=places,
        hint=f"{hint}or store a new baseline with  {update} --update",
        code="EK153",
    )


def _corpus_changed(golden: GoldenSet, changes: Changes, update: str) -> UsageError:
    """Return the error where nobody judged anew: documents left and took their judgements along."""
    gone = changes.by_corpus
    are, their = ("document", "its") if len(gone) == 1 else ("documents", "their")
    return UsageError(
        f"the corpus of {golden.name} changed: {len(gone)} {are} that answered queries left it, and {their} "
        "judgements with it",
        places=changes.words,
        hint='put them back; or take missing_documents = "drop" out of golden.toml and count them as lost '
        "with --allow-unreachable; or compare the unchanged queries with --common; or store a new "
        f"baseline with  {update} --update",
        code="EK153",
    )


def _check_common(kept: GoldenSet, baseline: Baseline, changes: Changes) -> None:
    """Raise where no query is as it was, or where a baseline of the first form cannot show that."""
    if not kept.counted.any():
        raise UsageError(
            f"no query of {kept.name} is as it was when the baseline was stored",
            places=changes.words,
            hint="store a new baseline with --update",
            code="EK153",
        )
    same = baseline.stamp["golden"]["judgements_digest"] == kept.judgements_digest
    if not changes.known and not same:
        raise UsageError(
            f"which queries of {kept.name} are as they were is not known: the baseline keeps only their ids",
            places=changes.words,
            hint="store a new baseline with --update; from then on --common works",
            code="EK153",
        )
