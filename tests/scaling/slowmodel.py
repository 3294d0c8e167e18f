"""An embedding function that takes its time, and notes every text that it is asked for."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from evalkit.arrays import Floats


def embed(texts: Sequence[str]) -> Floats:
    if noted := os.environ.get("SLOWMODEL_NOTES"):
        with (Path(noted) / str(os.getpid())).open("a", encoding="utf-8") as file:
            file.writelines(f"{text}\n" for text in texts)
    time.sleep(float(os.environ.get("SLOWMODEL_S", "0")))
    digests = [hashlib.sha256(text.encode()).digest()[:8] for text in texts]
    return np.array([[1.0 + byte for byte in digest] for digest in digests])
