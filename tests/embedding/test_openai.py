"""openai/: order, counts, numbers, retries and refusals, against a real HTTP server on loopback."""

from __future__ import annotations

import contextlib
import gzip
import random
import socket
import time
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from damaged_answers import damaged
from endpoint_by_hand import DRIP_S, QUICKLY, Endpoint, Payload, Reply, endpoint, failure, reply, vector_of
from hypothesis import given
from hypothesis import strategies as st
from texts_by_hand import golden_set

from evalkit.digests import digest_text
from evalkit.embedding.adapters import halving
from evalkit.embedding.adapters.endpoint import Pacer
from evalkit.embedding.cache import VectorCache
from evalkit.embedding.embeddedset import EmbeddedSet, embed
from evalkit.embedding.encoder import Encoder, Fingerprint, Role, VectorSource
from evalkit.embedding.modelspec import ModelSpec, open_encoder
from evalkit.errors import EvalkitError, ModelError, ProviderError, UsageError
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.texts import Texts

GOLDEN = golden_set()


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[Endpoint]:
    with endpoint() as state:
        yield state


def encoder_of(server: Endpoint | None, model: str = "m", **options: Any) -> Encoder:
    at = {} if server is None else {"base_url": server.url}
    found = open_encoder(ModelSpec.parse(f"openai/{model}"), GOLDEN, {**at, **options})
    assert not isinstance(found, VectorSource)
    return found


def embedded(server: Endpoint, golden: GoldenSet = GOLDEN, **options: Any) -> EmbeddedSet:
    return embed(golden, encoder_of(server, **options))


def fingerprint(server: Endpoint | None = None, **options: Any) -> Fingerprint:
    return encoder_of(server, **options).fingerprint


def test_every_text_gets_its_own_vector(server: Endpoint) -> None:
    found = embedded(server, normalize=False)

    wanted = [vector_of(text) for text in GOLDEN.corpus.bodies]
    np.testing.assert_array_equal(found.corpus.vectors, wanted)
    assert found.fingerprint.dims == 8
    assert found.truncated is None


def test_vectors_have_unit_length_unless_told_otherwise(server: Endpoint) -> None:
    np.testing.assert_allclose(np.linalg.norm(embedded(server).corpus.vectors, axis=1), 1, atol=1e-6)


def test_shuffled_indexes_are_put_in_order(server: Endpoint) -> None:
    server.always = lambda request: reply(server.data(request)[::-1])

    found = embedded(server, normalize=False)

    np.testing.assert_array_equal(found.corpus.vectors, [vector_of(text) for text in GOLDEN.corpus.bodies])


def test_plain_numbers_and_base64_are_the_same_vectors(server: Endpoint) -> None:
    packed = embedded(server)
    server.always = lambda request: server.well({**request, "encoding_format": "float"})

    assert {request["encoding_format"] for request in server.requests[1:3]} == {"base64"}
    np.testing.assert_array_equal(embedded(server).corpus.vectors, packed.corpus.vectors)


def test_an_answer_without_indexes_is_in_order(server: Endpoint) -> None:
    server.always = lambda request: reply([{"embedding": item["embedding"]} for item in server.data(request)])

    found = embedded(server, normalize=False)

    np.testing.assert_array_equal(found.queries.vectors, [vector_of(text) for text in GOLDEN.queries.bodies])


def test_requests_hold_no_more_texts_than_stated(server: Endpoint) -> None:
    embedded(server, golden_set(documents=10), batch_size=4)

    assert [len(request["input"]) for request in server.requests] == [1, 1, 3, 4, 4, 2]


@given(
    st.lists(st.text(alphabet="ab", max_size=40)),
    st.integers(1, 5),
    st.integers(1, 60),
)
def test_requests_cover_every_text_once_and_keep_both_limits(
    bodies: list[str], size: int, characters: int
) -> None:
    kept, batches = halving.CHARACTERS, []
    left = [row for row, body in enumerate(bodies) if body]
    halving.CHARACTERS = characters
    try:
        while left:
            batches.append(halving._batch(left, bodies, size))  # noqa: SLF001 - the rule of every request
            del left[: len(batches[-1])]
    finally:
        halving.CHARACTERS = kept

    assert [row for rows in batches for row in rows] == [row for row, body in enumerate(bodies) if body]
    assert all(len(rows) <= size for rows in batches)
    assert all(len(rows) == 1 or sum(len(bodies[row]) for row in rows) <= characters for rows in batches)


def test_an_empty_text_is_not_sent_and_is_told(server: Endpoint) -> None:
    golden = replace(GOLDEN, corpus=Texts.of({"d0": "words", "d1": ""}))

    found = embedded(server, golden)

    assert "" not in server.texts
    assert not found.corpus.vectors[1].any()
    assert [finding.code for finding in found.findings] == ["EK321"]


def test_prompts_are_sent_by_role(server: Endpoint) -> None:
    embedded(server, query_prompt="q: ", document_prompt="d: ")

    assert {text[:3] for text in server.texts[2:5]} == {"q: "}
    assert {text[:3] for text in server.texts[5:]} == {"d: "}


def test_dimensions_are_asked_for_and_need_no_probe(server: Endpoint) -> None:
    found = embedded(server, dimensions=5)

    assert found.corpus.vectors.shape == (5, 5)
    assert {request["dimensions"] for request in server.requests} == {5}
    assert len(server.requests) == 3


def test_a_server_that_asks_for_patience_gets_it(server: Endpoint) -> None:
    server.next = [failure(429, **{"retry-after": "0.01"})]

    embedded(server, dimensions=8)

    assert len(server.requests) == 4


def test_a_server_that_fails_twice_is_asked_a_third_time(server: Endpoint) -> None:
    server.next = [failure(500), failure(503)]

    embedded(server, dimensions=8)

    assert len(server.requests) == 5


def _numbers(value: float) -> list[Payload]:
    return [{"index": index, "embedding": [1.0, value]} for index in range(3)]


FAULTS = {
    "key": (failure(401), ModelError, "EK362", "refuses the key"),
    "not allowed": (failure(403), ModelError, "EK362", "OPENAI_API_KEY"),
    "no such model": (failure(404), ModelError, "EK363", "no such model or address"),
    "too long": (failure(400, "maximum context length"), ModelError, "EK361", "maximum context length"),
    "unprocessable": (failure(422), ModelError, "EK361", "longest text sent has 12 characters"),
    "too many": (failure(429), ProviderError, "EK711", "requests_per_minute"),
    "server": (failure(500), ProviderError, "EK712", "every request that was answered is kept"),
    "overload": (failure(503), ProviderError, "EK712", "it said so"),
    "no JSON": (lambda _: Reply(body=b"<html>Log in"), ProviderError, "EK715", "begins with '<html>Log in'"),
    "cut JSON": (lambda _: Reply(body=b'{"data": ['), ProviderError, "EK715", "cut off after 10 characters"),
    "other JSON": (lambda _: Reply(body=b'{"ok": true}'), ProviderError, "EK715", "not a list of embeddings"),
    "no vectors": (lambda _: reply([{}] * 3), ProviderError, "EK715", "not a list of embeddings"),
    "words": (lambda _: reply([{"embedding": ["a"]}] * 3), ProviderError, "EK715", "['a']"),
    "repeated": (lambda _: reply([{**_numbers(1.0)[0]}] * 3), ProviderError, "EK716", "0, 0, 0"),
    "not base64": (
        lambda _: reply([{"embedding": "*"}] * 3),
        ProviderError,
        "EK715",
        "not a list of embeddings",
    ),
    "few": (lambda _: reply(_numbers(1.0)[:2]), ProviderError, "EK716", "2 vectors came back for 3 texts"),
    "many": (lambda _: reply(_numbers(1.0) * 2), ProviderError, "EK716", "6 vectors came back"),
    "gap": (
        lambda _: reply([{"index": index + 1, "embedding": [1.0, 2.0]} for index in range(3)]),
        ProviderError,
        "EK716",
        "1, 2, 3",
    ),
    "ragged": (
        lambda _: reply([{"index": index, "embedding": [1.0] * (index + 1)} for index in range(3)]),
        ProviderError,
        "EK717",
        "1 and 2 and 3 dimensions",
    ),
    "other dimensions": (
        lambda _: reply([{"index": index, "embedding": [1.0] * 5} for index in range(3)]),
        ModelError,
        "EK364",
        "gave 5 dimensions, not 2",
    ),
    "no input type": (failure(400, "input_type is required"), ModelError, "EK361", "input_type = {"),
    "key elsewhere": (failure(401, "missing subscription key"), ModelError, "EK362", "api_key_header"),
    "no api version": (failure(400, "Missing api-version"), ModelError, "EK361", "extra_query"),
    "NaN": (lambda _: reply(_numbers(float("nan"))), ModelError, "EK365", "not finite for the text"),
    "infinite": (lambda _: reply(_numbers(float("inf"))), ModelError, "EK365", "float16"),
}


@pytest.mark.long
@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_says_what_happened_and_what_to_do(server: Endpoint, fault: str) -> None:
    server.always, kind, code, told = FAULTS[fault]

    with pytest.raises(kind) as caught:
        embedded(server, dimensions=2, max_retries=1)

    assert type(caught.value) is kind
    assert caught.value.exit_code == (4 if kind is ProviderError else 2)
    assert caught.value.findings[0].code == code
    assert told in str(caught.value)
    assert server.url in str(caught.value)
    assert caught.value.hint


def test_a_server_that_hangs_is_left(server: Endpoint) -> None:
    server.always = lambda _: Reply(hangs=True)

    with pytest.raises(ProviderError, match=r"no answer within 0\.2 s"):
        embedded(server, timeout_s=0.2, max_retries=0)


def test_a_server_that_drips_is_left_when_its_time_is_over(server: Endpoint) -> None:
    whole = reply(_numbers(1.0))
    server.always = lambda _: replace(whole, drips=True)

    started = time.monotonic()
    with pytest.raises(ProviderError, match=r"no answer within 0\.3 s"):
        embedded(server, dimensions=2, timeout_s=0.3, max_retries=0)

    assert time.monotonic() - started < len(whole.body) * DRIP_S


def test_no_wrong_vector_enters_the_cache(server: Endpoint, tmp_path: Path) -> None:
    """Damaged answers of a real server, and then sound ones: every text has its own vector."""
    random_, cache = random.Random(7), VectorCache(tmp_path)  # noqa: S311 - the same damages every time
    server.dims = 3
    server.always = lambda request: reply(damaged(server.data(request), random_))
    golden = golden_set(documents=40)
    options: dict[str, Any] = {"dimensions": 3, "max_retries": 0, "batch_size": 8}

    for _ in range(30):
        with contextlib.suppress(EvalkitError):
            embed(golden, encoder_of(server, **options), cache=cache)
    server.always = None
    found = embed(golden, encoder_of(server, **options), cache=cache)

    for vectors, texts in ((found.queries.vectors, golden.queries), (found.corpus.vectors, golden.corpus)):
        own = np.stack([vector_of(body, 3) for body in texts.bodies])
        np.testing.assert_allclose(vectors, own / np.linalg.norm(own, axis=1, keepdims=True), atol=1e-6)


def test_a_server_that_is_not_there_is_told() -> None:
    with socket.socket() as taken:  # bound and not listening: nobody else can answer
        taken.bind(("127.0.0.1", 0))
        nowhere = Endpoint(url=f"http://127.0.0.1:{taken.getsockname()[1]}/v1")

        with pytest.raises(ProviderError, match="cannot be reached") as caught:
            embedded(nowhere, max_retries=0)

    assert caught.value.exit_code == 4
    assert caught.value.findings[0].code == "EK714"


def test_what_was_finished_is_not_asked_for_again(server: Endpoint, tmp_path: Path) -> None:
    golden, cache = golden_set(documents=600), VectorCache(tmp_path)
    options: dict[str, Any] = {
        "dimensions": 4,
        "max_retries": 0,
        "batch_size": 256,
        "encoding_format": "float",
    }
    server.next = [server.well, server.well, server.well, *[failure(500)] * 2]
    with pytest.raises(ProviderError):
        embed(golden, encoder_of(server, **options), cache=cache)
    sent = len(server.texts)

    found = embed(golden, encoder_of(server, **options), cache=cache)

    assert sent == 3 + 256 + 256 + 88 + 1
    assert len(server.texts) - sent == found.encoded == 88


def test_dimensions_are_asked_for_once_and_noted(server: Endpoint, tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    first = embed(GOLDEN, encoder_of(server), cache=cache)
    asked = len(server.requests)

    again = embed(GOLDEN, encoder_of(server, offline=True), cache=cache)

    assert len(server.requests) == asked == 4
    assert again.encoded == 0
    assert again.fingerprint == first.fingerprint


def test_dimensions_that_no_vector_bears_out_are_asked_for_again(server: Endpoint, tmp_path: Path) -> None:
    def lies(request: Payload) -> Reply:
        return reply([{"index": n, "embedding": [1.0]} for n, _ in enumerate(request["input"])])

    cache, honest = VectorCache(tmp_path), embed(GOLDEN, encoder_of(server))
    server.next = [server.well, lies]

    with pytest.raises(ModelError, match="gave 8 dimensions, not 1"):
        embed(GOLDEN, encoder_of(server), cache=cache)

    again = embed(GOLDEN, encoder_of(server), cache=cache)
    np.testing.assert_array_equal(again.corpus.vectors, honest.corpus.vectors)


def test_a_model_that_changed_behind_its_name_is_refused_until_it_is_named_anew(
    server: Endpoint, tmp_path: Path
) -> None:
    cache = VectorCache(tmp_path)
    embed(GOLDEN, encoder_of(server), cache=cache)
    server.dims = 6

    with pytest.raises(ModelError, match="gave 6 dimensions, not 8"):
        embed(golden_set(documents=9), encoder_of(server), cache=cache)
    assert embed(GOLDEN, encoder_of(server, revision="2"), cache=cache).fingerprint.dims == 6


def test_offline_nothing_is_sent(server: Endpoint) -> None:
    with pytest.raises(ProviderError, match="--offline forbids") as caught:
        embedded(server, offline=True)

    assert caught.value.exit_code == 4
    assert server.requests == []


def test_the_key_comes_from_the_variable_that_the_options_name(
    server: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "first\n")
    monkeypatch.setenv("OTHER_KEY", "second")

    embedded(server, dimensions=2)
    embedded(server, dimensions=2, api_key_env="OTHER_KEY")

    assert server.keys == ["Bearer first"] * 3 + ["Bearer second"] * 3


def test_a_local_server_needs_no_key(server: Endpoint) -> None:
    assert embedded(server).corpus.vectors.shape == (5, 8)


def test_openai_itself_is_never_asked_without_a_key() -> None:
    with pytest.raises(ModelError, match="OPENAI_API_KEY holds no key"):
        embed(GOLDEN, encoder_of(None, "text-embedding-3-small"))


def test_a_key_is_never_told(server: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    server.always = failure(401, "Incorrect API key provided: sk-secret")

    with pytest.raises(ModelError) as caught:
        embedded(server)

    assert "sk-secret" not in str(caught.value)
    assert "Incorrect API key provided: [the key]" in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_password_in_the_address_is_never_told(server: Endpoint) -> None:
    server.always = failure(404)
    hidden = replace(server, url=server.url.replace("http://", "http://me:hunter2@"))

    with pytest.raises(ModelError) as caught:
        embedded(hidden)

    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in str(fingerprint(hidden).to_settings())


@pytest.mark.parametrize(
    "options",
    [
        {"dimensions": 7},
        {"normalize": False},
        {"query_prompt": "q: "},
        {"document_prompt": "d: "},
        {"revision": "mine"},
        {"base_url": "http://localhost:8000/v1"},
        {"model": "other"},
    ],
    ids=lambda options: next(iter(options)),
)
def test_what_moves_the_space_moves_the_fingerprint(options: dict[str, Any]) -> None:
    assert fingerprint(**options).digest != fingerprint().digest


@pytest.mark.parametrize(
    "options",
    [
        {"batch_size": 3},
        {"max_retries": 1},
        {"timeout_s": 5},
        {"requests_per_minute": 600},
        {"offline": True},
        {"api_key_env": "OTHER_KEY"},
        {"base_url": "https://api.openai.com/v1/"},
        {"query_prompt": ""},
    ],
    ids=lambda options: next(iter(options)),
)
def test_how_the_server_is_asked_does_not(options: dict[str, Any]) -> None:
    assert fingerprint(**options).digest == fingerprint().digest


def test_two_servers_may_serve_two_models_under_one_name(
    server: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere: dict[str, Any] = {"base_url": "http://elsewhere/v1"}

    assert fingerprint(server) != fingerprint(**elsewhere)
    assert fingerprint(server, revision="bge-m3 fp16") == fingerprint(**elsewhere, revision="bge-m3 fp16")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://elsewhere/v1/")
    assert fingerprint() == fingerprint(**elsewhere)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"base_url": "localhost:8000"}, "such as http://localhost:8000/v1"),
        ({"base_url": "http://[broken"}, "is no address"),
        ({"batch_size": 0}, "greater than 0"),
        ({"dimensions": -1}, "greater than 0"),
        ({"timeout_s": "long"}, "a number"),
        ({"timeout_s": float("inf")}, "greater than 0"),
        ({"max_retries": -1}, "negative"),
        ({"api_key": "sk-1"}, "did you mean api_key_env"),
    ],
)
def test_wrong_options_are_told(options: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        encoder_of(None, **options)


def test_requests_keep_their_distance() -> None:
    clock, slept = [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += seconds

    pacer = Pacer(120, now=lambda: clock[0], sleep=sleep)
    for pause in (0.0, 0.1, 2.0, 0.5):
        clock[0] += pause
        pacer.wait()

    assert slept == pytest.approx([0.4])


def test_without_a_rate_nobody_waits() -> None:
    Pacer(None, sleep=lambda _: pytest.fail("it slept")).wait()


def test_retries_are_those_of_the_package(server: Endpoint) -> None:
    server.always = lambda _: Reply(status=500, headers=QUICKLY)

    with pytest.raises(EvalkitError):
        encoder_of(server, dimensions=8, max_retries=3, encoding_format="float").encode(["a"], Role.query)

    assert len(server.requests) == 4 + 1  # at last a harmless text, to learn whether this one was at fault


def _only(limit: int, status: int, message: str) -> Any:
    """Return a way to answer at most `limit` texts."""

    def answer(server: Endpoint, request: Payload) -> Reply:
        return failure(status, message)(request) if len(request["input"]) > limit else server.well(request)

    return answer


@pytest.mark.long
@pytest.mark.parametrize(
    ("status", "message"),
    [
        (413, ""),
        (422, "batch size 128 > maximum allowed batch size 3"),
        (400, "batch size is invalid, it should not be larger than 3"),
        (400, "Too many inputs: the limit is 3"),
        (400, "'$.input' is invalid: array too long"),
        (400, "no reason given"),
    ],
)
def test_a_limit_of_texts_is_found_and_remembered(server: Endpoint, status: int, message: str) -> None:
    server.always = lambda request: _only(3, status, message)(server, request)

    found = embedded(server, golden_set(documents=40), dimensions=8, normalize=False)

    np.testing.assert_array_equal(
        found.corpus.vectors, [vector_of(text) for text in golden_set(documents=40).corpus.bodies]
    )
    told = {finding.code: finding.hint for finding in found.findings}
    assert "batch_size = " in told["EK318"]
    if message != "no reason given":  # without a reason each part is tried before it is halved
        assert all(len(request["input"]) <= 3 for request in server.requests[-5:])


@pytest.mark.long
@pytest.mark.parametrize("status", [400, 422, 500, 502])
def test_a_text_at_fault_is_found_and_all_others_are_kept(
    server: Endpoint, status: int, tmp_path: Path
) -> None:
    golden, cache = golden_set(documents=40), VectorCache(tmp_path)
    bad = golden.corpus.bodies[17]
    server.always = lambda request: (
        failure(status, "input too long")(request) if bad in request["input"] else server.well(request)
    )
    with pytest.raises(ModelError) as caught:
        embed(golden, encoder_of(server, dimensions=8, max_retries=0), cache=cache)
    server.always = None

    assert f"{golden.corpus.ids[17]} {bad[:20]!r}"[:-1] in str(caught.value)
    assert caught.value.findings[0].code == "EK325"
    assert embed(golden, encoder_of(server, dimensions=8), cache=cache).encoded == 1


def test_every_answered_request_is_kept(server: Endpoint, tmp_path: Path) -> None:
    golden, cache = golden_set(documents=100), VectorCache(tmp_path)
    options: dict[str, Any] = {
        "dimensions": 8,
        "batch_size": 16,
        "max_retries": 0,
        "encoding_format": "float",
    }
    server.next = [*[server.well] * 4, failure(429)]
    with pytest.raises(ProviderError):
        embed(golden, encoder_of(server, **options), cache=cache)

    assert embed(golden, encoder_of(server, **options), cache=cache).encoded == 100 - 3 * 16


@pytest.mark.parametrize("taken", [("float", None), (None,)])
def test_an_encoding_that_is_refused_by_name_is_left(server: Endpoint, taken: tuple[object, ...]) -> None:
    server.always = lambda request: (
        server.well(request)
        if request.get("encoding_format") in taken
        else failure(422, "Extra inputs are not permitted: encoding_format")(request)
    )

    assert embedded(server, dimensions=8).corpus.vectors.shape == (5, 8)
    assert server.requests[-1].get("encoding_format") == taken[0]


@pytest.mark.parametrize("dtype", ["<f2", "<f8", ">f4"])
def test_packed_numbers_are_held_against_plain_ones(server: Endpoint, dtype: str) -> None:
    def answer(request: Payload) -> Reply:
        items = server.data({**request, "encoding_format": "float"})
        if request["encoding_format"] == "base64":
            for item in items:
                item["embedding"] = b64encode(np.array(item["embedding"], dtype=dtype).tobytes()).decode()
        return reply(items)

    server.always = answer

    found = embedded(server, normalize=False)

    np.testing.assert_array_equal(found.corpus.vectors, [vector_of(text) for text in GOLDEN.corpus.bodies])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"base_url": "http://h/v1?m=A"}, {"base_url": "http://h/v1?m=B"}),
        ({"base_url": "http://a:pass@h/v1"}, {"base_url": "http://b:pass@h/v1"}),
        ({"extra_body": {"task": "a"}}, {"extra_body": {"task": "b"}}),
        ({"document_body": {"task": "a"}}, {"query_body": {"task": "a"}}),
        ({"extra_query": {"model": "a"}}, {"extra_query": {"model": "b"}}),
        ({"input_type": {"query": "q"}}, {"input_type": "q"}),
        ({"max_input_tokens": 5}, {"max_input_tokens": 5, "too_long": "skip"}),
    ],
)
def test_what_may_choose_the_model_tells_fingerprints_apart(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    digests = {fingerprint(**options).digest for options in (one, other, {})}

    assert len(digests) == 3
    assert "pass" not in str(fingerprint(**one).to_settings()["revision"])


@pytest.mark.parametrize(
    "options",
    [
        {"extra_headers": {"x-team": "search"}},
        {"api_key_header": "api-key"},
        {"encoding_format": "float"},
        {"extra_query": {"api-version": "2024-10-21", "subscription-key": "abcdef"}},
        {"extra_body": {}},
        {"input_type": {}},
    ],
    ids=lambda options: next(iter(options)),
)
def test_what_chooses_no_model_does_not(options: dict[str, Any]) -> None:
    assert fingerprint(**options).digest == fingerprint().digest


def test_the_digest_of_a_plain_endpoint_is_that_of_earlier_releases() -> None:
    assert fingerprint(model="m", dimensions=8).to_settings()["revision"] == ""
    assert (
        fingerprint(base_url="http://localhost:8000/v1").revision
        == digest_text("http://localhost:8000/v1")[:12]
    )


def test_input_types_go_by_role_and_the_key_by_its_header(
    server: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-long")
    types = {"query": "search_query", "document": "search_document"}

    embedded(server, dimensions=8, input_type=types, api_key_header="api-key", encoding_format="float")

    assert [request["input_type"] for request in server.requests] == list(types.values())
    assert server.keys == ["", ""]


@pytest.mark.parametrize("key", ["sk-one\nsk-two", "sk-\x00one", "sk-\x1b[31m"])
def test_a_key_that_no_header_can_hold_is_refused_unseen(
    server: Endpoint, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key.replace("\x00", "\x07"))

    with pytest.raises(ModelError, match="a line break or a character") as caught:
        embedded(server)

    assert "sk-" not in str(caught.value)
    assert server.requests == []


@pytest.mark.parametrize(
    "address",
    [
        "http://h:80a/v1",
        "http://h:99999/v1",
        "http://a b/v1",
        "htp://h/v1",
        "http://-h/v1",
        "http://h\n/v1",
        "http://h/#x",
    ],
)
def test_an_address_that_cannot_be_is_told(address: str) -> None:
    with pytest.raises(UsageError, match="is no address"):
        encoder_of(None, base_url=address)


def test_texts_go_to_no_other_server(server: Endpoint) -> None:
    with endpoint() as elsewhere:
        headers = {"location": f"{elsewhere.url}/embeddings"}
        server.always = lambda _: Reply(status=307, headers=headers)

        with pytest.raises(EvalkitError, match="redirects to") as caught:
            embedded(server)

        assert caught.value.findings[0].code == "EK720"
        assert elsewhere.requests == []


def test_a_packed_answer_of_any_size_is_left_unread(server: Endpoint) -> None:
    bomb = gzip.compress(b"0" * 30_000_000)
    server.always = lambda _: Reply(body=bomb, headers={"content-encoding": "gzip"})

    with pytest.raises(ProviderError, match="more than") as caught:
        embedded(server, dimensions=8)

    assert caught.value.findings[0].code == "EK721"


@pytest.mark.parametrize("way", ["truncate", "skip"])
def test_long_texts_are_cut_or_left_out_and_counted(server: Endpoint, way: str) -> None:
    golden = replace(GOLDEN, corpus=Texts.of({"d0": "short", "d1": "word " * 50}))

    found = embedded(server, golden, dimensions=8, max_input_tokens=10, too_long=way)

    assert max(map(len, server.texts)) <= 60
    assert ("EK324" if way == "truncate" else "EK326") in {finding.code for finding in found.findings}
    assert found.truncated == 1
