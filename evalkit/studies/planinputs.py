"""The question of a plan, and its inputs: what is measured here, given, or assumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evalkit import figures
from evalkit.defaults import ORDER, PRIMARY, SEED
from evalkit.embedding.encoder import Counting, Role
from evalkit.errors import UsageError
from evalkit.evaluation import Evaluation, Setting
from evalkit.planning.inputs import ASSUMED, MEASURED, Input, Inputs
from evalkit.planning.planfile import PlanFile
from evalkit.planning.tokens import token_ratio
from evalkit.planning.workload import StorePlan
from evalkit.studies.planspeed import PROVIDED, speed_here

DEFAULT_ORDERS = (ORDER,)


_CHARACTERS_A_TOKEN = (4.0, 3.4, 4.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a plan is asked.

    Attributes:
        file: What plan.toml says.
        told: Numbers of the command line, which win over the file.
        orders: Which documents move first; the first one is reckoned with, the others are shown beside.
        measure: What quality is measured by.
        seed: What every draw is addressed by.
        align: How vectors of different dimensions share a column, "" for not at all.
        golden_name: The golden set as people name it in commands; its own name where left out.
        log: A log of queries, by which Zipf's exponent is fitted; None for none.
    """

    file: PlanFile = PlanFile()  # noqa: RUF009 - frozen
    told: tuple[Input, ...] = ()
    orders: tuple[str, ...] = DEFAULT_ORDERS
    measure: str = PRIMARY
    seed: int = SEED
    align: str = ""
    golden_name: str = ""
    log: Path | None = None

    def __post_init__(self) -> None:
        """Check that what a log measures is not stated as well."""
        if self.log is not None and any(item.name == "zipf" for item in self.file.numbers):
            raise UsageError(
                f"zipf is stated, and {self.log} is to measure it",
                hint="leave one of them out: zipf in plan.toml, or --log",
                code="EK748",
            )


def inputs_of(new: Evaluation, setting: Setting, asked: Asked, measured: Sequence[Input] = ()) -> Inputs:
    """Return all numbers: measured ones, then those of the file, then those of the command line.

    Args:
        new: The model to come, evaluated.
        setting: The golden set.
        asked: What the plan was asked.
        measured: Numbers that were measured elsewhere.
    """
    given = {item.name: item for item in (*asked.file.numbers, *asked.told)}
    found = Inputs.of([*_measured(new, setting, asked, given), *measured, *given.values()])
    speed = speed_here(new, setting.golden.corpus.bodies, found.by_name["tokens_per_document"])
    if speed is not None and not {*PROVIDED, speed.name} & set(given):
        found = Inputs({**found.by_name, speed.name: speed})
    if "tokens_per_s" not in found:
        return found
    of_providers = {"tpm", "rpm", "latency_s"}  # a model of one's own has a speed and no limits
    return Inputs({name: item for name, item in found.by_name.items() if name not in of_providers})


def _measured(new: Evaluation, setting: Setting, asked: Asked, given: Mapping[str, Input]) -> list[Input]:
    """Return documents and tokens as the golden set has them."""
    golden = setting.golden
    texts, queries = golden.corpus.bodies, golden.queries.bodies
    count = float(len(texts))
    found = [_point("documents", count, MEASURED, f"the corpus of {golden.name}")]
    characters = sum(map(len, texts)) / max(1, len(texts))
    encoder: object = new.encoder
    counter = encoder if isinstance(encoder, Counting) else None
    if "tokens_per_document" not in given:
        found += _document_tokens(texts, characters, counter, asked, given)
    counted = counter.count_tokens(queries, Role.query) if counter else None
    if counted:
        found.append(
            _point(
                "live_tokens",
                float(np.mean(counted)),
                MEASURED,
                f"the tokenizer of {new.system.name}, all queries",
            )
        )
    else:
        mean = max(1.0, sum(map(len, queries)) / max(1, len(queries)))
        middle, low, high = (mean / each for each in _CHARACTERS_A_TOKEN)
        source = f"{figures.count(mean)} characters a query, four to a token"
        found.append(
            Input(
                name="live_tokens",
                value=middle,
                low=min(high, middle),
                high=max(low, middle),
                kind=ASSUMED,
                source=source,
            )
        )
    return found


def _document_tokens(
    texts: Sequence[str],
    characters: float,
    counter: Counting | None,
    asked: Asked,
    given: Mapping[str, Input],
) -> list[Input]:
    """Return tokens of a document, by the tokenizer, by a ratio that was given, or by an assumed one."""
    ratio = given.get("tokens_per_character")
    if ratio is None and counter is not None and counter.count_tokens(texts[:1], Role.document):
        told = token_ratio(
            texts, lambda some: counter.count_tokens(some, Role.document) or [], seed=asked.seed
        )
        source = f"{told.documents} documents drawn by their length, by the model's tokenizer"
        ratio = Input(
            name="tokens_per_character",
            value=told.ratio,
            low=told.low,
            high=told.high,
            kind=MEASURED,
            source=source,
        )
    used = Inputs.of([] if ratio is None else [ratio]).by_name["tokens_per_character"]
    each = Input(
        name="tokens_per_document",
        value=characters * used.value,
        low=characters * used.low,
        high=characters * used.high,
        kind=used.kind,
        source=f"{figures.count(characters)} characters a document × tokens_per_character",
    )
    return [used, each]


def _point(name: str, value: float, kind: str, source: str) -> Input:
    return Input(name=name, value=value, low=value, high=value, kind=kind, source=source)


def store_of(old: Evaluation, new: Evaluation, asked: Asked) -> StorePlan:
    """Return the engine, and how many numbers the vectors of both models have."""
    dims = [side.embedded.fingerprint.dims if side.embedded else 0 for side in (old, new)]
    return StorePlan(engine=asked.file.engine, kind=asked.file.kind, old_dims=dims[0], new_dims=dims[1])
