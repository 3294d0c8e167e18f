"""Updates, redaction and provenance: what a new baseline changes, what is left out, and what computed it."""

from __future__ import annotations

import json
import platform
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_gates import baseline, gate
from small_studies import BEFORE, RR, golden, outcome

from evalkit.regression.asked import describe_queries
from evalkit.regression.baseline import Baseline
from evalkit.results import provenance as module
from evalkit.results.compare import result_of
from evalkit.results.provenance import now, provenance
from evalkit.results.redaction import redacted
from evalkit.results.result import Result
from evalkit.results.update import changes_between
from evalkit.scoring.measure import Measure

WRITTEN = Path(__file__).parent / "written"
FILE = Path("baselines/small/prod.json")


def stored(values: dict[str, float], **changes: Any) -> Baseline:
    """Return a baseline with one value of MRR@10 for each query."""
    return replace(
        baseline(gate()),
        **{
            "measures": (RR,),
            "query_ids": tuple(values),
            "values": np.array([list(values.values())]),
            **changes,
        },
    )


def test_a_first_baseline_changes_nothing() -> None:
    told = changes_between(None, stored({"lost": 1.0}), FILE)
    assert told["new"] is True
    assert told["file"] == str(FILE)
    assert (told["drift"], told["measures"]) == ([], {})
    assert not any(told["queries"].values())


def test_means_and_counts_are_those_of_the_queries_that_both_hold_whatever_their_order() -> None:
    """On b +0.25, on c −0.5, on d nothing worth the name; a and e are held by one side alone."""
    before = stored({"a": 0.0, "b": 0.5, "c": 1.0, "d": 0.5})
    after = stored({"d": 0.5 + 1e-12, "c": 0.5, "b": 0.75, "e": 1.0})
    told = changes_between(before, after, FILE)
    assert told["new"] is False
    assert told["measures"] == {
        "MRR@10": {"queries": 3, "delta": pytest.approx(-0.25 / 3), "better": 1, "worse": 1}
    }


def test_a_measure_that_one_side_lacks_is_not_compared() -> None:
    before = stored({"a": 0.5})
    other = replace(before, measures=(Measure("Hit", 10),))
    assert changes_between(before, other, FILE)["measures"] == {}


def test_measures_are_found_by_name_not_by_place() -> None:
    two = (RR, Measure("Hit", 10))
    before = replace(stored({"a": 0.5}), measures=two, values=np.array([[0.5], [1.0]]))
    after = replace(before, measures=two[::-1], values=np.array([[0.0], [0.75]]))
    told = changes_between(before, after, FILE)["measures"]
    assert told["MRR@10"]["delta"] == pytest.approx(0.25)
    assert told["Hit@10"]["delta"] == pytest.approx(-1.0)
    assert list(told) == ["Hit@10", "MRR@10"]


def test_baselines_without_a_common_query_have_nothing_to_compare() -> None:
    assert changes_between(stored({"a": 1.0}), stored({"b": 1.0}), FILE)["measures"] == {}


def test_drift_and_changed_queries_are_named() -> None:
    asked = describe_queries(golden(), outcome().baseline.run)
    reworded = {**asked, "lost": replace(asked["lost"], text="other")}
    before = stored({"lost": 1.0, "gone": 1.0}, asked={**asked, "gone": asked["lost"]})
    after = stored({"lost": 1.0}, asked=reworded, stamp={**before.stamp, "index": "Flat"})
    told = changes_between(before, after, FILE)
    assert told["drift"] == [{"field": "index", "before": None, "after": "Flat"}]
    assert told["queries"]["reworded"] == ["lost"]
    assert told["queries"]["gone"] == ["gone"]


@pytest.mark.parametrize("name", ["compare", "diff", "gate", "mix", "run", "update"])
def test_a_redacted_result_holds_no_text_and_every_number_and_id(name: str) -> None:
    """A text is a value under the key "text" anywhere, or anything under "documents"."""
    written = json.loads((WRITTEN / f"{name}.json").read_text(encoding="utf-8"))
    marked = json.loads(re.sub(r'"text": "(?!")', '"text": "SECRET ', json.dumps(written)))
    marked["documents"] = {key: f"SECRET {text}" for key, text in marked.get("documents", {}).items()}
    if name in ("compare", "diff", "mix"):
        assert "SECRET" in json.dumps(marked)

    told = redacted(Result.of(marked)).to_json()

    assert "SECRET" not in json.dumps(told)
    assert told["redacted"] is True
    bare = json.loads(re.sub(r'"text": "(?:[^"\\]|\\.)*"', '"text": ""', json.dumps(marked)))
    assert {**told, "redacted": None} == {**bare, "documents": {}, "redacted": None}


def test_redacting_twice_is_redacting_once_and_leaves_what_it_was_given() -> None:
    result = result_of(outcome(), {})
    before = result.text()
    once = redacted(result)
    assert redacted(once) == once
    assert result.text() == before
    assert not result.redacted


def test_a_readable_result_has_the_same_numbers_and_no_sign_that_steers() -> None:
    texts = {name: f"what\x1b[31m of {name}\u202e?" for name in BEFORE}
    known = golden()
    hostile = replace(known, queries=type(known.queries).of(texts))
    result = result_of(outcome(on=hostile), {})
    shown = result.readable()
    assert shown.queries[0].text.startswith("what\\x1b[31m of")
    assert not re.search("[\x1b\u202e]", shown.text())
    assert shown.comparisons == result.comparisons
    assert shown.readable() == shown


def test_where_a_result_came_from_names_what_computed_it(monkeypatch: pytest.MonkeyPatch) -> None:
    told: Any = provenance("2026-01-31T12:00:00+00:00", "evalkit compare")
    assert (told["command"], told["created"]) == ("evalkit compare", "2026-01-31T12:00:00+00:00")
    assert told["platform"] == platform.platform()
    assert list(told["versions"])[:2] == ["python", "retrieval-evalkit"]
    assert told["versions"]["python"] == platform.python_version()
    assert told["versions"]["numpy"] == version("numpy")

    def absent(name: str) -> str:
        if name in ("torch", "sentence-transformers"):
            raise PackageNotFoundError(name)
        return "1"

    monkeypatch.setattr(module, "version", absent)
    without: Any = provenance("now")
    assert without["command"] == ""
    assert not {"torch", "sentence-transformers"} & set(without["versions"])
    assert without["versions"]["scikit-learn"] == "1"


def test_the_time_is_told_in_seconds_and_utc() -> None:
    told = datetime.fromisoformat(now())
    assert told.utcoffset() == timedelta(0)
    assert told.microsecond == 0
    assert abs(datetime.now(UTC) - told) < timedelta(minutes=1)
