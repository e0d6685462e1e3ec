"""Random numbers, dealt out: one call of the generator serves a whole start or step.

Every call costs as much time to compile as a page of arithmetic, and a start of an episode needs dozens of numbers.
"""

import jax


class Draws:
    """Uniform numbers in [0, 1) made from one key, each dealt out once, in order."""

    def __init__(self, key: jax.Array, size: int):
        self._numbers = jax.random.uniform(key, (size,))
        self._next, self._end = 0, size

    def take(self, count: int) -> jax.Array:
        """The next numbers [count].

        Raises:
          ValueError: there are not so many left.
        """
        first, self._next = self._next, self._next + count
        self._check()
        return self._numbers[first : self._next]

    def last(self, count: int) -> jax.Array:
        """The last numbers [count] that are left: for what came to be drawn later and must not shift the others.

        Raises:
          ValueError: there are not so many left.
        """
        end, self._end = self._end, self._end - count
        self._check()
        return self._numbers[self._end : end]

    def one(self) -> jax.Array:
        """The next number []."""
        return self.take(1)[0]

    def _check(self) -> None:
        if self._next > self._end:
            taken = self._next + len(self._numbers) - self._end
            raise ValueError(f"{taken} random numbers taken of {len(self._numbers)}")


def between(ends: tuple[float, float], share: jax.Array) -> jax.Array:
    """The value at `share` [...] in [0, 1] of the way from the low end to the high one."""
    return ends[0] + (ends[1] - ends[0]) * share


def towards(nominal: jax.Array | float, value: jax.Array, breadth: jax.Array | float) -> jax.Array:
    """The value at `breadth` of the way from the nominal one to `value`; at 1.0, `value` to the last bit."""
    if isinstance(breadth, float) and breadth == 1.0:
        return value
    return nominal + breadth * (value - nominal)
