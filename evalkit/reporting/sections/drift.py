"""The drift: what is no longer as it was when a baseline was stored, and how noisy its system is."""

from __future__ import annotations

from evalkit import figures
from evalkit.quoting import shortened
from evalkit.results.gatepart import DriftPart, NoisePart

TEXT_SHOWN = 80
DIGEST_SHOWN = 6
_HEX = frozenset("0123456789abcdef")
_LONG = 40


def drift_words(item: DriftPart) -> str:
    """Return one drift, "depth 100 → 50"; digests are shortened and texts are quoted."""
    return f"{drift_name(item)} {drift_change(item)}"


def drift_name(item: DriftPart) -> str:
    """Return what drifted, "depth"."""
    return item.field.removeprefix("fingerprint.").removeprefix("golden.")


def drift_change(item: DriftPart) -> str:
    """Return how it drifted, "100 → 50"."""
    return f"{_value(item.before)} → {_value(item.after)}"


def noise_words(noise: NoisePart) -> str:
    """Return what is known of a system's noise."""
    if not noise.runs:
        return str(noise.repeated)
    largest = max((value or 0.0 for value in noise.variance.values()), default=0.0)
    found = (
        "no value moved" if not largest else f"variance within queries up to {figures.significant(largest)}"
    )
    if noise.first:
        measure, mean = next(iter(noise.first.measures.items()))
        among = "agree with each other" if not largest else found
        apart = figures.counted(len(noise.first.queries), "query")
        before = f"the run before them had {measure} {figures.number(mean)}"
        found = f"{among}; {before} and differs on {apart}"
    return f"{noise.runs} runs ({noise.repeated}): {found}"


def _value(value: object) -> str:
    if value is None or value == "":
        return "none"
    text = str(value)
    if len(text) >= _LONG and set(text) <= _HEX:
        return text[:DIGEST_SHOWN]
    short = shortened(text, TEXT_SHOWN)
    return f'"{short}"' if isinstance(value, str) and " " in text else short
