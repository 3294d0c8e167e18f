"""search/: a function of the user's own is called once and becomes a run like any other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evalkit.embedding.modelspec import ModelSpec
from evalkit.errors import EvalkitError
from evalkit.evaluation import Evaluation, Setting, System, evaluate
from evalkit.golden.goldenset import GoldenSet

GOLDEN = GoldenSet.of(
    "small",
    queries={"q1": "red", "q2": "blue"},
    corpus={"a": "red one", "b": "blue one", "c": "green one"},
    qrels={"q1": {"a": 1}, "q2": {"b": 1}},
)
SOUND = """
def find(queries, depth):
    assert depth == 2
    return [[("c", 0.5), ("a", 0.5), ("b", 2)] if text == "red" else iter([]) for text in queries]
"""


@pytest.fixture(autouse=True)
def _work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def searched(folder: Path, source: str, name: str) -> Evaluation:
    """Evaluate a search whose module holds `source`; each test needs a module of its own name."""
    (folder / f"{name}.py").write_text(source)
    spec = ModelSpec.parse(f"search/{name}:find")
    system = System(name="mine", spec=spec, options={"base": str(folder)})
    return evaluate(system, Setting(golden=GOLDEN, measures=(), depth=2))


def test_results_are_ordered_by_score_then_id_and_cut_at_the_depth(tmp_path: Path) -> None:
    evaluation = searched(tmp_path, SOUND, "sound_search")

    run = evaluation.run
    np.testing.assert_array_equal(run.rows, [[1, 2], [-1, -1]])
    assert (run.system, run.depth) == ("mine", 2)


@pytest.mark.parametrize(
    ("returned", "code", "told"),
    [
        ("1 / 0", "EK441", "ZeroDivisionError"),
        ("None", "EK442", "NoneType, no lists"),
        ("[[]]", "EK442", "1 lists for 2 queries"),
        ("{'q1': [], 'q2': []}", "EK442", "a mapping"),
        ("[[('a', float('nan'))], []]", "EK442", "query q1"),
        ("[['a'], []]", "EK442", "query q1   a"),
        ("[[], [('b', 'high')]]", "EK442", "query q2"),
        ("[[], [('b', 1), ('z', 0)]]", "EK443", "query q2   z"),
        ("[[('a', 1), ('a', 0)], []]", "EK444", "query q1   a"),
    ],
)
def test_what_is_no_run_is_refused_with_the_query_that_shows_it(
    tmp_path: Path, returned: str, code: str, told: str, request: pytest.FixtureRequest
) -> None:
    name = f"faulty_{abs(hash(request.node.name))}"

    with pytest.raises(EvalkitError) as caught:
        searched(tmp_path, f"def find(queries, depth):\n    return {returned}\n", name)

    assert caught.value.findings[0].code == code
    assert told in str(caught.value)


@pytest.mark.parametrize(("model", "code"), [("nowhere:find", "EK371"), ("no-colon", "EK135")])
def test_a_function_that_is_not_there_is_refused(model: str, code: str) -> None:
    system = System(name="mine", spec=ModelSpec("search", model))

    with pytest.raises(EvalkitError) as caught:
        evaluate(system, Setting(golden=GOLDEN, measures=()))

    assert caught.value.findings[0].code == code
