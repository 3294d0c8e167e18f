"""The record: a frozen value that is written as a JSON object and read back as the same bytes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Annotated, Any, Self

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema

from evalkit.results.seal import sealed


def _be_exact(schema: Any) -> None:  # noqa: ANN401 - any part of a schema
    """Let no number and no truth of a schema be read out of anything else."""
    if isinstance(schema, dict):
        if schema.get("type") in ("int", "float", "bool"):
            schema["strict"] = True
        for part in schema.values():
            _be_exact(part)
    elif isinstance(schema, list):
        for part in schema:
            _be_exact(part)


class Record(BaseModel):
    """A value whose fields are the keys of a JSON object, in their order.

    Fields that were never set are not written, so that what an earlier version wrote is written again as it
    was; keys that a later version added are kept.
    """

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler, /) -> CoreSchema:  # noqa: ANN401 - pydantic's own signature
        """Take numbers and truths as they are: "3" is no count, and 1 is no truth."""
        schema = handler(source)
        _be_exact(schema)
        return schema

    def __bool__(self) -> bool:
        """Whether anything is set: a part that does not apply is an empty object."""
        return bool(self.model_fields_set)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Return the record of a JSON object, or of values that JSON can hold once they are made plain."""
        return cls.model_validate(plain(values))

    def with_values(self, **values: object) -> Self:
        """Return the record with some of its fields replaced."""
        return self.model_copy(update=values)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object; an absent number is None, never NaN."""
        written: dict[str, Any] = plain(self.model_dump(exclude_unset=True, by_alias=True))
        return written


def plain(value: Any) -> Any:  # noqa: ANN401 - any JSON value in, any JSON value out
    """Return `value` with numpy numbers, enumerations and tuples made plain, and NaN and infinity as None."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Record):
        return value.to_json()
    return str(value) if isinstance(value, str) else value


def _as_it_is(value: object) -> object:
    """Refuse what only looks like a number: True, "1"."""
    if isinstance(value, bool | str):
        raise ValueError(f"{value!r} is no number")  # noqa: TRY004 - pydantic reports ValueError with its place
    return value


Number = Annotated[int | float, BeforeValidator(_as_it_is)]


def json_text(value: Mapping[str, Any]) -> str:
    """Return the text of a JSON object as files hold it: without any NaN, its seal renewed if it has one."""
    return json.dumps(sealed(value), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
