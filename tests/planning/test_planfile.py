"""plan.toml: what is read, and that nothing in it is passed over in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import EvalkitError
from evalkit.parsing import parse_toml
from evalkit.planning.inputs import ASSUMED, Input, Inputs
from evalkit.planning.keys import KEYS
from evalkit.planning.planfile import TABLES, WORDS, PlanFile, plan_of, read_plan_file

WHOLE = """
documents = 40e6

[provider]
tpm = { value = 1e6, low = 5e5, high = 2e6, source = "page of limits" }
rpm = 3000

[price]
price = { value = 0.02, date = 2026-11-01 }
batch_discount = 0.5

[store]
engine = "qdrant"
kind = "int8"
"""


def told(text: str) -> PlanFile:
    return plan_of(parse_toml(text))


def numbers(plan: PlanFile) -> dict[str, Input]:
    return {item.name: item for item in plan.numbers}


def test_a_plan_is_read_with_ranges_dates_and_words() -> None:
    plan = told(WHOLE)
    known = numbers(plan)
    assert (known["documents"].value, known["documents"].kind) == (40e6, "given")
    assert (known["tpm"].low, known["tpm"].high, known["tpm"].source) == (5e5, 2e6, "page of limits")
    assert known["price"].date == "2026-11-01"
    assert (plan.engine, plan.kind) == ("qdrant", "int8")


@pytest.mark.parametrize("text", ['price = { value = 0.02, date = "2026-11-01" }'])
def test_a_price_may_be_a_table_of_its_own(text: str) -> None:
    assert numbers(told(text))["price"].value == 0.02


@pytest.mark.parametrize("name", sorted(set(KEYS) - {"price", "storage_price"}))
def test_a_key_stands_in_its_table_or_at_the_top(name: str) -> None:
    key = KEYS[name]
    value = max(key.least, 1 if key.whole else 0.5, 2 if name == "m" else 0)
    extra = "price = { value = 1, date = 2026-11-01 }\n" if name == "batch_discount" else ""
    assert numbers(told(f"{extra}{name} = {value}"))[name].value == value
    nested = f"[{key.table}]\n{name} = {value}\n"
    inside = f"{nested}price = {{ value = 1, date = 2026-11-01 }}" if extra else nested
    assert numbers(told(inside))[name].value == value


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("tmp = 1e6", "EK747", "did you mean tpm"),
        ("[provider]\nhedroom = 0.3", "EK747", "did you mean headroom"),
        ("[providr]\ntpm = 1e6", "EK747", r"did you mean \[provider\]"),
        ("tpm = { value = 1, hihg = 2 }", "EK747", "did you mean high"),
        ("tpm = { low = 1 }", "EK748", "tpm in plan.toml has no value"),
        ("tpm = '1e6'", "EK740", "tpm is '1e6'"),
        ("tpm = true", "EK740", "tpm is True"),
        ("tpm = -1", "EK740", "tpm cannot be −1"),
        ("documents = 1.5", "EK740", "documents cannot be 1.5"),
        ("headroom = 1.2", "EK740", "headroom cannot be 1.2"),
        ("tpm = { value = 1e6, low = 2e6 }", "EK748", "does not lie in its own range"),
        ("price = 0.02", "EK749", "price in plan.toml has no date"),
        ("[price]\nstorage_price = 0.1", "EK749", "storage_price"),
        ("price = { value = 0.02, date = 'soon' }", "EK749", "no day"),
        ("batch_discount = 0.5", "EK748", "no price"),
        ("tpm = 1e6\ntokens_per_s = 100", "EK748", "tpm and tokens_per_s"),
        ("tokens_per_document = 100\ntokens_per_character = 0.25", "EK748", "tokens_per_document"),
        ("tpm = 1\n[provider]\ntpm = 2", "EK748", "twice"),
        ("engine = 'pgvectr'", "EK102", "did you mean pgvector"),
        ("[store]\nkind = 'halvec'", "EK102", "did you mean halfvec"),
        ("engine = 3", "EK748", "engine is 3"),
        ("lazy_strategy = 'new-query'", "EK746", "starves"),
        ("[lazy]\nlazy_strategy = 'filter-new'", "EK746", "starves"),
    ],
)
def test_what_is_wrong_is_named_by_its_key(text: str, code: str, words: str) -> None:
    with pytest.raises(EvalkitError, match=words) as caught:
        told(text)
    assert caught.value.findings[0].code == code


@pytest.mark.parametrize(
    "text",
    [
        'curve = "mix/result.json"',
        "curves = [0.5, 0.4]",
        "[curve]\nold = 0.5",
        "[migration]\nharm = 0.1",
        "delay = 3",
    ],
)
def test_a_curve_of_other_models_is_refused_by_its_key(text: str) -> None:
    with pytest.raises(EvalkitError, match="of other models would say nothing of these two") as caught:
        told(text)
    (finding,) = caught.value.findings
    assert finding.code == "EK747"
    assert "a plan measures" in (finding.hint or "")


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(EvalkitError) as caught:
        told("tmp = 1\nheadroom = 2\nprice = 0.02")
    assert [finding.code for finding in caught.value.findings] == ["EK747", "EK740", "EK749"]


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    for name, content in (("absent.toml", None), ("broken.toml", "tpm = ")):
        if content is not None:
            (tmp_path / name).write_text(content)
        with pytest.raises(EvalkitError, match=name):
            read_plan_file(tmp_path / name)


@given(key=st.text(st.characters(categories=["Ll"]), min_size=1, max_size=12), value=st.integers(1, 9))
def test_no_key_is_passed_over(key: str, value: int) -> None:
    content: dict[str, Any] = {key: value}
    try:
        plan = plan_of(content)
    except EvalkitError:
        return
    assert key in KEYS or key in WORDS
    assert [item.name for item in plan.numbers] == [key]


def test_every_number_that_nobody_tells_is_assumed_with_a_source() -> None:
    known = Inputs.of([])
    assert {item.kind for item in known.by_name.values()} == {ASSUMED}
    assert all(item.source for item in known.by_name.values())
    assert set(TABLES) >= {key.table for key in KEYS.values()}
