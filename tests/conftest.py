"""Settings for every test: no law is judged by the clock of a machine that others share."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("shared", deadline=None)
settings.load_profile("shared")
