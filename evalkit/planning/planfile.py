"""plan.toml: what people know of provider, traffic, prices and store, read whole or refused by key."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalkit.errors import EvalkitError, InvalidValueError, UsageError, nearest
from evalkit.findings import Finding, Severity, place
from evalkit.mixing.starving import check_starvation
from evalkit.opening import read_toml
from evalkit.planning.inputs import GIVEN, Input
from evalkit.planning.keys import KEYS
from evalkit.planning.numbers import check_name
from evalkit.planning.storage import ENGINES, KINDS

__all__ = ["plan_of"]

WORDS = {"engine": "store", "kind": "store", "currency": "price", "lazy_strategy": "lazy"}
LAZY_STRATEGIES = ("cascade", "dual-rrf", "dual-rrf-share", "dual-raw", "filter-new", "new-query")
TABLES = tuple(dict.fromkeys([*(key.table for key in KEYS.values()), *WORDS.values()]))
PARTS = ("value", "low", "high", "date", "source")
MEASURED = {"curve": "curves", "harm": "harm", "delay": "delay", "break_even": "the break-even"}
EITHER = (("tokens_per_document", "tokens_per_character"), ("tpm", "tokens_per_s"))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFile:
    """What a plan.toml says.

    Attributes:
        numbers: Each number that was given.
        engine: The store, one of ENGINES.
        kind: The kind of vector in it.
        currency: What prices are in.
        lazy_strategy: How queries are answered while documents are re-embedded on demand.
        stated: Names of the words (engine, kind, …) that were given, not assumed.
    """

    numbers: tuple[Input, ...] = ()
    engine: str = "pgvector"
    kind: str = "vector"
    currency: str = "USD"
    lazy_strategy: str = "cascade"
    stated: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        """Check every word."""
        check_name("engine", self.engine, tuple(ENGINES))
        check_name("kind of vector", self.kind, KINDS)
        check_name("lazy_strategy", self.lazy_strategy, LAZY_STRATEGIES)
        check_starvation([self.lazy_strategy])


def read_plan_file(path: Path) -> PlanFile:
    """Return what a plan.toml says.

    Raises:
        UsageError: It cannot be read.
        EvalkitError: Keys are unknown, the nearest is offered; numbers cannot be what they are called; a
            price has no date; two keys contradict each other. All problems are told at once.
    """
    return plan_of(read_toml(path, hint="a plan is a TOML file", code="EK747"), str(path))


def plan_of(content: Mapping[str, Any], name: str = "plan.toml") -> PlanFile:
    """Return the plan of a TOML document's tables.

    A key stands in its table or at the top; a number is written as it is, or as
    { value = …, low = …, high = …, date = …, source = … }.

    Raises:
        EvalkitError: As for `read_plan_file`.
    """
    problems: list[Finding] = []
    numbers: dict[str, Input] = {}
    words: dict[str, str] = {}
    for key, table, value in _entries(content, name, problems):
        try:
            if key in words or key in numbers:
                raise InvalidValueError(f"{key} stands in {name} twice", hint="say it once", code="EK748")
            if key in WORDS:
                words[key] = _word(key, value)
            elif key in KEYS:
                numbers[key] = _number(key, value, name)
            else:
                raise _unknown(key, table, name)
        except EvalkitError as error:
            problems += error.findings
    problems += _contradictions(numbers, name)
    if not problems:
        try:
            return PlanFile(numbers=tuple(numbers.values()), **words, stated=frozenset(words))
        except EvalkitError as error:
            problems += error.findings
    raise EvalkitError.of(problems)


def _entries(content: Mapping[str, Any], name: str, problems: list[Finding]) -> list[tuple[str, str, Any]]:
    """Return (key, table, value) of everything in the file, in its order; stray tables become problems."""
    found: list[tuple[str, str, Any]] = []
    for key, value in content.items():
        is_table = isinstance(value, Mapping) and key in TABLES
        if is_table and (key not in KEYS or not set(value) <= set(PARTS)):  # price is a table and a key
            found += [(inner, key, inside) for inner, inside in value.items()]
        elif isinstance(value, Mapping) and key not in KEYS and key.rstrip("s") not in MEASURED:
            near = nearest(key, TABLES)
            hint = f"did you mean [{near}]?" if near else f"its tables are {', '.join(TABLES)}"
            problem = f"{name} has a table [{key}] that no plan has"
            problems.append(Finding("EK747", Severity.ERROR, problem, hint=hint))
        else:
            found.append((key, "", value))
    return found


def _unknown(key: str, table: str, name: str) -> UsageError:
    known = [*KEYS, *WORDS]
    near = nearest(key, known)
    where = f"[{table}] of {name}" if table else name
    if (measured := MEASURED.get(key.rstrip("s"))) is not None:
        problem = f"{where} states {key!r}, but {measured} of other models would say nothing of these two"
        hint = f"leave the key out: a plan measures {measured} itself, on the models of --old and --new"
        return UsageError(problem, hint=hint, code="EK747")
    hint = f"did you mean {near}?" if near else f"its keys are {', '.join(known)}"
    return UsageError(f"{where} has a key {key!r} that no plan has", hint=hint, code="EK747")


def _word(key: str, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidValueError(f"{key} is {value!r}, which is no word", hint=f'{key} = "…"', code="EK748")
    return value


def _number(key: str, value: object, name: str) -> Input:
    """Return a number that was given, bare or with its range, date and source."""
    told: Mapping[str, Any] = value if isinstance(value, Mapping) else {"value": value}
    for part in told:
        if part not in PARTS:
            near = nearest(part, PARTS)
            raise UsageError(
                f"{key} in {name} has a part {part!r} that no number has",
                hint=f"did you mean {near}?" if near else f"its parts are {', '.join(PARTS)}",
                code="EK747",
            )
    if "value" not in told:
        raise InvalidValueError(
            f"{key} in {name} has no value", hint=f"{key} = {{ value = …, low = …, high = … }}", code="EK748"
        )
    date = _date(key, told.get("date"), name)
    return Input(
        name=key,
        value=told["value"],
        low=told.get("low", told["value"]),
        high=told.get("high", told["value"]),
        kind=GIVEN,
        source=str(told.get("source", place(name))),
        date=date,
    )


def given_number(key: str, value: float, where: str, *, date: str = "") -> Input:
    """Return a number that an option gave.

    Args:
        key: Its key.
        value: The number.
        where: The option.
        date: The day on which a price was read, "" where nobody said.

    Raises:
        InvalidValueError: It cannot be what it is called, or the date is no day.
    """
    day = _date(key, date, where) if date else ""
    return Input(name=key, value=value, low=value, high=value, kind=GIVEN, source=where, date=day)


def dated_price(text: str) -> Input:
    """Return a price of the command line: 0.02@2026-11-01, or 0.02 without the day it was read.

    Raises:
        UsageError: It is no number.
    """
    number, _, day = text.partition("@")
    try:
        value = float(number)
    except ValueError:
        raise UsageError(
            f"--price {text} is no price", hint="--price 0.02@2026-11-01, of a million tokens", code="EK749"
        ) from None
    return given_number("price", value, "--price", date=day)


def _date(key: str, value: object, name: str) -> str:
    """Return the date of a number; a price has to have one.

    Raises:
        InvalidValueError: A price has none, or it is no day.
    """
    if value is None and KEYS[key].dated:
        raise InvalidValueError(
            f"{key} in {name} has no date: prices change",
            hint=f"{key} = {{ value = 0.02, date = 2026-11-01 }}, the day on which you read it",
            code="EK749",
        )
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    try:
        return (value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))).isoformat()
    except ValueError:
        raise InvalidValueError(
            f"the date of {key} in {name} is {value!r}, which is no day", hint="2026-11-01", code="EK749"
        ) from None


def _contradictions(numbers: Mapping[str, Input], name: str) -> list[Finding]:
    """Return what two keys say of one thing."""
    both = [pair for pair in EITHER if set(pair) <= set(numbers)]
    told = [
        Finding(
            "EK748",
            Severity.ERROR,
            f"{name} says both {first} and {second}, which tell the same thing twice",
            hint=f"leave one of them out: {first}, or {second}",
        )
        for first, second in both
    ]
    if "batch_discount" in numbers and "price" not in numbers:
        problem = f"{name} has a batch_discount and no price that it is taken from"
        told.append(Finding("EK748", Severity.ERROR, problem, hint="price = { value = …, date = … }"))
    return told
