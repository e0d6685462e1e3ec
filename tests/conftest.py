"""What holds for all tests."""

import os
import sys
from collections.abc import Iterator
from importlib.metadata import version

import pytest

SPARING: dict[str, bool | float | int | str] = {
    "jax_disable_most_optimizations": True,
    "jax_persistent_cache_min_compile_time_secs": 0.0,
    "jax_persistent_cache_min_entry_size_bytes": 0,
}
PLAIN_EMITTERS = "--xla_cpu_use_fusion_emitters=false"  # compile in half the time; JAX after 0.10 has no others


def pytest_configure(config: pytest.Config) -> None:
    """Has JAX compile sparingly, also in the processes that tests start, unless the environment says otherwise.

    Most of the time of the suite is compiling. Programs are run a few times only, so the compiler need not try hard;
    what it has made is kept for the other workers and for the next run, in `.pytest_cache`.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if version("jax").startswith("0.10.") and "fusion_emitters" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {PLAIN_EMITTERS}".strip()
    settings = dict(SPARING)
    cache: pytest.Cache | None = getattr(config, "cache", None)
    if cache is not None:
        settings["jax_compilation_cache_dir"] = str(cache.mkdir("jax"))
    for name, value in settings.items():
        if name.upper() not in os.environ:
            os.environ[name.upper()] = str(value)
            if "jax" in sys.modules:  # by the conftest of a room that the command line names: it has read the others
                import jax

                jax.config.update(name, value)


@pytest.fixture(scope="module")
def optimized() -> Iterator[None]:
    """For modules that run their programs for long."""
    import jax

    jax.config.update("jax_disable_most_optimizations", False)
    yield
    jax.config.update("jax_disable_most_optimizations", bool(SPARING["jax_disable_most_optimizations"]))
