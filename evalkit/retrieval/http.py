"""http/URL: a search that is asked over HTTP, one request a query; answers become a run like any other."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from evalkit.digests import digest_text
from evalkit.embedding.modelspec import ModelSpec, Options, check_options, one_of, positive
from evalkit.errors import RunError, UsageError
from evalkit.findings import place
from evalkit.golden.goldenset import GoldenSet
from evalkit.parsing import NotationError, parse_json
from evalkit.retrieval.answers import Answers
from evalkit.retrieval.chunknames import CHUNK_OPTIONS, names_of
from evalkit.retrieval.exchange import Patience, Request, exchanged
from evalkit.retrieval.listing import ORDERS
from evalkit.retrieval.run import Run

OPTIONS = {
    **dict.fromkeys(("body", "method", "hits", "id", "score", "revision", "order", "api_key_env"), str),
    "api_key_header": str,
    **CHUNK_OPTIONS,
    "headers": dict,
    "timeout_s": float,
    "retries": int,
    "concurrency": int,
    "max_response_mb": float,
    "offline": bool,
}
SECRET_HEADERS = ("authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-auth-token")
LISTS, IDS, SCORES = (
    ("hits.hits", "hits", "results", "documents", "matches", "data"),
    ("_id", "id"),
    ("_score", "score"),
)
FORM = 'say where the results stand: hits = "hits.hits", id = "_id", score = "_score"'


@dataclass(frozen=True, slots=True)
class HttpSearch:
    """A search behind an address, as a model's table in the configuration describes it.

    Attributes:
        spec: `http/` and the address, in which {query} and {depth} may stand.
        options: What is sent (`method`, `body`, `headers`, `api_key_env`, `api_key_header`), where results
            stand in an answer (`hits`, `id`, `score`: keys parted by dots), and how patient to be
            (`timeout_s` for a whole request, `retries`, `concurrency`, `max_response_mb`).
    """

    spec: ModelSpec
    options: Options

    fixed: ClassVar[bool] = False

    @property
    def identity(self) -> dict[str, object]:
        """What identifies it: its address, what is sent there and what is read; never a key."""
        told = {
            name: self.options[name]
            for name in ("method", "body", "hits", "id", "score")
            if name in self.options
        }
        return {
            "provider": self.spec.provider,
            "model": self.spec.model,
            "revision": str(self.options.get("revision", "")),
            "request": digest_text(json.dumps(told, sort_keys=True)),
        }

    def search(self, golden: GoldenSet, *, depth: int, system: str) -> Run:
        """Return what the search finds for every query, asked one by one, a few at a time.

        Raises:
            UsageError: The address or an option cannot be used.
            ProviderError: It cannot be reached or fails, retries included.
            RunError: An answer is not understood, or names documents that the corpus does not hold.
        """
        self.check()
        limits = Patience(
            timeout_s=positive(self.spec, self.options, "timeout_s", 30.0),
            retries=int(str(self.options.get("retries", 4))),
            most_bytes=int(positive(self.spec, self.options, "max_response_mb", 16.0) * 2**20),
        )
        requests = [self._request(text, depth) for text in golden.queries.bodies]
        with ThreadPoolExecutor(int(positive(self.spec, self.options, "concurrency", 4))) as pool:
            futures = [pool.submit(exchanged, str(self.spec), request, limits) for request in requests]
            try:
                answers = [future.result() for future in futures]
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        lists = [self._results(answer, golden.queries.ids[row]) for row, answer in enumerate(answers)]
        order = self.options.get("order")
        found = Answers(str(self.spec), golden, lists, FORM, names_of(self.options))
        return found.run(system, depth, None if order is None else str(order))

    def check(self) -> None:
        """Raise where the address or an option cannot be used."""
        check_options(self.spec, self.options, OPTIONS)
        one_of(self.spec, self.options, "order", ORDERS)
        names_of(self.options)
        if self.options.get("offline"):
            raise UsageError(
                f"{self.spec} is asked over the network, which --offline rules out", code="EK456"
            )
        address = urlsplit(self.spec.model)
        if address.scheme not in ("http", "https") or not address.hostname or address.username is not None:
            raise UsageError(
                f"{self.spec} is no address that can be asked",
                hint="http/http://HOST:PORT/PATH, keys in no part of it: api_key_env names the variable",
                code="EK456",
            )
        secret = [name for name in self._headers() if name.casefold() in SECRET_HEADERS]
        if secret:
            raise UsageError(
                f"{self.spec}: the header {secret[0]} is a secret in a file",
                hint=f'take it from the environment: api_key_env = "MY_KEY", api_key_header = "{secret[0]}"',
                code="EK456",
            )
        if "{query}" not in self.spec.model + str(self.options.get("body", "")):
            raise UsageError(
                f"{self.spec}: nothing says where the query goes",
                hint='write {query} and {depth} into the address or a body: {"q": "{query}", "k": {depth}}',
                code="EK456",
            )

    def _headers(self) -> dict[str, str]:
        stated = self.options.get("headers", {})
        return (
            {str(name): str(value) for name, value in stated.items()} if isinstance(stated, Mapping) else {}
        )

    def _request(self, query: str, depth: int) -> Request:
        address = self.spec.model.replace("{query}", quote(query, safe="")).replace("{depth}", str(depth))
        headers, body = {"Accept": "application/json", **self._headers()}, None
        if "body" in self.options:
            body = self._body(query, depth)
            headers = {"Content-Type": "application/json", **headers}
        if "api_key_env" in self.options:
            headers |= self._key()
        method = str(self.options.get("method", "GET" if body is None else "POST")).upper()
        return Request(method, address, tuple(headers.items()), body)

    def _body(self, query: str, depth: int) -> bytes:
        template = str(self.options["body"]).replace('"{depth}"', "{depth}").replace("{depth}", str(depth))
        text = template.replace("{query}", json.dumps(query, ensure_ascii=False)[1:-1])
        try:
            parse_json(text)
        except NotationError as error:
            raise UsageError(
                f"{self.spec}: the body is not valid JSON: {error}",
                hint='{query} stands within quotes, such as {"query": "{query}", "size": {depth}}',
                code="EK456",
            ) from error
        return text.encode()

    def _key(self) -> dict[str, str]:
        variable, header = (
            str(self.options["api_key_env"]),
            str(self.options.get("api_key_header", "Authorization")),
        )
        key = os.environ.get(variable, "")
        if not key or not key.isprintable():
            wrong = "holds no key that can be sent" if key else "is not set"
            raise UsageError(
                f"{self.spec}: the variable {variable} {wrong}",
                hint=f"export {variable}=…  before the command",
                code="EK456",
            )
        return {header: f"Bearer {key}" if header.casefold() == "authorization" else key}

    def _results(self, answer: Any, query: str) -> list[tuple[Any, Any]]:
        """Return (id, score) pairs of one answer; without scores, minus their places."""
        found = self._listed(answer, query)
        pairs = []
        for place_in_list, item in enumerate(found, 1):
            identity = item if isinstance(item, str | int) else self._field(item, "id", IDS, query)
            score = None if isinstance(item, str | int) else self._field(item, "score", SCORES, query)
            pairs.append((identity, -float(place_in_list) if score is None else score))
        return pairs

    def _listed(self, answer: Any, query: str) -> Sequence[Any]:
        if "hits" in self.options:
            found = _at(answer, str(self.options["hits"]))
        elif isinstance(answer, list):
            found = answer
        else:
            known = (_at(answer, path) for path in LISTS)
            found = next((part for part in known if isinstance(part, list)), None)
        if not isinstance(found, list):
            raise self._unknown("no list of results", answer, query)
        return found

    def _field(self, item: Any, role: str, usual: Sequence[str], query: str) -> Any:
        if role in self.options:
            value = _at(item, str(self.options[role]))
        else:
            value = next((item[name] for name in usual if isinstance(item, dict) and name in item), None)
        if value is None and (role == "id" or role in self.options):
            raise self._unknown(f"a result without its {role}", item, query)
        return value

    def _unknown(self, what: str, shown: object, query: str) -> RunError:
        keys = list(shown) if isinstance(shown, dict) else [shown]
        where = (place(f"query {query}", (), keys),)
        return RunError(f"{self.spec} answered with {what}", places=where, hint=FORM, code="EK458")


def _at(value: Any, path: str) -> Any:
    """Return what stands at keys parted by dots, None where there is nothing; "" is the whole."""
    for key in path.split(".") if path else ():
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value
