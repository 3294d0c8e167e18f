"""The blocks: what a page is made of, whatever was studied; a view turns blocks into one format."""

from __future__ import annotations

from dataclasses import dataclass

from evalkit.reporting.charts import BarChart, IntervalChart, ScatterChart
from evalkit.reporting.curves import CurveChart
from evalkit.reporting.querylines import Excerpt, QueryLine
from evalkit.reporting.tables import Column, Fact, Table
from evalkit.reporting.words import Words
from evalkit.results.parts import FindingPart

_UNDECIDED = ("open", "silent")


@dataclass(frozen=True, slots=True)
class Link:
    """A part of the page that shows more, by its place and in words."""

    anchor: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The word that decides, why, and what to do.

    Attributes:
        word: The verdict; on a page that decides nothing, what the page is.
        tone: good, open, warn or bad; "" where nothing is decided.
        headline: Why, in one sentence.
        people: The same in the words of those who search.
        about: What was judged, where the word stands alone.
        asked: The question.
        next_step: What to do.
        see: Where the page shows why.
        facts: The numbers behind it.
        chart: The numbers as a drawing.
        reasons: Why, in a few lines, what is against it first.
        notes: What a reader should know beside that.
        again: The command that finds the same again, where that is wanted.
    """

    word: str
    tone: str
    headline: str
    people: str = ""
    about: str = ""
    asked: str = ""
    next_step: str = ""
    see: Link | None = None
    facts: tuple[Fact, ...] = ()
    chart: Chart | None = None
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    again: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The verdict on one of several things, below the one over all."""

    word: str
    tone: str
    name: str
    headline: str = ""
    reasons: tuple[str, ...] = ()
    see: Link | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """Labelled values, side by side."""

    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Sentences:
    """Paragraphs; `leading` says whether the first of them stands out."""

    texts: tuple[Words, ...]
    leading: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a section; the parts that stand out are foreign names."""

    words: Words


@dataclass(frozen=True, slots=True)
class Items:
    """A list of short texts."""

    items: tuple[Words, ...]
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One rule or check.

    Attributes:
        name: Its name.
        state: holds, warns, fails, errs, open where it holds only because nothing can be excluded, or silent
            where it cannot tell.
        words: What it saw.
        beside: The same without the numbers that `cells` show, "" where it does not begin with them.
        term: The glossary entry that explains its name.
        says: The verdict that it asks for, or the code of an error.
        decides: Whether it is the one that decides.
        cells: A text for each column.
        places: Where an error is, and what to do.
    """

    name: str
    state: str
    words: str
    beside: str = ""
    term: str = ""
    says: str = ""
    decides: bool = False
    cells: tuple[str, ...] = ()
    places: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """What it saw on one line; of an error its code and places, too."""
        return "; ".join((f"{self.says}: {self.words}", *self.places)) if self.state == "errs" else self.words


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """Rules or checks and what became of each; those that object come first.

    Attributes:
        subject: What was held against them.
        title: What an annotation is headed by.
        checks: All of them.
        columns: Headings of their cells, () for none.
        numbers: Name and value of what a build server may collect.
        again: The command that finds the same again.
        log: Whether what a terminal shows belongs beside them.
    """

    subject: str
    title: str = ""
    checks: tuple[Check, ...]
    columns: tuple[Column, ...] = ()
    numbers: tuple[tuple[str, str], ...] = ()
    again: str = ""
    log: bool = False

    @property
    def holding(self) -> tuple[Check, ...]:
        """Those that hold."""
        return tuple(check for check in self.checks if check.state == "holds")

    @property
    def undecided(self) -> tuple[Check, ...]:
        """Those that cannot tell, or hold only because nothing can be excluded."""
        return tuple(check for check in self.checks if check.state in _UNDECIDED)

    @property
    def objections(self) -> tuple[Check, ...]:
        """Those that do not hold."""
        return tuple(check for check in self.checks if check.state not in ("holds", *_UNDECIDED))


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; `look` names its kind for a style sheet, `captioned` says whether its caption is shown."""

    table: Table
    look: str = ""
    captioned: bool = True


@dataclass(frozen=True, slots=True)
class Chart:
    """Intervals on one axis, with what they mean; a table beside it holds the numbers."""

    chart: IntervalChart
    caption: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """Curves over the share of documents that have moved, the words above them, and the same as a table."""

    title: str
    words: str
    chart: CurveChart
    table: Table
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Bars:
    """The difference of every query, worst first."""

    chart: BarChart
    measure: str


@dataclass(frozen=True, slots=True)
class Scatter:
    """Two scores of every query against each other."""

    chart: ScatterChart
    measure: str


@dataclass(frozen=True, slots=True)
class Beside:
    """Drawings that stand beside each other where there is room; `look` says how."""

    blocks: tuple[Block, ...]
    look: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drilldown:
    """Queries one by one, each with what both systems returned for it.

    Attributes:
        title: What they are.
        caption: The same with the measure.
        lines: All of them, those first that are shown unasked.
        first: How many are shown unasked.
    """

    title: str
    caption: str
    lines: tuple[QueryLine, ...]
    first: int = 10

    @property
    def later(self) -> tuple[QueryLine, ...]:
        """Those that are shown when someone asks for them."""
        return self.lines[self.first :]


@dataclass(frozen=True, slots=True)
class Excerpts:
    """How the documents begin that a page names, each once."""

    items: tuple[Excerpt, ...]


@dataclass(frozen=True, slots=True)
class Notes:
    """What checks noticed."""

    findings: tuple[FindingPart, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """A command to type."""

    text: str


@dataclass(frozen=True, slots=True)
class Folded:
    """Blocks that are shown when someone asks for them; `printed` says whether paper shows them unasked."""

    summary: str
    blocks: tuple[Block, ...]
    printed: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A term with its meaning; `key` is what columns refer to."""

    key: str
    term: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Glossary:
    """Terms with their meanings."""

    entries: tuple[Entry, ...]


Block = (
    Verdict
    | Decision
    | Facts
    | Sentences
    | Heading
    | Items
    | Checks
    | Grid
    | Chart
    | Curves
    | Bars
    | Scatter
    | Beside
    | Drilldown
    | Excerpts
    | Notes
    | Command
    | Folded
    | Glossary
)
