"""What all tests share: no deadline, since machines are noisy, and no word of the environment they run in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from evalkit import confidential

settings.register_profile("evalkit", deadline=None)
settings.load_profile("evalkit")


@pytest.fixture(autouse=True)
def _anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests say by themselves when they run in CI; what they start inherits no answer of the machine's."""
    for name in ("CI", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _no_secrets_of_another_test() -> Iterator[None]:
    """A key that a test states is a secret of its process: the words of the next test may hold it."""
    yield
    confidential.KNOWN.clear()
    confidential.WHOLE.clear()
