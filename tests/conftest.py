"""What all tests share: hypothesis measures no time, since machines are noisy."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("evalkit", deadline=None)
settings.load_profile("evalkit")
