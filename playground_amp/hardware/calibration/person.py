"""Who is asked: a person at a terminal, or a script."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from playground_amp.errors import UserError
from playground_amp.telling import tell


class Person(Protocol):
    """Hears, and answers."""

    def tell(self, text: str) -> None:
        """Says something."""
        ...

    def answer(self, question: str) -> str:
        """One line. Raises UserError where there is nobody any more."""
        ...


def ask(person: Person, question: str, allowed: Sequence[str]) -> str:
    """One of `allowed`, or a beginning that only one of them has; asks again until it is."""
    while True:
        said = person.answer(question).strip().lower()
        exactly = [word for word in allowed if word.lower() == said]
        fitting = exactly or [word for word in allowed if said and word.lower().startswith(said)]
        if len(fitting) == 1:
            return fitting[0]
        person.tell(f"'{said}' is none of {', '.join(allowed)}")


def is_so(person: Person, question: str) -> bool:
    """Yes or no."""
    return ask(person, f"{question} (yes/no) ", ("yes", "no")) == "yes"


class Terminal:
    """Whoever sits there."""

    def tell(self, text: str) -> None:
        """Says something."""
        tell(text)

    def answer(self, question: str) -> str:
        """What is typed."""
        try:
            return input(question)
        except EOFError:
            raise UserError("a person must answer here: run it in a terminal, or give --answers FILE") from None


class Script:
    """Answers written down, a line each; questions are told with them. Lines that begin with # are left out."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter([line.strip() for line in lines if not line.startswith("#")])

    def tell(self, text: str) -> None:
        """Says something."""
        tell(text)

    def answer(self, question: str) -> str:
        """The next line."""
        try:
            said = next(self._lines)
        except StopIteration:
            raise UserError(f"the answers end before the question: {question.strip()}") from None
        tell(f"{question}{said}")
        return said
