"""Reading results: a folder or a file, whole or refused, with what is missing by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evalkit.errors import UsageError
from evalkit.results.gatepart import ERROR
from evalkit.results.reading import IN_GOLDEN, PROMISED, is_gate, read_result, result_file
from evalkit.results.result import SCHEMA, Result

WRITTEN = Path(__file__).parent / "written"


@pytest.fixture
def written() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((WRITTEN / "compare.json").read_text(encoding="utf-8"))
    return found


def lying(folder: Path, value: object, name: str = "result.json") -> Path:
    """Write a value as JSON and return its path."""
    path = folder / name
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return path


def test_a_folder_is_read_by_the_result_in_it_before_the_plan(
    written: dict[str, Any], tmp_path: Path
) -> None:
    assert result_file(tmp_path) is None
    plan = lying(tmp_path, {**written, "verdict": "GO"}, "plan.json")
    assert result_file(tmp_path) == plan
    assert read_result(tmp_path).verdict == "GO"

    result = lying(tmp_path, {**written, "verdict": "NO-GO"})
    assert result_file(tmp_path) == result
    assert read_result(tmp_path).verdict == "NO-GO"
    assert read_result(plan).verdict == "GO"


@pytest.mark.parametrize("content", ["", "no json", "[]", "3", "null", "{}", '{"verdict": "GO"}', '"schema"'])
def test_what_is_no_result_is_refused_with_the_command_that_writes_one(content: str, tmp_path: Path) -> None:
    path = lying(tmp_path, content)
    with pytest.raises(UsageError, match="is not a result of evalkit") as told:
        read_result(path)
    assert "evalkit compare" in told.value.hint
    assert told.value.findings[0].code == "EK118"


def test_a_place_without_any_result_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere", tmp_path / "nowhere.json"):
        with pytest.raises(UsageError, match="is not a result of evalkit"):
            read_result(path)


@pytest.mark.parametrize("schema", [SCHEMA + 1, SCHEMA - 1, "1", None, [1]])
def test_another_schema_is_named_beside_the_one_that_is_read(
    schema: object, written: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=f"this version reads {SCHEMA}"):
        read_result(lying(tmp_path, {**written, "schema": schema}))


@pytest.mark.parametrize("key", PROMISED)
def test_every_promised_key_is_missed_by_its_name(key: str, written: dict[str, Any], tmp_path: Path) -> None:
    del written[key]
    with pytest.raises(UsageError, match=f"evalkit: {key} missing"):
        read_result(lying(tmp_path, written))


@pytest.mark.parametrize("key", IN_GOLDEN)
def test_a_golden_set_has_a_name_a_digest_and_sizes(
    key: str, written: dict[str, Any], tmp_path: Path
) -> None:
    del written["golden"][key]
    with pytest.raises(UsageError, match=f"golden.{key} missing"):
        read_result(lying(tmp_path, written))


@pytest.mark.parametrize(
    "key", ["reranking", "deltas", "documents", "gate", "self_test", "findings", "redacted"]
)
def test_a_key_that_a_later_version_added_may_be_missing(
    key: str, written: dict[str, Any], tmp_path: Path
) -> None:
    written.pop(key, None)
    result = read_result(lying(tmp_path, written))
    assert not getattr(result, key)
    assert key not in result.to_json()


def test_of_many_missing_keys_eight_are_named_and_the_rest_counted(tmp_path: Path) -> None:
    """All promised keys but the golden set's, which lacks nothing."""
    golden = {"name": "n", "digest": "", "queries": 1, "documents": 1}
    with pytest.raises(UsageError) as told:
        read_result(lying(tmp_path, {"schema": SCHEMA, "golden": golden}))
    lacking = [key for key in PROMISED if key != "golden"]
    assert f"{', '.join(lacking[:8])} and {len(lacking) - 8} more missing" in str(told.value)


def test_of_a_few_missing_keys_none_is_counted(written: dict[str, Any], tmp_path: Path) -> None:
    kept = {key: value for key, value in written.items() if key not in PROMISED[-8:]}
    with pytest.raises(UsageError) as told:
        read_result(lying(tmp_path, kept))
    assert f"{', '.join(PROMISED[-8:])} missing" in str(told.value)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("comparisons", 0, "delta"), "0.1"),
        (("comparisons", 0, "wins"), 0.5),
        (("queries", 0, "id"), None),
        (("systems", "hash/24", "dims"), "wide"),
        (("golden", "segments"), []),
        (("decisions", 0, "reasons"), [{"about": "primary"}]),
    ],
)
def test_a_damaged_value_is_named_by_its_place(
    place: tuple[str | int, ...], value: object, written: dict[str, Any], tmp_path: Path
) -> None:
    part: Any = written
    for step in place[:-1]:
        part = part[step if step in part or isinstance(step, int) else next(iter(part))]
    part[place[-1]] = value
    with pytest.raises(UsageError, match=r"missing or of another kind") as told:
        read_result(lying(tmp_path, written))
    assert str(place[-1]) in str(told.value)


@pytest.mark.parametrize(
    ("parts", "gated"),
    [
        ({}, False),
        ({"gate": {"system": "prod"}}, False),
        ({"gate": {"system": "prod"}, "verdict": ERROR}, True),
        ({"gate": {"system": "prod"}, "decisions": "some"}, True),
        ({"decisions": "some"}, False),
        ({"verdict": ERROR}, False),
    ],
)
def test_a_gate_is_told_by_its_part_and_by_what_was_decided_or_went_wrong(
    parts: dict[str, Any],
    gated: bool,  # noqa: FBT001 - drawn
) -> None:
    some = [{"candidate": "a", "verdict": "PASS", "reason": "OK", "sentence": "s"}]
    values = {key: some if value == "some" else value for key, value in parts.items()}
    assert is_gate(Result.found(**values)) is gated
