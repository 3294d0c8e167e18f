"""The census: how many records state which version, by month, tenant and width."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from evalkit.auditing.stores.store import Group, Stratum
from evalkit.digests import digest_text

OTHER = "other"
_HASHED = 12
_Key = TypeVar("_Key", str, int)


@dataclass(frozen=True, slots=True)
class Census:
    """Groups of records that say the same of themselves and are equally wide; every record counts once."""

    groups: tuple[Group, ...]

    @property
    def total(self) -> int:
        """How many records there are."""
        return sum(group.count for group in self.groups)

    @property
    def versions(self) -> dict[str, int]:
        """Version → records, the most frequent first; "" for records that state none."""
        return _counted((group.stratum.version, group.count) for group in self.groups)

    @property
    def tenants(self) -> dict[str, int]:
        """Tenant → records, the most frequent first; "" for records that name none."""
        return _counted((group.stratum.tenant, group.count) for group in self.groups)

    @property
    def widths(self) -> dict[int, int]:
        """Dimensions → records, the most frequent first; 0 for records without a vector."""
        return _counted((group.width, group.count) for group in self.groups)

    @property
    def unstated(self) -> int:
        """How many records state no version."""
        return self.versions.get("", 0)

    def share(self, version: str) -> float:
        """Return which share of the records states a version."""
        return self.versions.get(version, 0) / self.total if self.total else 0.0

    def written_after(self, version: str, month: str) -> int:
        """Return how many records that state a version were written in a later month than "2026-11"."""
        return sum(
            group.count
            for group in self.groups
            if group.stratum.version == version and group.stratum.month > month
        )

    def with_tenants(self, *, most: int, hashed: bool) -> Census:
        """Return the census with the tenants that have most records, all others as one.

        Args:
            most: How many tenants keep a group of their own.
            hashed: Whether their names are replaced by digests.
        """
        shown = {name: tenant_name(name, hashed=hashed) for name in [n for n in self.tenants if n][:most]}
        counts: Counter[tuple[Stratum, int]] = Counter()
        for group in self.groups:
            tenant = shown.get(group.stratum.tenant, OTHER if group.stratum.tenant else "")
            counts[group.stratum._replace(tenant=tenant), group.width] += group.count
        return Census(tuple(Group(*key, counts[key]) for key in sorted(counts)))


def tenant_name(name: str, *, hashed: bool) -> str:
    """Return what a tenant is called where others may read it: the beginning of a digest, or its name."""
    return digest_text(name)[:_HASHED] if hashed and name else name


def _counted(pairs: Iterable[tuple[_Key, int]]) -> dict[_Key, int]:
    summed: Counter[_Key] = Counter()
    for key, count in pairs:
        summed[key] += count
    return dict(sorted(summed.items(), key=lambda item: (-item[1], item[0])))
