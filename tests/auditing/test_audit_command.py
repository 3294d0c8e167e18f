"""evalkit audit: what records state is counted, vectors are made again, the exit code says the rest."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import faiss
import jsonschema
import numpy as np
import pyarrow as pa
import pytest
from audited import EXPECTED, OTHER, golden_folder, store, texts_of, vectors_of
from pyarrow import parquet

from evalkit.cli import main
from evalkit.cli.options import provenance
from evalkit.embedding.storespec import StoreSpec
from evalkit.results.schemas import schema_of

TEXTS = texts_of(400)
RIGHT, WRONG = vectors_of(EXPECTED, TEXTS), vectors_of(OTHER, TEXTS)
IDS = list(TEXTS)


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path


def mixed(share: float, *, seed: int = 0) -> tuple[Any, set[str]]:
    """Return vectors of which a share is foreign, and whose these are."""
    rows = np.random.default_rng(seed).choice(400, size=round(400 * share), replace=False)
    vectors = RIGHT.copy()
    vectors[rows] = WRONG[rows]
    return vectors, {IDS[row] for row in rows}


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = main.run(["audit", *arguments, "--expect", EXPECTED, "--json"])
    shown: dict[str, Any] = json.loads(capsys.readouterr().out)
    jsonschema.validate(shown, schema_of("audit"))
    return code, shown


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    capsys.readouterr()
    return main.run(["audit", *arguments]), capsys.readouterr().err


def test_a_store_of_one_model_is_sound(capsys: pytest.CaptureFixture[str]) -> None:
    store("prod", TEXTS, RIGHT, [EXPECTED] * 400)

    code, shown = asked(capsys, "vectors/prod")

    assert (code, shown["verdict"]) == (0, "SOUND")
    assert shown["census"] == [
        {"fingerprint": EXPECTED, "month": None, "tenant": None, "width": 64, "count": 400}
    ]
    assert shown["forensic"]["foreign"] == shown["forensic"]["low"] == 0
    assert shown["forensic"]["high"] <= 0.01
    assert shown["forensic"]["examined"] < 300  # fewer than of a large store, by the same promise


def test_a_resumed_backfill_with_another_model_is_found_though_every_record_claims_one_version(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The index was filled up with another model of the same width, and called ready."""
    vectors, foreign = mixed(0.05)
    store("prod", TEXTS, vectors, [EXPECTED] * 400)
    golden_folder("support", TEXTS)

    code, shown = asked(
        capsys, "vectors/prod", "--sample", "299", "--golden", "support", "--suspect", OTHER, "--seed", "3"
    )

    assert (code, shown["verdict"], len(shown["census"])) == (1, "DRIFT", 1)
    forensic = shown["forensic"]
    (cause,) = forensic["causes"]
    assert forensic["examined"] == 299
    assert (cause["name"], cause["shown"]) == (f"of the model {OTHER}", True)
    assert set(cause["ids"]) <= foreign
    assert cause["count"] == forensic["foreign"] == len(cause["ids"])
    assert forensic["low"] <= 0.05 <= forensic["high"]
    assert "not of hash/64" in shown["sentence"]


def test_a_model_that_records_name_is_tried(capsys: pytest.CaptureFixture[str]) -> None:
    store(
        "prod", TEXTS, np.where(np.arange(400)[:, None] < 12, WRONG, RIGHT), [OTHER] * 12 + [EXPECTED] * 388
    )
    golden_folder("support", TEXTS)

    code, shown = asked(capsys, "vectors/prod", "--golden", "support", "--sample", "400")

    assert code == 1
    assert [(c["name"], c["count"]) for c in shown["forensic"]["causes"]] == [(f"of the model {OTHER}", 12)]


@pytest.mark.parametrize(
    ("versions", "verdict"),
    [
        ([EXPECTED] * 400, "SOUND"),
        ([None] * 400, "SOUND"),  # nothing is claimed, and the vectors are right
        ([EXPECTED] * 399 + [None], "DRIFT"),
        ([EXPECTED] * 399 + ["st/other"], "DRIFT"),
        (["st/other"] * 400, "DRIFT"),
        (["v3"] * 400, "SOUND"),  # a label that names no model
        (["v3"] * 399 + ["v4"], "DRIFT"),
        ([EXPECTED.upper()] * 400, "SOUND"),
    ],
)
def test_claims_are_held_against_the_expectation(
    capsys: pytest.CaptureFixture[str], versions: list[str | None], verdict: str
) -> None:
    store("prod", TEXTS, RIGHT, versions)

    code, shown = asked(capsys, "vectors/prod")

    assert shown["verdict"] == verdict
    assert code == {"SOUND": 0, "DRIFT": 1}[verdict]
    assert sum(cell["count"] for cell in shown["census"]) == 400


def test_a_label_is_settled_by_saying_whose_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    store("prod", TEXTS, RIGHT, ["v3"] * 200 + ["v4"] * 200)

    assert asked(capsys, "vectors/prod", "--claim", "v3,v4")[0] == 0
    assert asked(capsys, "vectors/prod", "--claim", "v3")[0] == 1


def test_a_claim_may_be_the_digest_of_the_space(capsys: pytest.CaptureFixture[str]) -> None:
    from audited import expectation  # noqa: PLC0415 - here alone

    fingerprint = expectation(EXPECTED).fingerprint
    assert fingerprint is not None
    store("prod", TEXTS, RIGHT, [fingerprint.digest] * 200 + [fingerprint.digest[:12]] * 200)

    assert asked(capsys, "vectors/prod")[1]["verdict"] == "SOUND"


def test_what_a_folder_states_as_a_whole_is_a_claim(capsys: pytest.CaptureFixture[str]) -> None:
    store("prod", TEXTS, RIGHT, [None] * 400)
    Path("prod/fingerprint.json").write_text(json.dumps({"provider": "st", "model": "e5-base", "dims": 64}))

    code, shown = asked(capsys, "vectors/prod")

    assert (code, shown["census"][0]["fingerprint"]) == (1, "st/e5-base")
    assert "records state 'st/e5-base', not hash/64" in shown["sentence"]


def test_without_texts_nothing_is_certified(capsys: pytest.CaptureFixture[str]) -> None:
    store("prod", TEXTS, RIGHT, [EXPECTED] * 400, text=None)

    code, shown = asked(capsys, "vectors/prod")

    assert (code, shown["verdict"]) == (3, "UNKNOWN")
    assert shown["forensic"]["examined"] == 0
    assert (shown["forensic"]["low"], shown["forensic"]["high"]) == (0.0, 1.0)
    assert "no record that was drawn has a text" in shown["sentence"]


def test_records_that_share_an_id_are_told_and_none_hides_behind_another(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A backfill that appends leaves two rows for one id, and the second may be of another model."""
    twice = pa.table(
        {
            "id": [*IDS, *IDS],
            "vector": [*RIGHT.tolist(), *WRONG.tolist()],
            "text": [*TEXTS.values(), *TEXTS.values()],
        }
    )
    parquet.write_table(twice, "twice.parquet")

    code, told = refused(capsys, "twice.parquet", "--expect", EXPECTED)

    assert (code, "EK557" in told, "more than once" in told) == (2, True, True)


def test_an_index_of_approximations_certifies_nothing_and_names_no_model(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Product quantisation leaves a cosine of .82: as far from the model as another one."""
    index = faiss.index_factory(64, "PQ8x4")
    index.train(RIGHT.astype(np.float32))
    index.add(RIGHT.astype(np.float32))
    faiss.write_index(index, "index.faiss")
    rows = pa.table({"id": IDS, "text": list(TEXTS.values()), "model": [EXPECTED] * 400})
    parquet.write_table(rows, "index.parquet")

    code, shown = asked(capsys, "faiss://index.faiss")

    assert (code, shown["verdict"], shown["forensic"]["causes"]) == (3, "UNKNOWN", [])
    assert "approximations" in shown["sentence"]
    assert "EK626" in [finding["code"] for finding in shown["findings"]]


def test_drift_in_the_claims_is_drift_without_texts_too(capsys: pytest.CaptureFixture[str]) -> None:
    store("prod", TEXTS, RIGHT, [EXPECTED] * 300 + ["st/other"] * 100, text=None)

    assert asked(capsys, "vectors/prod")[0] == 1


def test_claims_alone_certify_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    store("prod", TEXTS, RIGHT, [EXPECTED] * 400)

    code, shown = asked(capsys, "vectors/prod", "--sample", "0")

    assert (code, shown["verdict"], shown["forensic"]["lacking"]) == (3, "UNKNOWN", "no vector was looked at")


def test_few_texts_do_not_keep_the_promise(capsys: pytest.CaptureFixture[str]) -> None:
    texts = dict.fromkeys(TEXTS, "") | dict(list(TEXTS.items())[:50])
    store("prod", texts, RIGHT, [EXPECTED] * 400)

    code, shown = asked(capsys, "vectors/prod")

    assert (code, shown["verdict"]) == (3, "UNKNOWN")
    assert 0 < shown["forensic"]["examined"] <= 50
    assert "EK648" in [finding["code"] for finding in shown["findings"]]


def test_a_sample_larger_than_the_store_is_the_store_and_said(capsys: pytest.CaptureFixture[str]) -> None:
    store("prod", TEXTS, RIGHT, [EXPECTED] * 400)

    code, shown = asked(capsys, "vectors/prod", "--sample", "4000")

    assert (code, shown["forensic"]["examined"], shown["forensic"]["high"]) == (0, 400, 0.0)
    assert "EK646" in [finding["code"] for finding in shown["findings"]]


def test_texts_of_a_golden_set_tell_stale_vectors_from_those_of_another_model(
    capsys: pytest.CaptureFixture[str],
) -> None:
    older = {name: (f"{text} before" if name in IDS[:20] else text) for name, text in TEXTS.items()}
    store("prod", older, vectors_of(EXPECTED, older), [EXPECTED] * 400)
    golden_folder("support", TEXTS)

    code, shown = asked(capsys, "vectors/prod", "--golden", "support", "--sample", "400")

    assert code == 1
    assert [(cause["name"], cause["ids"]) for cause in shown["forensic"]["causes"]] == [
        ("of an older text, which the store still holds beside it", IDS[:20])
    ]


def test_the_same_seed_draws_the_same_records_and_the_result_is_the_same_to_the_byte(
    capsys: pytest.CaptureFixture[str],
) -> None:
    store("prod", TEXTS, mixed(0.1)[0], [EXPECTED] * 400)

    first, second = (asked(capsys, "vectors/prod", "--sample", "99", "--seed", "7")[1] for _ in range(2))
    other = asked(capsys, "vectors/prod", "--sample", "99", "--seed", "8")[1]

    for shown in (first, second):
        del shown["provenance"], shown["history"]
    assert first == second
    assert first["forensic"]["sampled"] != other["forensic"]["sampled"]


def test_tenants_are_digests_unless_they_are_to_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    tenants = [f"customer-{row % 30}" for row in range(400)]
    store("prod", TEXTS, RIGHT, [EXPECTED] * 400, tenant=tenants)

    hidden, shown = asked(capsys, "vectors/prod")[1], asked(capsys, "vectors/prod", "--show-tenants")[1]

    assert "customer-" not in json.dumps([hidden["census"], hidden["forensic"]])
    assert "customer-3" in [cell["tenant"] for cell in shown["census"]]
    assert "other" in [cell["tenant"] for cell in hidden["census"]]  # beyond the twenty largest
    assert sum(cell["count"] for cell in hidden["census"]) == 400


def test_ids_may_be_digests_too(capsys: pytest.CaptureFixture[str]) -> None:
    store("prod", TEXTS, WRONG, [EXPECTED] * 400)

    shown = asked(capsys, "vectors/prod", "--hash-ids")[1]

    assert not set(shown["forensic"]["causes"][0]["ids"]) & set(IDS)


def test_it_leaves_a_page_a_result_gauges_and_a_line_a_night(capsys: pytest.CaptureFixture[str]) -> None:
    store("prod", TEXTS, RIGHT, [EXPECTED] * 400)
    main.run(["audit", "vectors/prod", "--expect", EXPECTED, "-o", "out"])
    store("prod", TEXTS, mixed(0.2)[0], [EXPECTED] * 400)

    code = main.run(["audit", "vectors/prod", "--expect", EXPECTED, "-o", "out"])

    assert code == 1
    assert "DRIFT" in capsys.readouterr().out.splitlines()[-1]
    result = json.loads(Path("out/result.json").read_text())
    jsonschema.validate(result, schema_of("audit"))
    nights = [json.loads(line) for line in Path("out/history.jsonl").read_text().splitlines()]
    assert [night["verdict"] for night in nights] == ["SOUND", "DRIFT"]
    assert [night["verdict"] for night in result["history"]] == ["SOUND", "DRIFT"]
    assert "night by night" in Path("out/report.html").read_text().lower()
    assert (Path("out/audit.prom").stat().st_mode & 0o777) == 0o644
    assert sorted(path.name for path in Path("out").iterdir()) == [
        "audit.prom",
        "history.jsonl",
        "report.html",
        "result.json",
        "summary.md",
    ]


def test_gauges_are_what_a_textfile_collector_takes(capsys: pytest.CaptureFixture[str]) -> None:
    versions = [EXPECTED] * 300 + ['v"3\\\n'] * 60 + [None] * 40
    store("prod", TEXTS, RIGHT, versions, tenant=[f"t{row % 3}" for row in range(400)])
    main.run(["audit", "vectors/prod", "--expect", EXPECTED, "-o", "out"])
    capsys.readouterr()

    text = Path("out/audit.prom").read_text()

    samples = [line for line in text.splitlines() if not line.startswith("#")]
    sample = re.compile(r'(\w+)(\{(?:\w+="(?:[^"\\\n]|\\.)*",?)*\})? (\S+)')
    parsed = [sample.fullmatch(line) for line in samples]
    assert all(parsed)
    assert len({line.rpartition(" ")[0] for line in samples}) == len(samples)  # no labels twice
    total = sum(float(m[3]) for m in parsed if m and m[1] == "evalkit_index_vectors")
    assert total == 400
    assert 'evalkit_audit_verdict{store="vectors/prod",verdict="DRIFT"} 1' in samples
    assert text.endswith("\n")
    assert {m[1] for m in parsed if m} >= {
        "evalkit_index_vectors",
        "evalkit_index_version_share",
        "evalkit_index_foreign_upper_bound",
        "evalkit_audit_last_success_timestamp_seconds",
    }


def test_a_page_and_its_gauges_are_drawn_again_from_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    store("prod", TEXTS, RIGHT, [EXPECTED] * 400)
    main.run(["audit", "vectors/prod", "--expect", EXPECTED, "-o", "out"])
    before = Path("out/report.html").read_bytes(), Path("out/audit.prom").read_bytes()

    codes = [main.run(["report", "out"]), main.run(["report", "out", "-o", "again.prom"])]

    capsys.readouterr()
    assert codes == [0, 0]
    assert (Path("out/report.html").read_bytes(), Path("again.prom").read_bytes()) == before


def test_the_folder_of_another_store_is_not_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    store("prod", TEXTS, RIGHT, [EXPECTED] * 400)
    store("test", TEXTS, RIGHT, [EXPECTED] * 400)
    main.run(["audit", "vectors/prod", "--expect", EXPECTED, "-o", "out"])

    code, told = refused(capsys, "vectors/test", "--expect", EXPECTED, "-o", "out")

    assert (code, "EK612" in told) == (2, True)
    assert main.run(["audit", "vectors/test", "--expect", EXPECTED, "-o", "out", "--force"]) == 0


def test_a_night_that_failed_is_noted_as_failed(capsys: pytest.CaptureFixture[str]) -> None:
    store("prod", TEXTS, RIGHT, [EXPECTED] * 400)
    main.run(["audit", "vectors/prod", "--expect", EXPECTED, "-o", "out"])
    Path("prod/corpus.parquet").unlink()

    code, _ = refused(capsys, "vectors/prod", "--expect", EXPECTED, "-o", "out")

    assert code != 0
    nights = [json.loads(line)["verdict"] for line in Path("out/history.jsonl").read_text().splitlines()]
    assert nights == ["SOUND", "FAILED"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["vectors/prod"], "EK640", "--expect MODEL"),
        (["--expect", EXPECTED], "EK640", "STORE"),
        (["vectors/prod", "--expect", "run/some.trec"], "EK640", "makes no vectors"),
        (["vectors/prod", "--expect", "nothing"], "EK113", "does not name a model"),
        (["vectors/prod", "--expect", "has/64"], "EK102", "did you mean hash"),
        (["vectors/prod", "--expect", "lsa/64"], "EK641", "--golden SET"),
        (["vectors/prod", "--expect", "openai/text-embedding-3-small"], "EK642", "--send-texts"),
        (["vectors/prod", "--expect", EXPECTED, "--sample", "-3"], "EK645", "--sample -3"),
        (["vectors/prod", "--expect", EXPECTED, "--at-most", "2"], "EK645", "cannot be promised"),
        (["vectors/prod", "--expect", EXPECTED, "--same", "1.5"], "EK645", "no cosine"),
        (["vectors/prod", "--expect", EXPECTED, "--today", "yesterday"], "EK645", "no day"),
        (["vectors/nowhere", "--expect", EXPECTED], "EK557", "vectors/nowhere"),
        (["vectors/prod", "--expect", EXPECTED, "--golden", "helpdesk"], "EK644", "has a text in helpdesk"),
        (["vectors/prod", "--expect", EXPECTED, "--audit", "none.toml"], "EK643", "none.toml"),
    ],
)
def test_what_cannot_be_asked_is_said(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: str, words: str
) -> None:
    store("prod", TEXTS, RIGHT, [EXPECTED] * 400)

    exit_code, told = refused(capsys, *arguments)

    assert exit_code == 2
    assert code in told
    assert words in told


def test_a_model_that_asks_a_server_without_its_key_says_which_key(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    store("prod", TEXTS, RIGHT, [EXPECTED] * 400)

    exit_code, told = refused(
        capsys, "vectors/prod", "--expect", "openai/text-embedding-3-small", "--send-texts"
    )

    assert exit_code in (2, 4)
    assert "OPENAI_API_KEY" in told


AUDIT = """store = "vectors/${WHERE}"
expect = "hash/64"
sample = 299
tenants = 5

[map]
version = "fingerprint"
"""


def test_a_file_says_what_is_asked_every_night(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHERE", "prod")
    store("prod", TEXTS, RIGHT, [EXPECTED] * 400)
    Path("audit.toml").write_text(AUDIT)

    assert main.run(["audit", "--audit", "audit.toml"]) == 0
    assert main.run(["audit", "--audit", "audit.toml", "--expect", "hash/32"]) == 1
    capsys.readouterr()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("expct = 'hash/64'", "did you mean expect?"),
        ("sampel = 3", "did you mean sample?"),
        ("sample = '299'", "not a whole number"),
        ("sample = true", "not a whole number"),
        ("claims = 'v3'", "not a list of texts"),
        ("claims = [3]", "not a list of texts"),
        ("store = 'vectors/${NOT_SET_HERE}'", "NOT_SET_HERE, which is not set"),
        ("[window]\nstarts = 2026-11-01\nends = 2026-12-01", "lacks old"),
        ("[window]\nold = 'a/b'\nstrats = 2026-11-01\nends = 2026-12-01", "did you mean starts?"),
        ("[window]\nold = 'a/b'\nstarts = 'soon'\nends = 2026-12-01", "which is no day"),
        ("[window]\nold = 'a/b'\nstarts = 2026-12-01\nends = 2026-11-01", "ends after it starts"),
        ("[window]\nold = 'a/b'\nstarts = 2026-11-01\nends = 2026-12-01\nend_share = 2", "between 0 and 1"),
        ("window = 3", "not a table"),
        ("store = ", "cannot be read"),
    ],
)
def test_a_file_that_says_something_else_is_refused_by_key(
    capsys: pytest.CaptureFixture[str], wrong: str, words: str
) -> None:
    Path("audit.toml").write_text(wrong + "\n")

    code, told = refused(capsys, "vectors/prod", "--expect", EXPECTED, "--audit", "audit.toml")

    assert (code, "EK643" in told) == (2, True)
    assert words in told


WINDOW = """
[window]
old = "lsa/64"
starts = 2026-11-01
ends = 2026-11-21
"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("today", "moved", "strangers", "verdict", "words"),
    [
        ("2026-11-11", 200, 0, "SOUND", ""),
        ("2026-11-11", 300, 0, "SOUND", ""),  # ahead of the schedule
        ("2026-11-11", 100, 0, "DRIFT", "behind its schedule"),
        ("2026-11-11", 200, 5, "DRIFT", "beside both models"),
        ("2026-10-20", 0, 0, "SOUND", ""),
        ("2026-10-20", 10, 0, "DRIFT", "hash/64"),
        ("2026-12-01", 400, 0, "SOUND", ""),
        ("2026-12-01", 390, 0, "DRIFT", "lsa/64"),
    ],
)
def test_inside_a_window_two_models_may_lie_side_by_side(
    capsys: pytest.CaptureFixture[str], today: str, moved: int, strangers: int, verdict: str, words: str
) -> None:
    new = np.arange(400) < moved
    versions = [EXPECTED if is_new else OTHER for is_new in new]
    versions[-strangers or 400 :] = ["st/third"] * strangers
    store("prod", TEXTS, np.where(new[:, None], RIGHT, WRONG), versions)
    golden_folder("support", TEXTS)
    Path("audit.toml").write_text(WINDOW)

    _, shown = asked(capsys, "vectors/prod", "--golden", "support", "--audit", "audit.toml", "--today", today)

    assert (shown["verdict"], words in shown["sentence"]) == (verdict, True)


def test_a_record_of_one_model_with_the_vector_of_the_other_is_drift_inside_a_window(
    capsys: pytest.CaptureFixture[str],
) -> None:
    new = np.arange(400) < 200
    store("prod", TEXTS, np.where(new[:, None], RIGHT, WRONG), [EXPECTED] * 220 + [OTHER] * 180)
    golden_folder("support", TEXTS)
    Path("audit.toml").write_text(WINDOW)

    asking = ["--golden", "support", "--audit", "audit.toml", "--today", "2026-11-11", "--sample", "400"]
    _, shown = asked(capsys, "vectors/prod", *asking)

    assert shown["verdict"] == "DRIFT"
    assert "20 of 400 vectors are of the other model" in shown["sentence"]
    assert shown["forensic"]["models"] == {EXPECTED: 200, OTHER: 200}


def test_the_share_of_the_new_model_never_falls(capsys: pytest.CaptureFixture[str]) -> None:
    golden_folder("support", TEXTS)
    Path("audit.toml").write_text(WINDOW)
    codes = []
    for moved, today in ((240, "2026-11-11"), (230, "2026-11-12")):
        new = np.arange(400) < moved
        versions = [EXPECTED if is_new else OTHER for is_new in new]
        store("prod", TEXTS, np.where(new[:, None], RIGHT, WRONG), versions)
        common = ["--golden", "support", "--audit", "audit.toml", "-o", "out", "--today", today]
        codes.append(main.run(["audit", "vectors/prod", "--expect", EXPECTED, *common]))

    assert codes == [0, 1]
    assert "has fallen to 57.5 %" in capsys.readouterr().out


def test_a_password_that_was_typed_stands_in_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = "pgvector://reader:open-sesame%21@db.internal/app#chunks"
    monkeypatch.setattr("sys.argv", ["evalkit", "audit", typed, "--expect", EXPECTED])

    spec = StoreSpec.parse(typed)

    command = str(provenance("2026-11-29T02:00:00+00:00")["command"])
    assert "open-sesame" not in command + spec.shown
    assert "db.internal" in command
