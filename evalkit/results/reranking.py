"""The re-ranking: how much of what people see stays, on average and query by query."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, SerializerFunctionWrapHandler, model_serializer, model_validator

from evalkit.results.record import Number, Record

_OVERLAP = "overlap@"


def _by_cutoff(schema: dict[str, Any]) -> None:
    """Say in a JSON schema that the overlap is written with its cutoff, "overlap@10"."""
    number = schema["properties"].pop("overlap")
    schema["required"].remove("overlap")
    name = f"^{_OVERLAP}[0-9]+$"
    schema["patternProperties"] = {name: {**number, "title": "Overlap at a cutoff"}}
    schema["not"] = {"propertyNames": {"not": {"pattern": name}}}  # one there must be


class ChangedQuery(Record):
    """One query whose results change, with both lists of ids."""

    model_config = ConfigDict(json_schema_extra=_by_cutoff)

    id: str
    text: str
    overlap: Number
    rank_biased_overlap: Number
    old: tuple[str, ...]
    new: tuple[str, ...]


class RerankingPart(Record):
    """Means over all queries, and the queries that change most; `overlap` is written as "overlap@10"."""

    model_config = ConfigDict(json_schema_extra=_by_cutoff)

    cutoff: int
    overlap: Number
    rank_biased_overlap: Number
    same_first: Number
    same_order: Number
    queries: tuple[ChangedQuery, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:  # noqa: ANN401 - what pydantic hands over
        if not isinstance(value, dict) or "cutoff" not in value:
            return value
        name = f"{_OVERLAP}{value['cutoff']}"
        read = _renamed(value, name, "overlap")
        if isinstance(read.get("queries"), list | tuple):
            read["queries"] = [
                _renamed(query, name, "overlap") if isinstance(query, dict) else query
                for query in read["queries"]
            ]
        return read

    @model_serializer(mode="wrap")
    def _write(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        name = f"{_OVERLAP}{self.cutoff}"
        written = _renamed(handler(self), "overlap", name)
        if "queries" in written:
            written["queries"] = [_renamed(query, "overlap", name) for query in written["queries"]]
        return written


def _renamed(value: dict[str, Any], before: str, after: str) -> dict[str, Any]:
    return {after if key == before else key: item for key, item in value.items()}
