"""A Ray that could not fork the server of a client is asked again; one that is not there is not."""

from __future__ import annotations

import pytest

from evalkit.scaling.localengine import ATTEMPTS
from evalkit.scaling.rayengine import FORK_FAILED, _begin


class Ray:
    """A Ray whose first answers to a client are errors."""

    def __init__(self, *problems: str) -> None:
        """Begin with what it will answer, each once."""
        self.problems = list(problems)
        self.asked = self.left = 0

    def init(self, **settings: str) -> None:
        """Fail, or not."""
        assert settings == {"address": "ray://h:1"}
        self.asked += 1
        if self.problems:
            raise ConnectionError(self.problems.pop(0))

    def shutdown(self) -> None:
        """Be left."""
        self.left += 1


def test_a_fork_that_failed_is_tried_again_up_to_the_last_attempt() -> None:
    ray = Ray(*[f"{FORK_FAILED}. See x.err"] * (ATTEMPTS - 1))
    _begin(ray, {"address": "ray://h:1"})
    assert (ray.asked, ray.left) == (ATTEMPTS, ATTEMPTS - 1)

    ray = Ray(*[f"{FORK_FAILED}. See x.err"] * ATTEMPTS)
    with pytest.raises(ConnectionError):
        _begin(ray, {"address": "ray://h:1"})
    assert (ray.asked, ray.left) == (ATTEMPTS, ATTEMPTS - 1)


def test_a_cluster_that_does_not_answer_is_asked_once() -> None:
    ray = Ray("ray client connection timeout")
    with pytest.raises(ConnectionError):
        _begin(ray, {"address": "ray://h:1"})
    assert (ray.asked, ray.left) == (1, 0)
