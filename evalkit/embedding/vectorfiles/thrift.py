"""Thrift's compact form, in which Parquet says where its pages lie and what they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_STOP, _TRUE, _FALSE, _BYTE, _BINARY, _LIST, _SET, _STRUCT = 0, 1, 2, 3, 8, 9, 10, 12
_WHOLE = (4, 5, 6)
_DOUBLE = 7
MOST_FIELDS = 64
DEEPEST = 12  # of records and lists inside one another; a file's end has six
LONG_LIST = 15  # a list of so many or more states its length apart
LONGEST_NUMBER = 10  # in bytes: 64 bits
MORE = 128  # the bit that says that a number goes on

Bytes = npt.NDArray[np.uint8]


class Oddity(Exception):  # noqa: N818 - no error: whoever meets it reads with more care
    """Something that is not of the plainest form."""


def check_counts(*counts: Any) -> None:
    """Raise unless all are whole numbers from 0 on: damage can change the type of a field, too.

    Raises:
        Oddity: One is not.
    """
    if not all(isinstance(number, int) and number >= 0 for number in counts):
        raise Oddity


class Compact:
    """Reads Thrift's compact form, as far as heads of pages use it, or ends of files, which hold lists.

    Attributes:
        data: All bytes.
        at: The place of the next one.
        lists: Whether there may be lists.
    """

    def __init__(self, data: bytes, *, lists: bool = False) -> None:
        """Begin with the first byte."""
        self.data, self.at, self.lists = data, 0, lists
        self.depth = 0

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        if size > len(self.data) - self.at:
            raise Oddity
        self.at += size
        return self.data[self.at - size : self.at]

    def alike(self, size: int) -> Bytes:
        """Return the bytes of a run of packed bits, and of all that follow and are as long."""
        data = np.frombuffer(self.data, dtype=np.uint8)
        head = self.at - 1  # of a run as long as this, one byte
        if size > len(self.data) - self.at:
            raise Oddity
        stride = size + 1
        same = data[head::stride][: (len(data) - head) // stride] == data[head]
        runs = int(same.size if same.all() else same.argmin()) if data[head] < MORE else 1
        runs = max(1, runs)
        self.at = head + runs * stride
        return data[head : self.at].reshape(runs, stride)[:, 1:]

    def varint(self) -> int:
        """Return a whole number of seven bits a byte."""
        number = 0
        for place in range(LONGEST_NUMBER):
            byte = self.take(1)[0]
            number |= (byte & 127) << 7 * place
            if byte < MORE:
                return number
        raise Oddity

    def struct(self) -> dict[int, Any]:
        """Return the values of a record by the numbers of their fields."""
        fields: dict[int, Any] = {}
        number = 0
        for _ in range(MOST_FIELDS):
            byte = self.take(1)[0]
            kind, step = byte & 15, byte >> 4
            if kind == _STOP:
                return fields
            number = number + step if step else self._signed()
            fields[number] = kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind)
        raise Oddity

    def _value(self, kind: int) -> Any:
        if kind == _BYTE:
            return self.take(1)[0]
        if kind in _WHOLE:
            return self._signed()
        if kind == _DOUBLE:
            return self.take(8)
        if kind == _BINARY:
            return self.take(self.varint())
        if kind == _STRUCT or (kind in (_LIST, _SET) and self.lists):
            self.depth += 1
            if self.depth > DEEPEST:
                raise Oddity
            value = self.struct() if kind == _STRUCT else self._list()
            self.depth -= 1
            return value
        raise Oddity

    def _list(self) -> list[Any]:
        byte = self.take(1)[0]
        kind, size = byte & 15, byte >> 4
        if size == LONG_LIST:
            size = self.varint()
        if size > len(self.data) - self.at:  # every element has a byte
            raise Oddity
        truths = kind in (_TRUE, _FALSE)  # in a list, a byte each
        return [self.take(1)[0] == _TRUE if truths else self._value(kind) for _ in range(size)]

    def _signed(self) -> int:
        number = self.varint()
        return (number >> 1) ^ -(number & 1)
