"""The stamp: everything that bears on a system's results, and what of it has drifted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from evalkit.decision.policy import Guardrail, Policy
from evalkit.embedding.encoder import Encoder, VectorSource, Versioned
from evalkit.embedding.modelspec import RUN_FILE
from evalkit.errors import UsageError
from evalkit.evaluation import System
from evalkit.golden.goldenset import GoldenSet

Stamp = Mapping[str, Any]
INDEX_LIBRARY = "faiss-cpu"


@dataclass(frozen=True, slots=True)
class Drift:
    """One thing that is no longer as it was when the baseline was stored; None where it is absent."""

    field: str
    before: Any
    after: Any


def identify(system: System) -> dict[str, Any]:
    """Return what identifies a run file or a search: at least provider and model."""
    retriever, spec = system.retriever, system.spec
    return dict(retriever.identity) if retriever else {"provider": spec.provider, "model": spec.model}


def libraries(encoder: Encoder | VectorSource | None) -> dict[str, str]:
    """Return the installed versions of what makes vectors and indexes; nothing where there are none."""
    names = (INDEX_LIBRARY, *(encoder.libraries if isinstance(encoder, Versioned) else ()))
    found = {}
    for name in sorted(names) if encoder is not None else ():
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # a warm cache does without
            continue
    return found


def describe_golden(golden: GoldenSet) -> dict[str, Any]:
    """Return the digests and sizes of a golden set."""
    return {
        "name": golden.name,
        "version": golden.version,
        "digest": golden.digest,
        "judgements_digest": golden.judgements_digest,
        "corpus_digest": golden.corpus.digest,
        "chunks_digest": golden.chunks.digest if golden.chunks is not None else None,
        "queries": len(golden.queries),
        "documents": len(golden.corpus),
        "chunks": len(golden.chunks.texts) if golden.chunks is not None else None,
    }


def describe_policy(policy: Policy, tolerance: float) -> dict[str, Any]:
    """Return what the gate looks at."""
    return {
        "primary": str(policy.primary),
        "guardrails": [_name(rail, policy) for rail in policy.guardrails],
        "use_weights": policy.use_weights,
        "tolerance": tolerance,
    }


def drift(before: Stamp, after: Stamp) -> tuple[Drift, ...]:
    """Return the fields in which two stamps differ, "fingerprint.prompts.query" and the like.

    The digest of the whole golden set is named only where no other field tells what has changed in it, and a
    library only where both sides state its version.
    """
    old, new = dict(_flat(before)), dict(_flat(after))
    names = [name for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name)]
    names = [name for name in names if not name.startswith("libraries.") or (name in old and name in new)]
    if any(name in names for name in ("golden.corpus_digest", "golden.chunks_digest")):
        names = [name for name in names if name != "golden.digest"]
    return tuple(Drift(name, old.get(name), new.get(name)) for name in names)


def check_model(before: Stamp, found: Mapping[str, Any]) -> None:
    """Raise unless provider and model are the baseline's; the name of a run file may differ.

    Raises:
        UsageError: Another provider or model: that is a migration.
    """
    stored = before["fingerprint"]
    told = [f"{side['provider']}/{side['model']}" for side in (stored, found)]
    if told[0] == told[1] or stored["provider"] == found["provider"] == RUN_FILE:
        return
    raise UsageError(
        f"the baseline is of {told[0]}, this is {told[1]}: another model is a migration, not a regression",
        hint=f"decide with  evalkit compare {before['golden']['name']} --baseline {told[0]} --candidate "
        f"{told[1]}  and store a new baseline with --update",
        code="EK154",
    )


def _flat(stamp: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in stamp.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif f"{prefix}{name}" != "fingerprint.digest":  # its fields say more
            yield f"{prefix}{name}", value


def _name(rail: Guardrail, policy: Policy) -> str:
    where = f" in {rail.segment}" if rail.segment else ""
    return f"{rail.measure or policy.primary}{where}, {rail.kind}"
