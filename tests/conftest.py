"""What holds for all tests."""

import os

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Programs that JAX has compiled are kept for the other workers and for the next run, in `.pytest_cache`.

    Most of the time of the suite is compiling. Runs before anything imports JAX, which reads the variables once.
    """
    cache: pytest.Cache | None = getattr(config, "cache", None)
    if cache is None:
        return
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(cache.mkdir("jax")))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "0")
