"""The baseline file: only what is possible is read, each name has a file of its own, no link leads away."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from urllib.parse import unquote

import pytest
from gate_worlds import write_golden, write_run
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from evalkit.cli import main
from evalkit.errors import OutputError, UsageError
from evalkit.regression.asked import Corpus
from evalkit.regression.baselinefile import baseline_text, read_baseline, write_baseline
from evalkit.regression.baselinepath import baseline_path

OLDER = Path(__file__).parents[2] / "baselines" / "helpdesk" / "lsa-384.json"


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A golden set and a run, nothing stored yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    write_golden(tmp_path / "support")
    write_run(tmp_path / "now.trec")
    return tmp_path


@pytest.fixture
def stored(work: Path) -> Path:
    """The baseline of the run."""
    assert cli("--update") == 0
    return work / "baselines" / "support" / "run-now.trec.json"


def cli(*arguments: object, model: str = "run/now.trec") -> int:
    return main.run(["gate", "support", "--model", model, *map(str, arguments)])


def test_a_file_of_the_first_form_is_read_and_written_back_byte_for_byte() -> None:
    baseline = read_baseline(OLDER)

    assert baseline_text(baseline) == OLDER.read_text()
    assert baseline.asked == {}


@pytest.mark.long
@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"nDCG@10": 0.0', '"nDCG@10": Infinity', "Infinity"),
        ('"nDCG@10": 0.0', '"nDCG@10": 1e999', "1e999"),
        ('"nDCG@10": 0.0', '"nDCG@10": 1e9', "variance"),
        ('"nDCG@10": 0.0', '"nDCG@10": 0.04', "variance"),
        ('"nDCG@10": 0.0', '"nDCG@10": -0.1', "variance"),
        ('"nDCG@10": 0.0', '"nDCG@10": "0"', "variance"),
        ('"nDCG@10": 0.0', '"nDCG@10": true', "variance"),
        ('"nDCG@10": 0.0', '"nDCG@10": 0.0, "nDCG@10": 0.2', "'nDCG@10' stands twice"),
        ('"runs": 0', '"runs": -1', "runs"),
        ('"runs": 0', '"runs": 1', "runs"),
        ('"runs": 0', '"runs": 0.5', "runs"),
        ('"depth": 100', '"depth": 0', "depth"),
        ('"depth": 100', '"depth": "100"', "depth"),
        ('"queries": 60', '"queries": -60', "queries"),
        (' "q004": [1.0, 1.0, 1.0]', ' "q004": [1.0, 1.0]', "'q004'"),
        (' "q004": [1.0, 1.0, 1.0]', ' "q004": [NaN, 1.0, 1.0]', "NaN"),
        (' "q004": [1.0, 1.0, 1.0]', ' "q004": [1.0, 2.0, 1.0]', "'q004'"),
        (' "q004": [1.0, 1.0, 1.0]', ' "q004": [1.0, -1e-3, 1.0]', "'q004'"),
        (' "q004": [1.0, 1.0, 1.0]', ' "q004": [1.0, null, 1.0]', "'q004'"),
        (' "q004": [1.0, 1.0, 1.0]', ' "q004": "high"', "'q004'"),
        (' "q004": [1.0, 1.0, 1.0]', ' "q004": [1, 1, 1], "q004": [0, 0, 0]', "'q004' stands twice"),
        ('"system": "run/now.trec"', '"system": ["run"]', "system"),
        ('"measures": [', '"measures": [\n "Hit@10",', "measures"),
        ('"schema": 2', '"schema": true', "schema"),
        ('"schema": 2', '"schema": 2, "schema": 2', "'schema' stands twice"),
        ('"documents": 120,', '"documents": 900,', "corpus"),
    ],
)
def test_what_cannot_be_is_refused_with_file_and_place_and_can_be_replaced(
    stored: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, told: str
) -> None:
    text = stored.read_text()
    spoilt = text.replace(old, new) if old == '"documents": 120,' else text.replace(old, new, 1)
    assert spoilt != text
    stored.write_text(spoilt)
    capsys.readouterr()

    assert cli() == 2
    said = capsys.readouterr().err
    assert "error[EK152]" in said
    assert "run-now.trec.json" in said
    assert told in said
    assert cli("--update") == 0
    assert cli() == 0


@pytest.mark.long
@pytest.mark.parametrize(
    "content",
    [
        b'{"a": ' * 100_000,
        b"[" * 100_000,
        b"\xff\xfe",
        b"9" * 5_000,
        b'{"schema": 2, "measures": ' + b"[" * 9000,
    ],
    ids=["objects", "lists", "bytes", "digits", "inside"],
)
def test_what_is_no_json_of_ours_is_refused_and_can_be_replaced(
    stored: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    stored.write_bytes(content)

    assert cli() == 2
    assert "error[EK152]" in capsys.readouterr().err
    assert cli("--update") == 0
    assert cli() == 0


def test_a_variance_that_no_values_like_these_can_have_does_not_widen_what_is_ignored(
    stored: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = json.loads(stored.read_text())
    content["noise"] = {**content["noise"], "runs": 5, "variance": dict.fromkeys(content["measures"], 0.3)}
    stored.write_text(json.dumps(content))
    write_run(Path("now.trec"), dict.fromkeys(range(4, 20), 0))

    assert cli() == 2
    assert "variance" in capsys.readouterr().err


SPOILT = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.long
@given(data=st.data(), value=SPOILT)
@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_anything_in_place_of_anything_is_read_or_refused_and_never_a_crash(
    tmp_path: Path, data: st.DataObject, value: object
) -> None:
    content = json.loads(OLDER.read_text())
    place: object = content
    for _ in range(data.draw(st.integers(1, 3))):
        if not isinstance(place, dict | list) or not place:
            break
        holder = place
        keys = sorted(place) if isinstance(place, dict) else range(len(place))
        key = data.draw(st.sampled_from(list(keys)))
        place = holder[key]
    holder[key] = value
    path = tmp_path / "spoilt.json"
    path.write_text(json.dumps(content))

    try:
        read = read_baseline(path)
    except UsageError as error:
        assert error.findings[0].code == "EK152"  # noqa: PT017 - reading it is right too
    else:
        assert ((read.values >= 0) & (read.values <= 1)).all()


NAMES = st.text(alphabet=st.sampled_from("aAbBvV -_.%~/@#日本中文ßé\0\n:"), min_size=1, max_size=6)


@given(names=st.lists(NAMES, min_size=2, max_size=5, unique=True))
@example(["v old", "v-old"])
@example(["日本", "中文", "-"])
@example(["prod", "Prod", "pROD"])
@example(["con", "CON", "nul.txt"])
@example(["..", ".", "...", "%2E%2E"])
@example(["x" * 300, "x" * 301, "X" * 300])
@example(["lsa/64", "lsa-64", "lsa@64", "lsa 64"])
@example(["a/b", "a-b", "%61%2Db", "%61-b"])
@settings(max_examples=60)
def test_every_name_has_a_file_of_its_own_inside_the_folder_and_finds_it_again(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("named")
    found = {}
    for name in names:
        path = baseline_path(folder, "support", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"system": name, "golden": {"name": "support"}}))
        found[name] = path

    for name in names:
        assert baseline_path(folder, "support", name) == found[name]
        assert json.loads(found[name].read_text())["system"] == name
        assert found[name].parent == folder / "baselines" / "support"
        assert len(found[name].name.encode()) < 200
    for one, other in combinations(found.values(), 2):
        assert one.name.casefold() != other.name.casefold()


@given(golden=NAMES, other=NAMES)
@settings(max_examples=40)
def test_golden_sets_have_folders_of_their_own(
    tmp_path_factory: pytest.TempPathFactory, golden: str, other: str
) -> None:
    folder = tmp_path_factory.mktemp("sets")
    path = baseline_path(folder, golden, "prod")
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"system": "prod", "golden": {"name": golden}}))

    beside = baseline_path(folder, other, "prod")

    assert (beside == path) == (golden == other)
    assert beside.parent.parent == folder / "baselines"


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("prod", "prod.json"),
        ("Prod_2.1-b", "Prod_2.1-b.json"),
        ("lsa/384", "lsa-384.json"),
        ("st/all-MiniLM-L6-v2@abc", "st-all-MiniLM-L6-v2-abc.json"),
        ("v old", "v%20old.json"),
        ("日本", "%E6%97%A5%E6%9C%AC.json"),
    ],
)
def test_plain_names_and_specs_keep_their_file_and_others_can_be_read_back(
    tmp_path: Path, name: str, file: str
) -> None:
    path = baseline_path(tmp_path, "support", name)

    assert path == tmp_path / "baselines" / "support" / file
    if "/" not in name:
        assert unquote(path.stem) == name


def test_an_older_file_of_an_odd_name_is_found_where_it_lies(tmp_path: Path) -> None:
    older = tmp_path / "baselines" / "-" / "v-old.json"
    older.parent.mkdir(parents=True)
    older.write_text(json.dumps({"schema": 1, "system": "v old", "golden": {"name": "日本"}}))

    assert baseline_path(tmp_path, "日本", "v old") == older
    assert baseline_path(tmp_path, "中文", "v old") != older


def test_two_aliases_that_were_one_file_hold_their_own_values(work: Path) -> None:
    (work / "evalkit.toml").write_text(
        '[models."v old"]\nspec = "run/now.trec"\n[models.v-old]\nspec = "run/worse.trec"\n'
    )
    write_run(work / "worse.trec", dict.fromkeys(range(4, 30), 2))

    assert cli("--update", model="v old") == cli("--update", model="v-old") == 0
    assert {path.name for path in (work / "baselines" / "support").iterdir()} == {
        "v%20old.json",
        "v-old.json",
    }
    assert cli(model="v old") == cli(model="v-old") == 0


@pytest.mark.parametrize("place", ["baselines", "baselines/support", "baselines/support/run-now.trec.json"])
def test_no_baseline_is_written_through_a_link_that_leads_out(
    work: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    target = elsewhere / "precious" if place.endswith(".json") else elsewhere
    if place.endswith(".json"):
        target.write_text("mine")
    (work / place).parent.mkdir(parents=True, exist_ok=True)
    (work / place).symlink_to(target)

    assert cli("--update") == 2
    assert "EK163" in capsys.readouterr().err
    assert [path.name for path in elsewhere.rglob("*") if path.name != "precious"] == []
    assert not place.endswith(".json") or target.read_text() == "mine"


def test_a_file_that_is_named_is_not_written_through_a_link_either(
    stored: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    baseline = read_baseline(stored)
    precious = tmp_path_factory.mktemp("elsewhere") / "precious"
    link = stored.with_name("link.json")
    link.symlink_to(precious)

    with pytest.raises(OutputError, match="leads through a link"):
        write_baseline(link, baseline)
    assert not precious.exists()


@given(ids=st.sets(st.text(min_size=1, max_size=8), min_size=1, max_size=60))
def test_a_remembered_corpus_knows_every_document_that_was_there(ids: set[str]) -> None:
    corpus = Corpus.of(ids)

    assert all(name in Corpus.unpacked(corpus.documents, corpus.packed) for name in ids)


def test_a_stranger_to_a_remembered_corpus_is_seen_in_almost_every_case() -> None:
    corpus = Corpus.of(f"d{number}" for number in range(2_000))

    assert sum(f"new{number}" in corpus for number in range(2_000)) < 60
