"""Remarks on embedded texts that are no errors: texts cut short, vectors made by other versions."""

from __future__ import annotations

from collections.abc import Iterable

from evalkit.digests import short
from evalkit.embedding.encoder import Fingerprint
from evalkit.embedding.matrices import Matrix, Versions
from evalkit.findings import Finding, Severity, place


def truncated_documents(
    fingerprint: Fingerprint, truncated: int | None, documents: int, *, left_out: bool = False
) -> list[Finding]:
    """Tell how many documents the model reads only in part, or not; nothing where none, or nobody knows."""
    if not truncated:
        return []
    if left_out:
        return [
            Finding(
                "EK326",
                Severity.WARNING,
                f"{truncated:,} of {documents:,} documents have more than the {fingerprint.truncation:,} "
                "tokens of max_input_tokens and were left out: no query finds them",
                (str(fingerprint),),
                'too_long = "truncate" embeds their beginnings; or split them into passages',
            )
        ]
    verb, rest = ("is", "it") if truncated == 1 else ("are", "them")
    limit = "what" if fingerprint.truncation is None else f"the {fingerprint.truncation:,} tokens that"
    return [
        Finding(
            "EK324",
            Severity.WARNING,
            f"{truncated:,} of {documents:,} documents {verb} longer than {limit} the model reads; "
            f"the rest of {rest} is not searched",
            (str(fingerprint),),
            "split long documents into chunks (`chunks_of` in golden.toml), or take a model that reads more",
        )
    ]


def other_versions(fingerprint: Fingerprint, matrices: Iterable[Matrix], here: Versions) -> list[Finding]:
    """Tell of vectors that other versions of the libraries made than those at hand."""
    installed = dict(here)
    made_by = {pair for matrix in matrices for versions in matrix.versions for pair in versions}
    differing = sorted((name, number) for name, number in made_by if installed.get(name, number) != number)
    if not differing:
        return []
    there = [f"{name} {number}" for name, number in differing]
    own = [f"{name} {installed[name]}" for name in dict(differing)]
    return [
        Finding(
            "EK316",
            Severity.NOTICE,
            f"vectors of {fingerprint} in the cache were made by other versions than those installed here",
            (place("made by", (), there), place("installed", (), own)),
            f"as a rule they differ in the last digits; evalkit cache prune {short(fingerprint.digest)} "
            "makes them afresh",
        )
    ]
