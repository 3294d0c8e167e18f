"""openai/: spellings, gaps, packings and breaks of answers that servers send, one kind a table."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from endpoint_by_hand import Endpoint, Payload, Reply, endpoint, failure, reply, vector_of
from texts_by_hand import golden_set

from evalkit.arrays import Vectors
from evalkit.embedding.embeddedset import EmbeddedSet, embed
from evalkit.embedding.encoder import VectorSource
from evalkit.embedding.modelspec import ModelSpec, open_encoder
from evalkit.errors import EvalkitError, ModelError, ProviderError

GOLDEN = golden_set()
BAD = GOLDEN.corpus.bodies[2]


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[Endpoint]:
    with endpoint() as state:
        yield state


def embedded(server: Endpoint, **options: Any) -> EmbeddedSet:
    stated = {"base_url": server.url, "max_retries": 0, "normalize": False, **options}
    encoder = open_encoder(ModelSpec.parse("openai/m"), GOLDEN, stated)
    assert not isinstance(encoder, VectorSource)
    return embed(GOLDEN, encoder)


def is_sound(found: EmbeddedSet) -> bool:
    wanted = np.array([vector_of(text) for text in GOLDEN.corpus.bodies])
    return bool((found.corpus.vectors == wanted).all())


def written(vector: Vectors, spelling: str) -> str:
    plain = base64.b64encode(vector.tobytes()).decode()
    return {
        "unpadded": plain.rstrip("="),
        "url-safe": base64.urlsafe_b64encode(b"\xff\xff\xff" + vector.tobytes()).decode(),
        "lines": base64.encodebytes(vector.tobytes() * 3).decode(),
        "data URI": f"data:;base64,{plain}",
        "JSON": json.dumps(vector.tolist()),
        "hexadecimal": vector.tobytes().hex(),
        "bfloat16": base64.b64encode((vector.view("<u4") >> 16).astype("<u2").tobytes()).decode(),
        "int8": base64.b64encode((vector * 30).astype("i1").tobytes()).decode(),
    }[spelling]


@pytest.mark.parametrize(
    "spelling",
    ["unpadded", "url-safe", "lines", "data URI", "JSON", "hexadecimal", "bfloat16", "int8"],
)
def test_packed_in_another_way_plain_numbers_are_asked_for(server: Endpoint, spelling: str) -> None:
    def answer(request: Payload) -> Reply:
        items = server.data({**request, "encoding_format": "float"})
        if request["encoding_format"] == "base64":
            for item in items:
                item["embedding"] = written(np.array(item["embedding"], dtype="<f4"), spelling)
        return reply(items)

    server.always = answer

    assert is_sound(embedded(server))
    assert server.requests[-1]["encoding_format"] == "float"


NOTHING = {
    "null": None,
    "empty list": [],
    "empty text": "",
    "protobuf's NaN": ["NaN"] * 8,
    "one protobuf infinity": ["-Infinity", *[0.5] * 7],
    "null for a number": [None, *[0.5] * 7],
}


@pytest.mark.long
@pytest.mark.parametrize("held", NOTHING)
@pytest.mark.parametrize("texts", ["one", "all"])
def test_no_vector_for_a_text_names_the_text(server: Endpoint, held: str, texts: str) -> None:
    def answer(request: Payload) -> Reply:
        items = server.data({**request, "encoding_format": "float"})
        for item, text in zip(items, request["input"], strict=True):
            if texts == "all" or text == BAD:
                item["embedding"] = NOTHING[held]
        return reply(items)

    server.always = answer

    with pytest.raises(ModelError, match="not finite for the text") as caught:
        embedded(server, dimensions=8)

    assert caught.value.findings[0].code == "EK365"
    if texts == "one":
        assert f"document   {GOLDEN.corpus.ids[2]} " in str(caught.value)
    else:
        assert f"query   {GOLDEN.queries.ids[0]} " in str(caught.value)


def test_what_an_item_says_in_place_of_its_vector_is_told(server: Endpoint) -> None:
    def answer(request: Payload) -> Reply:
        items = server.data({**request, "encoding_format": "float"})
        for row, text in enumerate(request["input"]):
            if text == BAD:
                items[row] = {"index": row, "error": {"message": "613 tokens of 512"}}
        return reply(items)

    server.always = answer

    with pytest.raises(ModelError, match="613 tokens of 512"):
        embedded(server)


def test_a_probe_without_a_vector_says_how_to_do_without(server: Endpoint) -> None:
    server.always = lambda _: reply([{"index": 0, "embedding": None}])

    with pytest.raises(ModelError, match="null in place of a vector") as caught:
        embedded(server)

    assert "dimensions = N" in caught.value.hint


def test_a_vector_of_another_width_in_the_middle_names_its_text(server: Endpoint) -> None:
    def answer(request: Payload) -> Reply:
        items = server.data({**request, "encoding_format": "float"})
        for item, text in zip(items, request["input"], strict=True):
            if text == BAD:
                item["embedding"] = [0.5] * 4
        return reply(items)

    server.always = answer

    with pytest.raises(ProviderError, match="4 of them of 8") as caught:
        embedded(server)

    assert caught.value.findings[0].code == "EK717"
    assert BAD[:20] in str(caught.value)


PACKED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "gzip, loud": ("GZIP", gzip.compress),
    "gzip in two members": ("gzip", lambda body: gzip.compress(body[:40]) + gzip.compress(body[40:])),
    "deflate": ("deflate", zlib.compress),
    "deflate without its frame": (
        "deflate",
        lambda body: (packer := zlib.compressobj(wbits=-15)).compress(body) + packer.flush(),
    ),
    "a charset in the wrong header": ("utf-8", lambda body: body),
    "a byte-order mark": ("identity", lambda body: b"\xef\xbb\xbf" + body),
}


@pytest.mark.parametrize("way", PACKED)
def test_a_body_packed_in_a_known_way_is_read(server: Endpoint, way: str) -> None:
    name, pack = PACKED[way]

    def answer(request: Payload) -> Reply:
        found = server.well(request)
        return replace(found, body=pack(found.body), headers={**found.headers, "content-encoding": name})

    server.always = answer

    assert is_sound(embedded(server))


UNREAD: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "brotli": ("br", lambda body: body, "let it send answers as they are"),
    "zstd": ("zstd", lambda body: body, "packed by gzip"),
    "plain, said to be gzip": ("gzip", lambda body: body, "let it send answers as they are"),
    "gzip cut off": ("gzip", lambda body: gzip.compress(body)[:-9], "cut off"),
    "JSON cut off": ("identity", lambda body: body[: len(body) // 2], "is cut off after"),
    "nothing": ("identity", lambda _: b"", "it is empty"),
    "a page": ("identity", lambda _: b"<!doctype html>", "a proxy or a login"),
    "events": ("identity", lambda body: b"data: " + body, "a stream of events"),
    "Ollama's own": ("identity", lambda _: b'{"embeddings": [[0.1, 0.2]]}', "another protocol"),
    "TEI's own": ("identity", lambda _: b"[[0.1, 0.2]]", "/v1"),
    "llama.cpp's own": ("identity", lambda _: b'[{"index": 0, "embedding": [[0.1]]}]', "llama.cpp"),
    "an error, not called so": ("identity", lambda _: b'{"detail": "Not allowed"}', "Not allowed"),
    "an error beside no data": ("identity", lambda _: b'{"error": "over", "data": []}', "error: over"),
    "a code and a word": ("identity", lambda _: b'{"code": 1301, "msg": "no quota"}', "no quota"),
}


@pytest.mark.parametrize("way", UNREAD)
def test_a_body_that_cannot_be_read_says_why(server: Endpoint, way: str) -> None:
    name, spoil, told = UNREAD[way]

    def answer(request: Payload) -> Reply:
        found = server.well(request)
        return replace(found, body=spoil(found.body), headers={**found.headers, "content-encoding": name})

    server.always = answer

    with pytest.raises(ProviderError) as caught:
        embedded(server, dimensions=8)

    assert told in str(caught.value)
    assert caught.value.findings[0].code in ("EK715", "EK718", "EK721")


@pytest.mark.parametrize(
    ("embedding", "told"),
    [({"dense": [0.5] * 90}, "'dense'"), ([str(n / 7) for n in range(90)], "written as texts"), (7, "'7'")],
)
def test_what_stands_for_a_vector_and_is_none_is_shown_and_not_called_cut_off(
    server: Endpoint, embedding: object, told: str
) -> None:
    server.always = lambda request: reply([{"embedding": embedding}] * len(request["input"]))

    with pytest.raises(ProviderError, match="not a list of embeddings") as caught:
        embedded(server, dimensions=8)

    assert told in str(caught.value)
    assert "cut off" not in str(caught.value)


def test_a_lone_failure_without_retries_is_not_blamed_on_a_text(server: Endpoint) -> None:
    well = server.well
    server.next = [well, failure(500)]

    found = embedded(server, dimensions=8, batch_size=1, encoding_format="float")

    assert is_sound(found)


def test_a_text_on_which_the_server_breaks_off_is_named(server: Endpoint) -> None:
    server.always = lambda request: Reply(leaves=True) if BAD in request["input"] else server.well(request)

    with pytest.raises(ModelError, match="breaks off") as caught:
        embedded(server, dimensions=8)

    assert caught.value.findings[0].code == "EK325"
    assert f"document   {GOLDEN.corpus.ids[2]} " in str(caught.value)


def test_a_server_that_always_breaks_off_blames_no_text(server: Endpoint) -> None:
    server.always = lambda _: Reply(leaves=True)

    with pytest.raises(ProviderError, match="broke off") as caught:
        embedded(server, dimensions=8)

    assert caught.value.findings[0].code == "EK714"


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize("is_whole", [True, False])
def test_a_redirect_within_one_server_is_followed_with_its_texts(
    server: Endpoint, status: int, *, is_whole: bool
) -> None:
    start = server.url.removesuffix("/v1") if is_whole else ""
    server.next = [lambda _: Reply(status=status, headers={"location": f"{start}/v2/embeddings"})]

    assert is_sound(embedded(server, dimensions=8, encoding_format="float"))
    assert server.paths[:2] == ["/v1/embeddings", "/v2/embeddings"]
    assert server.requests[0] == server.requests[1]


@pytest.mark.parametrize(
    ("status", "location", "told"),
    [
        (301, "{here}/v2/embeddings", "is right, write it as base_url: {here}/v2"),
        (302, "https://login.invalid/sso?next=secret", "redirects to https://login.invalid/sso (302)"),
        (307, "/v1/embeddings", "redirects to itself, again and again"),
        (307, "", "an address that it does not say"),
    ],
)
def test_a_redirect_that_is_not_followed_says_where_it_leads(
    server: Endpoint, status: int, location: str, told: str
) -> None:
    here = server.url.removesuffix("/v1")
    headers = {"location": location.format(here=here)} if location else {}
    server.always = lambda _: Reply(status=status, headers=headers)

    with pytest.raises(EvalkitError) as caught:
        embedded(server, dimensions=8)

    assert told.format(here=here) in str(caught.value)
    assert caught.value.findings[0].code == "EK720"


def test_headers_of_the_options_are_sent_with_every_request(server: Endpoint) -> None:
    embedded(server, dimensions=8, extra_headers={"x-team": "search"})

    assert server.headers
    assert all(headers["x-team"] == "search" for headers in server.headers)


def test_an_address_with_the_end_that_is_added_to_it_is_told(server: Endpoint) -> None:
    server.always = failure(404)

    with pytest.raises(ModelError) as caught:
        embedded(server, base_url=f"{server.url}/embeddings")

    assert "base_url ends before /embeddings" in caught.value.hint
