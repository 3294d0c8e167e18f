"""Streams, locales, threads: closed, full and narrow ones change neither exit code nor numbers."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Mapping

from children import told
from lines import LINES
from place import Place, Tally

EXE = "import sys; from evalkit.cli.main import main; main()"
CLOSINGS = ("2>&-", ">&- 2>&-", "2>/dev/full", "| true", ">&-", "<&- >&- 2>&-", "<&-")
ASKED = ("compare", "run", "canary", "gate --update", "parity", "plan", "diff", "interleave score", "embed")
SETTINGS: tuple[Mapping[str, str], ...] = (
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"OMP_NUM_THREADS": "8", "OPENBLAS_NUM_THREADS": "8"},
    {"PYTHONIOENCODING": "latin-1"},
    {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"},
    {"OPENBLAS_CORETYPE": "Nehalem", "MKL_CBWR": "COMPATIBLE"},
    {"OPENBLAS_CORETYPE": "Haswell"},
    {"OPENBLAS_CORETYPE": "SkylakeX"},
    {"NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX2 FMA3"},
    {"LC_ALL": "C"},
    {"LC_ALL": "POSIX", "LANG": "", "LANGUAGE": ""},
    {"LC_ALL": "tr_TR.UTF-8"},
    {"LC_ALL": "de_DE.ISO-8859-1"},
    {"PYTHONIOENCODING": "ascii", "TERM": "dumb", "COLUMNS": "3"},
    {"TZ": "Pacific/Kiritimati"},
    {"PYTHONHASHSEED": "1"},
    {"PYTHONHASHSEED": "4294967295"},
)
COUNTED = (
    "run set --model lsa/8 --json",
    "compare set --baseline lsa/4 --candidate lsa/8 --no-mix --json -o rep --force",
)


def streams(place: Place, count: int) -> Tally:
    """Close, fill and narrow the streams of each command."""
    tally = Tally()
    asked = [LINES[name] for name in ASKED[:count]]
    for line in asked:
        if line.before:
            place.run(*LINES[line.before].words)
    lines = [(line.words, line.code) for line in asked] + [(("run", "x", "--model", "hash/8"), 2)]
    for closing, (words, wanted) in itertools.product(CLOSINGS[:count], lines):
        place.clear("canary.state")
        typed = f"'{sys.executable}' -c '{EXE}' {' '.join(words)} {closing}"
        code = _done(place, ["/bin/bash", "-c", f"{typed}; exit ${{PIPESTATUS[0]}}"]).returncode
        tally.note(code == wanted, f"{closing} {words[0]}: {code}")
    return tally


def settings(place: Place, count: int) -> Tally:
    """Set locales, threads, kernels of BLAS, zones and hashes; every run has a cache of its own."""
    tally = Tally()
    for line in COUNTED:
        command = [sys.executable, "-c", EXE, *line.split()]
        place.clear(place.cache.name)
        right = _done(place, command)
        for setting in SETTINGS[:count]:
            place.clear(place.cache.name)
            found = _done(place, command, **setting)
            same = found.returncode == right.returncode and _rounded(found.stdout) == _rounded(right.stdout)
            tally.note(same, f"{setting} {line[:30]}: {found.returncode} {found.stderr[-300:]!r}")
    return tally


def _done(place: Place, command: list[str], **setting: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "EVALKIT_CACHE": str(place.cache), **setting}
    return subprocess.run(command, cwd=place.folder, env=environment, capture_output=True, check=False)


def _rounded(out: bytes) -> object:
    """Return what was printed, its numbers to nine digits: kernels of BLAS add up in different orders."""
    return _nine(told(out.decode(errors="replace")))


def _nine(value: object) -> object:
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {key: _nine(inner) for key, inner in value.items()}
    return [_nine(inner) for inner in value] if isinstance(value, list) else value
