"""Clicks: a log of them, held against the lists that people saw, becomes votes for one of two systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.errors import UsageError
from evalkit.findings import Finding, Severity, place
from evalkit.golden.reading.columns import Aliases
from evalkit.opening import FILE_FAULTS, fault, numbered_bytes
from evalkit.parsing import parse_json
from evalkit.rollout.band import share_sequence
from evalkit.rollout.interleaving import NEW, OLD, Drafted
from evalkit.rollout.rows import Source, read_rows, sure_roles
from evalkit.rollout.sequential import ENOUGH, sign_e_value

PREFER_NEW, PREFER_OLD, GO_ON = "NEW", "OLD", "GO ON"
EXIT_CODES = {PREFER_NEW: 0, PREFER_OLD: 1, GO_ON: 3}
CLICKS: Aliases = {
    "list": (("list", "list_id"),),
    "user": (("user", "user_id"), ("session", "session_id")),
    "document": (("document", "doc", "document_id", "doc_id"),),
}


@dataclass(frozen=True, slots=True)
class Votes:
    """What clicks say.

    Attributes:
        wins: Users with more clicks on documents of the new system.
        losses: Users with more on those of the old one.
        ties: Users with as many.
        clicks: Clicks that counted.
        credits: Clicks on the new system's documents, less those on the old one's.
        lists: Lists that were drafted.
        findings: What was noticed.
    """

    wins: int
    losses: int
    ties: int
    clicks: int
    credits: int
    lists: int = 0
    findings: tuple[Finding, ...] = ()

    @property
    def users(self) -> int:
        """Users whose clicks counted."""
        return self.wins + self.losses + self.ties

    @property
    def win_share(self) -> float | None:
        """The new system's share of the users who prefer one; None where nobody does."""
        return self.wins / (self.wins + self.losses) if self.wins + self.losses else None

    @property
    def band(self) -> tuple[float | None, float | None]:
        """The ends of the confidence sequence around that share."""
        return (None, None) if self.win_share is None else share_sequence(self.wins, self.losses)

    @property
    def e_new(self) -> float:
        """The evidence that people prefer the new system."""
        return sign_e_value(self.wins, self.losses)

    @property
    def e_old(self) -> float:
        """The evidence that they prefer the old one."""
        return sign_e_value(self.losses, self.wins)

    @property
    def verdict(self) -> str:
        """NEW, OLD or GO ON."""
        if self.e_old >= ENOUGH:
            return PREFER_OLD
        return PREFER_NEW if self.e_new >= ENOUGH else GO_ON


def read_lists(path: Path) -> dict[str, Drafted]:
    """Read the lists that `evalkit interleave draft` wrote, by name.

    Raises:
        UsageError: The file cannot be read, or a line is no list.
    """
    found: dict[str, Drafted] = {}
    number = 0
    try:
        for number, raw in numbered_bytes(path):  # noqa: B007 - told below
            if raw.strip():
                row = parse_json(raw)
                drafted = Drafted(row["list"], row["query"], tuple(row["documents"]), row["teams"])
                if len(drafted.teams) != len(drafted.documents) or set(drafted.teams) - {OLD, NEW}:
                    raise ValueError("teams are one letter, A or B, for each document")
                found[drafted.list] = drafted
    except (*FILE_FAULTS, KeyError, TypeError) as error:
        raise UsageError(
            f"{path} holds no lists: {fault(error)}",
            places=(place(path, [number]),) if number else (),
            hint="name the file that  evalkit interleave draft  wrote",
            code="EK555",
        ) from error
    return found


def count_votes(
    source: Source, lists: Mapping[str, Drafted], stated: Mapping[str, str] | None = None
) -> Votes:
    """Return what the clicks of a log say.

    Args:
        source: Rows of list, user and document, one for each click; a click that stands twice counts once.
        lists: What people saw.
        stated: Role → column, for names that do not tell.

    Raises:
        UsageError: The log cannot be read, or most of its clicks are of no list.
    """
    needed = tuple(CLICKS)
    rows = read_rows(
        source,
        lambda name, names: sure_roles(name, names, aliases=CLICKS, stated=stated or {}, needed=needed),
    )
    cells = zip(*([str(cell).strip() for cell in rows.cells[role]] for role in needed), strict=True)
    credit: dict[str, int] = {}
    strange: list[int] = []
    seen: set[tuple[str, str, str]] = set()
    for line, click in zip(rows.lines, cells, strict=True):
        name, user, document = click
        shown = lists.get(name)
        if not user or shown is None or document not in shown.documents:
            strange.append(line)
        elif click not in seen:
            seen.add(click)
            team = shown.teams[shown.documents.index(document)]
            credit[user] = credit.get(user, 0) + (1 if team == NEW else -1)
    findings = _strange(source.name, strange, len(rows.lines))
    votes = list(credit.values())
    return Votes(
        wins=sum(vote > 0 for vote in votes),
        losses=sum(vote < 0 for vote in votes),
        ties=sum(vote == 0 for vote in votes),
        clicks=len(seen),
        credits=sum(votes),
        lists=len(lists),
        findings=findings,
    )


def _strange(name: str, lines: Sequence[int], clicks: int) -> tuple[Finding, ...]:
    if not lines:
        return ()
    problem = f"{len(lines)} of {clicks} clicks are of no user, of no such list or on no document of it"
    hint = "are these the lists that were shown?"
    if 2 * len(lines) > clicks:
        raise UsageError(problem, places=(place(name, lines),), hint=hint, code="EK555")
    return (Finding("EK556", Severity.WARNING, f"{problem}: left out", (place(name, lines),), hint),)
