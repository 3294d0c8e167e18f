"""P12: `evalkit report` of a comparison on 5,000 queries: its page from its record, as a whole process."""

from __future__ import annotations

from pathlib import Path

from clock import Clock, run
from folders import SCRATCH, command, write_golden
from sizes import scaled
from worlds import Ints

QUERIES, DOCUMENTS, DEPTH = scaled(5_000), scaled(50_000), 20
HOME = SCRATCH / "p12"


def prepare(clock: Clock) -> None:
    """Compare two made-up runs, each of which finds relevant documents at other ranks."""
    with clock:
        relevant = write_golden(HOME / "golden", QUERIES, DOCUMENTS)
        for name, step in (("old", 5), ("new", 3)):
            _write_run(HOME / f"{name}.trec", relevant, step)
        sides = ["--baseline", f"run/{HOME / 'old.trec'}", "--candidate", f"run/{HOME / 'new.trec'}"]
        command(Clock(), "compare", str(HOME / "golden"), *sides, "-o", str(HOME / "report"), "--force")


def _write_run(path: Path, relevant: Ints, step: int) -> None:
    with path.open("w") as file:
        for query, rows in enumerate(relevant.tolist()):
            found = [(query * 31 + place * 17 + 1) % DOCUMENTS for place in range(DEPTH)]
            found = [row for row in found if row not in rows]
            for number, row in enumerate(rows):
                found.insert(query * step % 11 + number, row)
            file.writelines(
                f"q{query:05} Q0 d{row:08} {rank} {len(found) - rank} {path.stem}\n"
                for rank, row in enumerate(found, 1)
            )


def page(clock: Clock) -> None:
    """Build the page and its views from the record, libraries loaded before."""
    from evalkit.reporting.files import rendered_files  # noqa: PLC0415 - loaded before the clock starts
    from evalkit.results.reading import read_result  # noqa: PLC0415 - the same

    result = read_result(HOME / "report" / "result.json")
    with clock:
        files = rendered_files(result, "report.html", assets=False)
    clock.note(size_mb=sum(map(len, files.values())) / 1e6)


def evalkit(clock: Clock) -> None:
    """Draw the page again through the command line."""
    command(clock, "report", str(HOME / "report" / "result.json"), "-o", str(HOME / "again.html"))


if __name__ == "__main__":
    run({"prepare": prepare, "evalkit": evalkit, "page": page})
