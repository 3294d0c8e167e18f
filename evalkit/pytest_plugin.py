"""The pytest plugin: the fixture `evalkit`, its options, its marker and its lines in the summary.

Nothing of it is imported, printed or configured unless a test asks for the fixture.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from evalkit.assertions.bench import Bench
    from evalkit.assertions.comparisoncheck import ComparisonCheck
    from evalkit.assertions.gatecheck import GateCheck

MARKER = "evalkit"
PROPERTY = "evalkit"


class Evalkit:
    """What the fixture gives: gates and comparisons of the project's systems."""

    def __init__(self, bench: Bench, node: pytest.Item) -> None:
        """Take where systems are tested, and the test that asks."""
        self._bench = bench
        self._node = node

    def gate(  # noqa: PLR0913 - a test names what it wants by keyword
        self,
        golden: str,
        *,
        model: str,
        baseline: str | None = None,
        index: str | None = None,
        tolerance: float = 0.01,
        common: bool = False,
        ties: str | None = None,
    ) -> GateCheck:
        """Hold a system against its stored baseline; demand the result with `.check()`.

        Args:
            golden: A folder, a name in the config or a shipped name.
            model: An alias in the config or a spec.
            baseline: The baseline's file; baselines/GOLDEN/MODEL.json beside the config when left out.
            index: FAISS factory string; the configured one when left out.
            tolerance: The drop that is ignored where noise does not ask for more.
            common: Whether only the queries are looked at that are as they were when the baseline was stored.
            ties: What orders results that nothing tells apart: "id" or "expected"; the baseline's way when
                left out.
        """
        __tracebackhide__ = True
        from evalkit.assertions.gatecheck import check_gate

        with _told():
            found = check_gate(
                self._bench,
                golden,
                model,
                baseline=baseline,
                index=index,
                tolerance=tolerance,
                common=common,
                ties=ties,
            )
        self._record(f"gate {golden} {model}", found.numbers)
        return found

    def compare(
        self,
        golden: str,
        *,
        baseline: str,
        candidate: str,
        index: str | None = None,
        ties: str | None = None,
    ) -> ComparisonCheck:
        """Compare two systems; demand something of them with `.assert_…`.

        Args:
            golden: A folder, a name in the config or a shipped name.
            baseline: The system in production, an alias in the config or a spec.
            candidate: The system that may replace it.
            index: FAISS factory string; the configured one when left out.
            ties: What orders results that nothing tells apart: "id", as when left out, or "expected".
        """
        __tracebackhide__ = True
        from evalkit.assertions.comparisoncheck import check_comparison

        with _told():
            found = check_comparison(
                self._bench, golden, baseline=baseline, candidate=candidate, index=index, ties=ties
            )
        self._record(f"compare {golden} {baseline} {candidate}", found.numbers)
        return found

    def _record(self, what: str, numbers: Mapping[str, Any]) -> None:
        """Keep the numbers as properties of the test: they reach JUnit files and the controller of xdist."""
        from evalkit import figures
        from evalkit.quoting import one_line

        shown = f"{what}: {numbers['verdict']}  {numbers['measure']} "
        shown += f"{figures.number(numbers['now'])}" if "delta" not in numbers else _change(numbers)
        self._node.user_properties.append((PROPERTY, one_line(shown)))
        name = what.replace(" ", ".")
        self._node.user_properties += [(f"{PROPERTY}.{name}.{key}", value) for key, value in numbers.items()]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("evalkit", "retrieval regression tests")
    group.addoption(
        "--evalkit-live",
        action="store_true",
        help="embed what the cache lacks, and look whether models still give the vectors they gave",
    )
    group.addoption(
        "--evalkit-update-baseline",
        action="store_true",
        help="store baselines in place of asking them; embeds what is missing; refused under CI=true",
    )
    group.addoption(
        "--evalkit-config", metavar="FILE", help="the evalkit.toml to use; found upward if left out"
    )
    group.addoption("--evalkit-cache", metavar="DIR", help="where vectors are kept; else as the config says")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker; refuse to store baselines on a build server."""
    config.addinivalue_line("markers", f"{MARKER}: a test that uses the fixture `evalkit`; given by itself")
    ci = os.environ.get("CI", "").casefold() in ("true", "1")
    if config.getoption("--evalkit-update-baseline") and ci:
        raise pytest.UsageError(
            "--evalkit-update-baseline is refused under CI=true: store baselines on a machine of yours"
        )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that use the fixture, before `-m evalkit` chooses among them."""
    for item in items:
        if "evalkit" in getattr(item, "fixturenames", ()):
            item.add_marker(MARKER)


@pytest.fixture(scope="session")
def _evalkit_benches() -> dict[str, Bench]:
    return {}


@pytest.fixture
def evalkit(request: pytest.FixtureRequest, _evalkit_benches: dict[str, Bench]) -> Evalkit:
    """Gates and comparisons of the project's systems; offline unless told otherwise."""
    folder = str(request.path.parent)
    if folder not in _evalkit_benches:
        _evalkit_benches[folder] = _bench(request.config, request.path.parent)
    return Evalkit(_evalkit_benches[folder], request.node)


def pytest_terminal_summary(terminalreporter: Any) -> None:  # noqa: ANN401 - pytest's own, not public
    """Print one line for each gate and comparison, where there was any."""
    reports = [report for some in terminalreporter.stats.values() for report in some]
    lines = [
        value
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, value in getattr(report, "user_properties", ())
        if name == PROPERTY
    ]
    if lines:
        terminalreporter.section("evalkit")
        for line in sorted(lines):
            terminalreporter.write_line(line)


def _bench(config: pytest.Config, folder: Path) -> Bench:
    """Return the bench of the configuration that is found from a test's folder upward."""
    from evalkit.assertions.bench import Bench
    from evalkit.config import find_config

    update = bool(config.getoption("--evalkit-update-baseline"))
    with _told():
        return Bench(
            config=find_config(folder, config.getoption("--evalkit-config")),
            cache=config.getoption("--evalkit-cache"),
            live=update or bool(config.getoption("--evalkit-live")),
            update=update,
        )


@contextmanager
def _told() -> Iterator[None]:
    """Turn a problem that the user can act on into a failure that shows no traceback."""
    from evalkit.errors import EvalkitError

    try:
        yield
    except EvalkitError as error:
        raise pytest.fail.Exception(
            str(error), pytrace=False
        ) from None  # told once, not with what it came from


def _change(numbers: Mapping[str, Any]) -> str:
    from evalkit import figures

    before, now, delta = figures.change(numbers["baseline"], numbers["now"], numbers["delta"])
    return f"{before} → {now} ({delta})"
