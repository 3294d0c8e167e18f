"""The answers of a model, one line each, kept as soon as they come: nothing is asked or paid for twice."""

from __future__ import annotations

import contextlib
import json
import re
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from evalkit.digests import digest_text
from evalkit.embedding.cachefolder import JUDGED
from evalkit.errors import OutputError
from evalkit.opening import read_regular
from evalkit.output import append, check_folder
from evalkit.parsing import parse_json

NAMED, SEALED = 32, 16
LONGEST = 400
NAME = re.compile(r"[0-9a-f]{32}\.jsonl")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said.

    Attributes:
        said: Its words, the beginning of them.
        tokens_in: Tokens of the question, counted by the server or else estimated.
        tokens_out: Tokens of the answer, likewise.
        date: The day.
    """

    said: str
    tokens_in: int
    tokens_out: int
    date: str


class AnswerFile:
    """A file that grows by one line for each answer; a line that is not whole counts as absent.

    Several threads may write to one, and several programs: each line is written in one piece.
    """

    def __init__(self, cache: Path, identity: str) -> None:
        """Read what is known of one model and prompt.

        Args:
            cache: The folder of the cache.
            identity: What tells model and prompt from every other.

        Raises:
            OutputError: The file cannot be read.
        """
        self.path = cache / JUDGED / f"{digest_text(identity)[:NAMED]}.jsonl"
        self.damaged = 0
        self._lock = threading.Lock()
        self._known: dict[str, Answer] = {}
        self._is_whole = True
        try:
            data = read_regular(self.path) if self.path.exists() else b""
        except OSError as error:
            raise _fault(error, self.path) from error
        self._is_whole = data.endswith(b"\n") or not data
        for line in data.splitlines():
            self._learn(line)

    def __len__(self) -> int:
        return len(self._known)

    def get(self, key: str) -> Answer | None:
        """Return the answer that is known by a key."""
        return self._known.get(key)

    def check_writable(self) -> None:
        """Raise where answers could not be kept; best before they are paid for.

        Raises:
            OutputError: The folder cannot be written.
        """
        check_folder(self.path.parent)

    def keep(self, key: str, answer: Answer) -> None:
        """Write an answer down.

        Raises:
            OutputError: The file cannot be written.
        """
        text = json.dumps({"key": key, **asdict(answer)}, ensure_ascii=True)
        line = f"{digest_text(text)[:SEALED]} {text}\n".encode()
        with self._lock:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._is_whole = append(self.path, line if self._is_whole else b"\n" + line, mode=0o600)
            except OSError as error:
                raise _fault(error, self.path) from error
            if not self._is_whole:
                raise _fault(OSError(0, "the disk is full"), self.path)
            self._known[key] = answer

    def _learn(self, line: bytes) -> None:
        seal, _, text = line.decode("ascii", "replace").partition(" ")
        if seal == digest_text(text)[:SEALED]:
            with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError):  # sealed by a stranger
                told = parse_json(text)
                key = str(told.pop("key"))
                self._known[key] = Answer(**told)
                return
        self.damaged += bool(line.strip())


def remove_answers(cache: Path) -> int:
    """Remove all answers that a cache keeps, and return how many models and prompts they were of."""
    gone = [path for path in (cache / JUDGED).glob("*.jsonl") if NAME.fullmatch(path.name)]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def _fault(error: OSError, path: Path) -> OutputError:
    return OutputError(
        f"the answers of the judge cannot be kept: {error.strerror or error}",
        places=(str(path),),
        hint="free some space, or name another folder with --cache; what was answered before is kept",
        code="EK602",
    )
