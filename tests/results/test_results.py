"""Results as records: what was written is written again to the byte, and what is no result is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from evalkit.errors import UsageError
from evalkit.results.reading import read_result
from evalkit.results.redaction import redacted
from evalkit.results.result import Result

WRITTEN = Path(__file__).parent / "written"
RESULTS = tuple(path for path in sorted(WRITTEN.glob("*.json")) if path.stem != "baseline")


@pytest.fixture(params=RESULTS, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def test_a_result_of_the_first_version_is_read_and_written_to_the_byte(path: Path) -> None:
    assert read_result(path).text() == path.read_text(encoding="utf-8")


def test_the_kind_of_a_result_is_told_by_its_question(path: Path) -> None:
    kinds = {"compare-redacted": "compare", "update": "gate"}
    assert read_result(path).kind == kinds.get(path.stem, path.stem)


def test_keys_of_a_later_version_are_kept(path: Path, tmp_path: Path) -> None:
    later = {**json.loads(path.read_text(encoding="utf-8")), "of_a_later_version": [1, None]}
    file = tmp_path / "result.json"
    file.write_text(json.dumps(later), encoding="utf-8")
    assert read_result(file).to_json() == later


def test_what_does_not_apply_is_present_and_empty() -> None:
    written = Result.found().to_json()
    assert {key for key, value in written.items() if value} == {"schema"}
    assert set(written) == set(json.loads((WRITTEN / "compare.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("key", "value"),
    [("comparisons", [{"measure": "nDCG@10"}]), ("systems", {"a": 3}), ("decisions", {}), ("golden", [])],
)
def test_a_part_of_another_kind_is_named(key: str, value: Any, tmp_path: Path) -> None:
    changed = {**json.loads((WRITTEN / "compare.json").read_text(encoding="utf-8")), key: value}
    file = tmp_path / "result.json"
    file.write_text(json.dumps(changed), encoding="utf-8")
    with pytest.raises(UsageError, match=key):
        read_result(file)


def test_a_number_is_never_read_out_of_a_text_or_a_truth() -> None:
    row = json.loads((WRITTEN / "compare.json").read_text(encoding="utf-8"))["comparisons"][0]
    for wrong in ("0.5", True):
        with pytest.raises(ValidationError, match="delta"):
            Result.found(comparisons=[{**row, "delta": wrong}])


def test_no_number_that_json_lacks_is_written() -> None:
    written = Result.found(ceiling={"nDCG@10": float("nan"), "MRR@10": float("inf")}).text()
    assert json.loads(written)["ceiling"] == {"nDCG@10": None, "MRR@10": None}


def test_a_redacted_result_reads_back_the_same(path: Path) -> None:
    once = redacted(read_result(path))
    assert Result.model_validate_json(once.text()) == once
