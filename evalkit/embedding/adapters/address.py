"""The address of an endpoint: checked, shown without secrets, and told apart from every other."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from evalkit.confidential import keep_secret
from evalkit.digests import digest_settings, digest_text
from evalkit.embedding.modelspec import ModelSpec
from evalkit.errors import UsageError, nearest

SCHEMES = ("http", "https")
MARKED = 12
ROUNDS = 100_000
# Of what a query may hold these choose no model: secrets, and the version of the protocol.
SECRET_WORDS = ("key", "token", "secret", "password", "sig", "signature", "code", "auth", "credential")
HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?")
PROTOCOL = ("api-version", "api_version")


@dataclass(frozen=True, slots=True)
class Address:
    """An address in its parts.

    Attributes:
        shown: Scheme, host, port and path: what may be told.
        user: `name` or `name:password`, "" for none; never shown.
        query: (name, value) pairs that are sent with every request.
    """

    shown: str
    user: str = ""
    query: tuple[tuple[str, str], ...] = ()

    @property
    def sent(self) -> str:
        """The address that requests go to, the query left out."""
        scheme, _, rest = self.shown.partition("://")
        return f"{scheme}://{self.user}@{rest}" if self.user else self.shown

    @property
    def choosing(self) -> str:
        """A digest of what, beside the place, may choose the model: user and query; "" where nothing does.

        Secrets of the query and `api-version` are left out. A user's digest is slow to compute, so that a
        password cannot be found by trying.
        """
        query = sorted((name, value) for name, value in self.query if not _is_aside(name))
        if not query and not self.user:
            return ""
        user = ""
        if self.user:
            data = self.user.encode("utf-8", "surrogatepass")
            user = hashlib.pbkdf2_hmac("sha256", data, self.shown.encode(), ROUNDS).hex()
        return digest_settings({"query": query, "user": user})[:MARKED]


def parse_address(spec: ModelSpec, text: str, extra_query: Mapping[str, str]) -> Address:
    """Return the parts of `text`, with further pairs of its query.

    Raises:
        UsageError: It is no address, or holds what would not be sent.
    """
    try:
        parts = urlsplit(text)
        port, host = parts.port, parts.hostname or ""
    except ValueError as error:  # a port that is no number or too large, brackets that do not close
        told = str(error) if "ort" in str(error) and "@" not in text else "host or port cannot be read"
        raise _no_address(spec, text, told) from None
    at, rest = parts.netloc.rpartition("@")[::2]
    problem = _problem(text, parts.scheme, host, port)
    if problem or parts.fragment or rest.endswith(":"):
        raise _no_address(spec, text, problem or "a part would not be sent")
    if at:
        keep_secret(unquote(at.partition(":")[2] or at))
        keep_secret(at)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in extra_query]
    for name, value in (*query, *extra_query.items()):
        if _is_secret(name):
            keep_secret(value)
    shown = f"{parts.scheme}://{rest}{parts.path.rstrip('/')}"
    return Address(shown, at, (*query, *extra_query.items()))


def place_digest(address: Address) -> str:
    """Return what stands for the place in a fingerprint."""
    return digest_text(address.shown)[:MARKED]


def _problem(text: str, scheme: str, host: str, port: int | None) -> str:
    """Return what is wrong with an address, "" for nothing."""
    near = nearest(scheme, SCHEMES) if "://" in text else ""
    other = f"did you mean {near}://?" if near else "it begins with neither http:// nor https://"
    faults = {
        "it holds white space or a control character": not text.isprintable() or " " in text,
        other: scheme not in SCHEMES,
        "it names no host": not host,
        "0 is no port": port == 0,
        f"{host[:60]!r} is no host": not _is_host(host),
    }
    return next((told for told, is_so in faults.items() if is_so), "")


def _is_host(host: str) -> bool:
    if ":" in host:  # IPv6, checked when it was parted
        return True
    try:
        parts = host.encode("idna").decode().lower().removesuffix(".").split(".")
    except UnicodeError:  # a part that is empty or too long
        return False
    return all(HOST.fullmatch(part) for part in parts)


def _no_address(spec: ModelSpec, text: str, problem: str) -> UsageError:
    head, at, tail = text.partition("?")[0].rpartition("@")
    shown = f"{head.partition('://')[0]}://…@{tail}" if at else tail
    return UsageError(
        f"{spec}: base_url = {shown!r} is no address: {problem}",
        hint="write it whole, such as http://localhost:8000/v1",
        code="EK114",
    )


def _is_aside(name: str) -> bool:
    return name.casefold() in PROTOCOL or _is_secret(name)


def _is_secret(name: str) -> bool:
    words = name.casefold().replace("_", "-").split("-")
    return any(word in SECRET_WORDS or word.endswith(("key", "token")) for word in words)
