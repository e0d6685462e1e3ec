"""What a step pays: the reward terms of the configuration, weighted."""

import inspect
from collections.abc import Callable, Iterable, Mapping

import jax

from playground_amp.configs.keys import nearest
from playground_amp.envs import rewards
from playground_amp.envs.rewards import RewardInputs
from playground_amp.errors import UserError
from playground_amp.telling import warn_once

Term = Callable[[RewardInputs], jax.Array]
TERMS: dict[str, Term] = {
    name: term
    for name, term in vars(rewards).items()
    if inspect.isfunction(term) and term.__module__ == rewards.__name__ and not name.startswith("_")
}
"""Every function of rewards.py by its name, and what `add_term` has added."""


def add_term(term: Term) -> Term:
    """Makes a function from elsewhere a term of this process, under its own name; returns it, so that it decorates.

    Raises ValueError if a term of that name is there.
    """
    if TERMS.setdefault(term.__name__, term) is not term:
        raise ValueError(f"there is a reward term {term.__name__} already")
    return term


def check_names(names: Iterable[str], terms: Mapping[str, Term] | None = None, key: str = "reward_weights") -> None:
    """Raises UserError for a name under `key` whose term is not there, with the nearest one and all there are.

    `terms`: that there are, if not those of any task.
    """
    terms = TERMS if terms is None else terms
    for name in names:
        if name not in terms:
            close = nearest(name, terms)
            meant = f", did you mean {close}?" if close else ";"
            raise UserError(f"unknown reward term {key}.{name}{meant} the terms are {', '.join(sorted(terms))}")


def known_weights(weights: Mapping[str, float]) -> dict[str, float]:
    """Those whose terms are here: whoever judges or shows a policy need not have its maker's own terms. Says which
    are left out."""
    if unknown := [name for name in weights if name not in TERMS]:
        warn_once(f"reward terms that are not known here are left out; no gate looks at them: {', '.join(unknown)}")
    return {name: weight for name, weight in weights.items() if name in TERMS}


def weighted_terms(
    inputs: RewardInputs,
    weights: Mapping[str, float],
    control_dt: float,
    penalties: jax.Array | float = 1.0,
    terms: Mapping[str, Term] | None = None,
) -> dict[str, jax.Array]:
    """Each term of non-zero weight: weight × value × control period, [] each; negative weights times `penalties` [].

    `terms`: that there are, if not those of any task.
    """
    terms = TERMS if terms is None else terms
    return {
        name: weight * control_dt * terms[name](inputs) * (penalties if weight < 0 else 1.0)
        for name, weight in weights.items()
        if weight != 0
    }
