"""What all tests share: no deadline, since machines are noisy, and no word of the environment they run in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from evalkit import confidential

settings.register_profile("evalkit", deadline=None)
settings.load_profile("evalkit")


@pytest.fixture(autouse=True, scope="session")
def _anywhere() -> Iterator[None]:
    """Tests say by themselves when they run in CI; what they start inherits no answer of the machine's.

    Once for all tests: what a module sets up comes before anything that is done for each test.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CI", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "NO_COLOR"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(autouse=True)
def _no_secrets_of_another_test() -> Iterator[None]:
    """A key that a test states is a secret of its process: the words of the next test may hold it."""
    yield
    confidential.KNOWN.clear()
    confidential.WHOLE.clear()
