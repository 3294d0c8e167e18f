"""The bench: where the systems of a project are put to the test."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field

from evalkit.config import Config
from evalkit.decision.policy import Policy
from evalkit.embedding.cache import VectorCache, default_cache_folder
from evalkit.errors import UnknownNameError
from evalkit.evaluation import BY_ID, EXPECTED_TIES, System
from evalkit.golden.folder import read_golden
from evalkit.golden.goldenset import GoldenSet
from evalkit.indexing.index import EXACT

TIE_RULES = (BY_ID, EXPECTED_TIES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where systems of a project are put to the test.

    Attributes:
        config: The project's configuration.
        cache: Where vectors are kept, None for the configured or the default folder.
        live: Whether models may be called for vectors that the cache lacks.
        update: Whether baselines are stored in place of being asked.
        goldens: The golden sets that were read, by name.
    """

    config: Config
    cache: str | None = None
    live: bool = False
    update: bool = False
    goldens: dict[str, GoldenSet] = field(default_factory=dict)

    def golden(self, name: str) -> GoldenSet:
        """Return the golden set of a folder, a name in the config or a shipped name; each is read once."""
        if name not in self.goldens:
            self.goldens[name] = read_golden(self.config.golden_folder(name))
        return self.goldens[name]

    def system(self, name: str, index: str | None) -> System:
        """Return the system of an alias or a spec."""
        factory = index or str(self.config.defaults().get("factory", EXACT))
        return self.config.system(name, factory=factory, offline=not self.live)

    def open_cache(self) -> VectorCache:
        """Return the cache."""
        return VectorCache(self.cache or self.config.defaults().get("cache") or default_cache_folder())

    def policy(self) -> Policy:
        """Return the policy that the config states."""
        return self.config.policy(self.config.defaults())

    def command(self, *arguments: str) -> str:
        """Return the command line that does the same."""
        config = ("--config", str(self.config.path)) if self.config.path else ()
        cache = ("--cache", self.cache) if self.cache else ()
        return shlex.join(["evalkit", *config, *arguments, *cache])


def tie_rule(stated: str | None) -> str | None:
    """Return what a test said of ties.

    Raises:
        UnknownNameError: It is no rule for them.
    """
    if stated not in (None, *TIE_RULES):
        raise UnknownNameError.among("rule for ties", str(stated), TIE_RULES)
    return stated
