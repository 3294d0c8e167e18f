"""The gate's flow: a failure must repeat, noise is measured, vectors that changed under one name are seen."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from gate_worlds import DOCUMENTS, QUERIES, write_golden

from evalkit.config import Config
from evalkit.configschema import File as ConfigFile
from evalkit.configschema import ModelTable
from evalkit.decision.policy import Policy
from evalkit.digests import digest_text
from evalkit.embedding.cache import VectorCache
from evalkit.embedding.encoder import Role
from evalkit.embedding.modelspec import ModelSpec, open_encoder
from evalkit.errors import UsageError
from evalkit.evaluation import System
from evalkit.golden.folder import read_golden
from evalkit.golden.goldenset import GoldenSet
from evalkit.regression.acceptance import make_baseline
from evalkit.regression.baselinefile import baseline_text, read_baseline, write_baseline
from evalkit.regression.baselinepath import baseline_path
from evalkit.regression.gate import Gate
from evalkit.regression.noise import RUNS
from evalkit.regression.outcome import run_gate
from evalkit.scoring.measure import Measure

SEARCH = """
import pathlib
CALLS = pathlib.Path(__file__).with_suffix(".calls")

def find(queries, depth):
    calls = int(CALLS.read_text()) if CALLS.exists() else 0
    CALLS.write_text(str(calls + 1))
    lost = {lost}
    wanted = [int(text.split()[1].removeprefix("topic")) for text in queries]
    return [[(f"d{{n:03}}", 1.0)] if n not in lost else [(f"d{{n + 1:03}}", 1.0)] for n in wanted]
"""
ENCODER = """
import numpy as np

def encode(texts):
    rng = np.random.default_rng({seed})
    made = np.zeros((len(texts), 128), dtype=np.float32)
    for row, text in enumerate(texts):
        made[row, int(text.split()[1].removeprefix("topic"))] = 1.0
    return made + {noise} * rng.normal(size=made.shape)
"""


@pytest.fixture
def golden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GoldenSet:
    """Sixty queries, each with one answer."""
    monkeypatch.chdir(tmp_path)
    return read_golden(write_golden(tmp_path / "support"))


@pytest.fixture
def module(request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of a module that no other test has imported."""
    name = f"gated_{digest_text(request.node.nodeid)[:12]}"
    yield name
    sys.modules.pop(name, None)


def gate_of(golden: GoldenSet, spec: str, folder: Path, **options: object) -> Gate:
    system = System(name="prod", spec=ModelSpec.parse(spec), options={"base": str(folder), **options})
    return Gate(golden=golden, system=system, cache=VectorCache(folder / "cache"))


def test_a_failure_that_does_not_repeat_is_none(golden: GoldenSet, tmp_path: Path, module: str) -> None:
    lost_once = "range(20) if calls == 0 else ()"
    path = tmp_path / f"{module}.py"
    path.write_text(SEARCH.format(lost="()"))
    gate = gate_of(golden, f"search/{module}:find", tmp_path)
    baseline, _ = make_baseline(gate, noise_runs=0)
    path.with_suffix(".calls").unlink()

    path.write_text(SEARCH.format(lost=lost_once))
    outcome = run_gate(gate, baseline)

    assert path.with_suffix(".calls").read_text() == "2"
    assert outcome.verdict == "PASS"
    assert outcome.first is not None
    assert outcome.first.verdict == "FAIL"
    assert [item.field for item in outcome.drift] == ["fingerprint.revision"]


def test_a_failure_that_repeats_stands(golden: GoldenSet, tmp_path: Path, module: str) -> None:
    path = tmp_path / f"{module}.py"
    path.write_text(SEARCH.format(lost="()"))
    gate = gate_of(golden, f"search/{module}:find", tmp_path)
    baseline, _ = make_baseline(gate, noise_runs=0)

    path.write_text(SEARCH.format(lost="range(20)"))

    assert run_gate(gate, baseline).verdict == "FAIL"


def test_another_critical_query_each_time_is_an_accident(
    golden: GoldenSet, tmp_path: Path, module: str
) -> None:
    """Of two critical queries one is lost in each look, never the same one."""
    critical = golden.critical.copy()
    critical[30] = True
    golden = read_golden(tmp_path / "support")
    object.__setattr__(golden, "critical", critical)
    path = tmp_path / f"{module}.py"
    path.write_text(SEARCH.format(lost="()"))
    gate = gate_of(golden, f"search/{module}:find", tmp_path)
    baseline, _ = make_baseline(gate, noise_runs=0)
    path.with_suffix(".calls").unlink()

    path.write_text(SEARCH.format(lost="[3] if calls == 0 else [30]"))
    outcome = run_gate(gate, baseline)

    assert [loss.query for loss in outcome.look.losses] == ["q030"]
    assert outcome.verdict == "WARN"


def test_noise_of_a_search_is_measured_and_widens_what_is_ignored(
    golden: GoldenSet, tmp_path: Path, module: str
) -> None:
    restless = "[(calls * 13 + step * 7) % 60 for step in range(6)]"
    (tmp_path / f"{module}.py").write_text(SEARCH.format(lost=restless))
    gate = gate_of(golden, f"search/{module}:find", tmp_path)

    baseline, _ = make_baseline(gate)
    outcome = run_gate(gate, baseline)

    assert baseline.noise.runs == RUNS
    assert baseline.noise.variance[Measure("nDCG", 10)] > 0
    assert outcome.tolerance > 0.01
    assert outcome.verdict in ("PASS", "WARN")


def test_noise_runs_of_a_model_bypass_the_cache(golden: GoldenSet, tmp_path: Path, module: str) -> None:
    (tmp_path / f"{module}.py").write_text(ENCODER.format(seed="None", noise=0.2))

    baseline, _ = make_baseline(gate_of(golden, f"python/{module}:encode", tmp_path, dims=128))

    assert baseline.noise.variance[Measure("nDCG", 10)] > 0
    assert baseline.noise.repeated == "all texts embedded, the index built"


def test_a_model_that_computes_the_same_each_time_has_no_noise(golden: GoldenSet, tmp_path: Path) -> None:
    gate = Gate(golden=golden, system=System.parse("hash/512"), cache=VectorCache(tmp_path / "cache"))

    noise = make_baseline(gate)[0].noise

    assert (noise.runs, set(noise.variance.values())) == (RUNS, {0.0})
    assert make_baseline(gate, noise_runs=0)[0].noise.repeated.startswith("not measured")
    with pytest.raises(UsageError, match="cannot show noise"):
        make_baseline(gate, noise_runs=1)


def test_of_many_documents_only_the_queries_are_repeated_unless_a_number_is_stated(
    golden: GoldenSet, tmp_path: Path, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evalkit.regression.noise.DOCUMENTS", DOCUMENTS - 1)
    (tmp_path / f"{module}.py").write_text(ENCODER.format(seed="None", noise=0.2))
    gate = gate_of(golden, f"python/{module}:encode", tmp_path, dims=128)

    cheap, thorough = make_baseline(gate)[0].noise, make_baseline(gate, noise_runs=2)[0].noise

    assert "120 documents from the cache" in cheap.repeated
    assert cheap.variance[Measure("nDCG", 10)] > 0
    assert (thorough.runs, thorough.repeated) == (2, "all texts embedded, the index built")


def test_vectors_that_changed_under_one_name_are_seen_with_live_alone(
    golden: GoldenSet, tmp_path: Path, module: str
) -> None:
    path = tmp_path / f"{module}.py"
    path.write_text(ENCODER.format(seed=1, noise=0.0))
    gate = gate_of(golden, f"python/{module}:encode", tmp_path, dims=128, revision="pinned")
    baseline, _ = make_baseline(gate)
    calm = run_gate(gate, baseline, live=True)
    path.write_text(ENCODER.format(seed=1, noise=0.05))

    cached, live = run_gate(gate, baseline), run_gate(gate, baseline, live=True)

    assert calm.watched is not None
    assert (calm.verdict, calm.watched.compared, calm.watched.moved) == ("PASS", QUERIES + 100, 0)
    assert (cached.verdict, cached.watched) == ("PASS", None)
    assert (live.verdict, live.reason) == ("WARN", "VECTORS_MOVED")
    assert live.watched is not None
    assert live.watched.moved > 100


def test_the_distance_of_sketches_is_about_that_of_the_vectors(
    golden: GoldenSet, tmp_path: Path, module: str
) -> None:
    path = tmp_path / f"{module}.py"
    path.write_text(ENCODER.format(seed=1, noise=0.0))
    gate = gate_of(golden, f"python/{module}:encode", tmp_path, dims=128, revision="pinned", normalize=False)
    baseline, _ = make_baseline(gate)
    path.write_text(ENCODER.format(seed=1, noise=0.01))

    watched = run_gate(gate, baseline, live=True).watched

    assert watched is not None
    assert 0.1 < watched.farthest < 0.3  # 0.01 in each of 128 dimensions is 0.113, beside a length of one


def test_a_baseline_survives_its_file_bit_by_bit(golden: GoldenSet, tmp_path: Path) -> None:
    gate = Gate(golden=golden, system=System.parse("hash/64"), cache=VectorCache(tmp_path / "cache"))
    made, _ = make_baseline(gate)
    path = baseline_path(tmp_path, "support", "st/some model@1")
    write_baseline(path, made)

    read = read_baseline(path)

    np.testing.assert_array_equal(read.values, made.values)
    assert path == tmp_path / "baselines" / "support" / "st-some-model-1.json"
    assert baseline_text(read) == path.read_text() == baseline_text(made)
    assert [item.packed for item in read.canaries] == [item.packed for item in made.canaries]
    assert len(read.canaries) == QUERIES + 100


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"queries": ""}, "values"),
        ({"measures": [1.5]}, r'"measures"\[0\] holds 1.5, where a text belongs'),
        ({"golden": {"name": "support"}}, "its golden has no judgements_digest"),
        ({"fingerprint": {"provider": "hash"}}, "its fingerprint has no model"),
        ({"fingerprint": None}, '"fingerprint" holds null, where an object belongs'),
    ],
)
def test_a_baseline_that_lost_a_part_is_refused(
    golden: GoldenSet, tmp_path: Path, change: dict[str, object], told: str
) -> None:
    gate = Gate(golden=golden, system=System.parse("hash/64"), cache=VectorCache(tmp_path / "cache"))
    whole = json.loads(baseline_text(make_baseline(gate)[0]))
    path = tmp_path / "spoilt.json"
    path.write_text(json.dumps(whole | change))

    with pytest.raises(UsageError, match=told) as caught:
        read_baseline(path)

    assert caught.value.findings[0].code == "EK152"


def test_the_file_has_a_line_for_each_query_and_no_text(golden: GoldenSet, tmp_path: Path) -> None:
    gate = Gate(golden=golden, system=System.parse("hash/64"), cache=VectorCache(tmp_path / "cache"))

    text = baseline_text(make_baseline(gate)[0])

    assert sum(line.startswith(' "q0') for line in text.splitlines()) == QUERIES
    assert json.loads(text)["golden"]["judgements_digest"] == golden.judgements_digest
    assert not [word for word in ("topic", "thing", "question", "answer") if word in text]


def test_a_waiver_of_a_query_that_is_not_there_is_refused(golden: GoldenSet) -> None:
    with pytest.raises(UsageError, match="no query is called 'q999'"):
        Gate(golden=golden, system=System.parse("hash/8"), policy=Policy(waivers={"q999": "gone"}))


def test_models_by_module_are_looked_for_beside_the_config(tmp_path: Path) -> None:
    table = ModelTable(spec="search/ours:find")
    config = Config(tmp_path / "evalkit.toml", ConfigFile(models={"prod": table}))

    assert config.system("prod").options["base"] == str(tmp_path)


@pytest.mark.long
def test_a_gate_on_a_warm_cache_imports_no_torch(golden: GoldenSet, tmp_path: Path) -> None:
    """The vectors of a sentence-transformers model are put into the cache by hand."""
    cache = VectorCache(tmp_path / "cache")
    encoder = open_encoder(ModelSpec.parse("st/all-MiniLM-L6-v2"), golden)
    for role, texts in ((Role.query, golden.queries), (Role.document, golden.corpus)):
        made = {
            digest_text(encoder.fingerprint.prompt(role) + body): np.eye(384, dtype=np.float32)[row]
            for row, body in enumerate(texts.bodies)
        }
        cache.write(encoder.fingerprint, role, made)
    arguments = ["gate", "support", "--model", "st/all-MiniLM-L6-v2", "--cache", str(cache.folder)]
    code = (
        "import sys\nfrom evalkit.cli.main import run\n"
        f"assert run({[*arguments, '--update', '--noise-runs', '0']!r}) == 0\n"
        f"assert run({arguments!r}) == 0\n"
        "print('LOADED', *sorted(name for name in sys.modules if '.' not in name))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )

    loaded = set(done.stdout.rpartition("LOADED")[2].split())
    assert not {"torch", "transformers", "sentence_transformers", "pandas", "sklearn"} & loaded
    assert "PASS" in done.stdout
