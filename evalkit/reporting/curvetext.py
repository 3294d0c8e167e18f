"""The curve as text: a few shares of every strategy, with worst points, blackouts and the sentence."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.reporting.sections.source import Json

SHOWN = (0.0, 0.25, 0.5, 0.75, 1.0)


def curve_lines(result: Json) -> list[str]:
    """Return the curves as tables of a few shares, with worst points, blackouts and the sentence."""
    told = []
    for curve in result["mix_summary"]:
        rows = [row for row in result["mix"] if _of(row, curve) and row["cohort"] is None]
        measure = curve["lines"][0]["measure"]
        told.append(f"{curve['old']} → {curve['new']}, order {curve['order']}, {measure} by the share moved")
        shares = _nearest(sorted({row["share"] for row in rows}))
        told.append(
            f"  {'':<20}" + "".join(f"{share:>8.0%}" for share in shares) + f"{'worst':>15}{'blackout':>10}"
        )
        for line in (line for line in curve["lines"] if line["measure"] == measure):
            own = {
                row["share"]: row["value"]
                for row in rows
                if (row["strategy"], row["measure"]) == (line["strategy"], measure)
            }
            values = "".join(f"{own[share]:>8.3f}" for share in shares)
            told.append(f"  {line['strategy']:<20}{values}{_worst(line):>15}{_blackout(line):>10}")
        told.append(f"  {curve['sentence']}")
    return told


def _of(row: Json, curve: Json) -> bool:
    return all(row[name] == curve[name] for name in ("old", "new", "order"))


def _nearest(shares: Sequence[float]) -> list[float]:
    return sorted({min((abs(share - wanted), share) for share in shares)[1] for wanted in SHOWN})


def _worst(line: Json) -> str:
    return "" if line["worst"] is None else f"{line['worst']:.3f} at {line['worst_share']:.0%}"


def _blackout(line: Json) -> str:
    return "" if line["blackout"] is None else f"{line['blackout']:.0%}"
