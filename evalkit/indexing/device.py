"""The device: exact search in float32 where a GPU computes; who decides ranks is float64, elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from evalkit.arrays import Ints, Vectors
from evalkit.errors import ProviderError
from evalkit.scaling.deviceengine import torch_with

PRODUCTS = 1 << 26  # held at a time, in float32: 256 MB


def device_search(
    vectors: Vectors, queries: Vectors, count: int, *, by_distance: bool, device: str
) -> tuple[Vectors, Ints]:
    """Return (Q, count) inner products or squared distances, best first, and rows, as exact search does.

    Args:
        vectors: (D, E) of a part of a corpus, float32.
        queries: (Q, E), float32.
        count: How many, at most D.
        by_distance: Whether the nearest by Euclidean distance are wanted: |q|² − 2 q·d + |d|².
        device: Of torch, such as "cuda".

    Raises:
        MissingExtraError: torch is not installed.
        ProviderError: There is no such device, or it has too little memory.
    """
    torch = torch_with(device)
    near = np.empty((len(queries), count), dtype=np.float32)
    rows = np.empty(near.shape, dtype=np.int64)
    step = max(1, PRODUCTS // max(1, len(vectors)))
    try:
        with torch.inference_mode(), _in_full(torch):
            held = torch.tensor(vectors, device=device)
            squares = (held.double() ** 2).sum(dim=1).float() if by_distance else None
            for start in range(0, len(queries), step):
                asked = torch.tensor(queries[start : start + step], device=device)
                products = asked @ held.T
                if squares is not None:
                    products = 2 * products - squares - (asked.double() ** 2).sum(dim=1, keepdim=True).float()
                found = torch.topk(products, count, dim=1)
                sign = -1 if by_distance else 1
                near[start : start + step] = (sign * found.values).cpu().numpy()
                rows[start : start + step] = found.indices.cpu().numpy()
    except torch.cuda.OutOfMemoryError as error:
        raise ProviderError(
            f"{device} has too little memory for {len(vectors):,} vectors and {step:,} queries at a time",
            hint="does another program hold it? nvidia-smi shows which; --on local needs none of it",
            code="EK775",
        ) from error
    return near, rows


@contextmanager
def _in_full(torch: Any) -> Iterator[None]:  # noqa: ANN401 - a library that is not at hand
    """Keep products in float32: in TF32, of 10 bits, they err by more than exact search allows for."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
