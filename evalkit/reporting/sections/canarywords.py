"""The words of a canary: lengths, shares, evidence and the next step, as every view says them."""

from __future__ import annotations

from evalkit import figures
from evalkit.results.canary import CanaryResult


def window_words(seconds: float) -> str:
    """Return a length of time as it is typed, "24h", "90s"."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds % length == 0 and (unit != "d" or seconds > length):
            return f"{figures.as_set(seconds / length)}{unit}"
    return f"{figures.as_set(seconds)}s"


def share_words(share: float) -> str:
    """Return a share as it was set, "5 %", "2.5 %"."""
    return f"{figures.spread(100 * share)} %"


def next_step(known: CanaryResult) -> str:
    """Return what to do now."""
    if known.verdict == "ROLL BACK":
        return "Send all users back to the old system; find out why before another canary."
    if known.ramp.advance and known.ramp.next_share is not None:
        return f"Raise the share to {share_words(known.ramp.next_share)}, and write the time into the ramp."
    if known.ramp.lacking:
        return f"Stay at {share_words(known.ramp.share)}: it lacks {'; '.join(known.ramp.lacking)}."
    if known.verdict == "OK":
        return "Swap: all users may go to the new system."
    return "Go on, and look again when more users have come; looking often costs nothing."
