"""The canvas: a matplotlib figure in the report's colours, with words where others have legends."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from evalkit.errors import MissingExtraError
from evalkit.reporting.curves import apart

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, SOFT, RULE, SHADE = "#1b2127", "#56616b", "#d9dee2", "#f3f4f5"
# Blue, vermilion and purple of like darkness: told apart by those who see no red or no green, too.
TONES = {"good": "#1a6fb0", "bad": "#b8500c", "other": "#7a4fa3", "ink": INK, "even": "#6b7680"}
DASHES = {"dashed": (0, (6, 3)), "dotted": (0, (1.5, 2)), "mixed": (0, (8, 2.5, 1.5, 2.5))}
SIZE = 9.5
_LETTERS_PER_INCH = 14.2
_LINE_INCHES = 0.19
_BOLD_LETTERS_PER_INCH = 12.0
_HEAVY, _THIN = 3.2, 1.7
_LEADER, _SAMPLE, _SPACE = (0.06, 0.2), (0.24, 0.6), 0.68


def figure(width: float, height: float) -> Figure:
    """Return an empty figure that no window and no notebook shows before it is asked to.

    Args:
        width: In inches.
        height: In inches.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        from matplotlib import pyplot as plt  # noqa: PLC0415 - an extra, and slow to load
    except ImportError:
        raise MissingExtraError.for_extra("plot", "drawing a picture") from None
    made = plt.figure(figsize=(width, height), dpi=144, facecolor="white")
    # An open figure is shown at the end of a notebook's cell, and once more as its value.
    plt.close(made)
    return made


def style_of(look: str) -> tuple[str, object, float]:
    """Return colour, dash and width of a line, from the class names that the page draws it by."""
    names = look.split()
    dash = next((DASHES[name] for name in names if name in DASHES), "-")
    return tone_of(look), dash, _HEAVY if "heavy" in names else _THIN


def tone_of(look: str) -> str:
    """Return the colour that class names ask for."""
    return next((TONES[name] for name in look.split() if name in TONES), TONES["even"])


def headed(made: Figure, title: str, words: Sequence[str]) -> float:
    """Write the title and the words below it, from the top left on; return where they end, in [0, 1]."""
    width, height = made.get_size_inches()
    at = 1 - 0.14 / height
    parts = [(title, SIZE + 3, INK, "bold"), *((text, SIZE + 0.5, SOFT, "normal") for text in words)]
    for text, size, colour, weight in parts:
        letters = _BOLD_LETTERS_PER_INCH if weight == "bold" else _LETTERS_PER_INCH
        wrapped = textwrap.wrap(text, int(width * letters * SIZE / size))
        made.text(
            0.12 / width,
            at,
            "\n".join(wrapped),
            size=size,
            color=colour,
            weight=weight,
            va="top",
            linespacing=1.25,
        )
        at -= (len(wrapped) * size / SIZE * _LINE_INCHES + 0.05) / height
    return float(at)


def bare(axes: Axes, *, grid: str = "y") -> None:
    """Take from a plot every line that holds no number."""
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0, labelsize=SIZE, labelcolor=SOFT, pad=5)
    axes.grid(axis=grid, color=RULE, linewidth=0.8)  # type: ignore[arg-type]
    axes.set_axisbelow(True)


def name_lines(made: Figure, axes: Axes, names: Sequence[tuple[str, float, str]]) -> None:
    """Write each line's name beside its end, moved apart where names would overlap.

    Args:
        made: The figure.
        axes: A plot of it, whose limits are final.
        names: Text, height of the line's end and class names of its look; equal heights from the top down.
    """
    low, high = axes.get_ylim()
    across = axes.get_yaxis_transform()
    frame = axes.get_window_extent()
    wide, tall = frame.width / made.dpi, frame.height / made.dpi
    ends = [100 * (high - end) / (high - low) for _, end, _ in names]
    places = apart(ends, 100 * _LINE_INCHES / tall)
    for (text, end, look), place in zip(names, places, strict=True):
        height = high - (high - low) * place / 100
        colour, dash, width = style_of(look)
        leader, sample = ([1 + inches / wide for inches in span] for span in (_LEADER, _SAMPLE))
        axes.plot(leader, [end, height], color=RULE, linewidth=0.9, transform=across, clip_on=False)
        axes.plot(
            sample,
            [height, height],
            color=colour,
            linestyle=dash,
            linewidth=width,
            transform=across,
            clip_on=False,
        )
        axes.text(1 + _SPACE / wide, height, text, color=colour, size=SIZE, va="center", transform=across)
