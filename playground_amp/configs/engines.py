"""The physics engines, a row each: what a configuration may name. `physics/registry.py` makes engines of the rows.

A new engine is a file in `physics/engines/` and a row here.
"""

from typing import TYPE_CHECKING, Literal, NamedTuple


class Package(NamedTuple):
    """A package that an engine needs, and the command that mends its absence."""

    module: str  # which can be imported where the package is there
    title: str
    install: str


class EngineEntry(NamedTuple):
    """What is known of an engine before anything of it is imported."""

    name: str
    factory: str  # "module.Class" in physics/engines/, called with robot, PhysicsConfig and control_dt
    needs: tuple[Package, ...]
    runs_on: Literal["cpu", "gpu", "where JAX runs"]
    trains: bool  # steps any robot, quickly
    judges: bool  # the same twice, to the bit
    has_pgs: bool = False  # the solver projected Gauss-Seidel
    any_ground: bool = True  # else flat floors alone
    environment: tuple[tuple[str, str], ...] = ()  # variables, unless set, that must be so before JAX starts


_MJX = Package("mujoco.mjx", "the package mujoco-mjx", "pip install mujoco-mjx")

ENGINES = (
    EngineEntry(
        "native",
        "native.NativeEngine",
        needs=(Package("mujoco.batch", "mujoco >= 4 (mujoco.batch)", "pip install 'mujoco>=4'"),),
        runs_on="cpu",
        trains=True,
        judges=True,
        has_pgs=True,
    ),
    EngineEntry(
        "mjx",
        "mjx.MjxEngine",
        needs=(_MJX,),
        runs_on="where JAX runs",
        trains=True,
        judges=True,
        # With two threads, XLA's pool runs dry on a CPU: at 512 robots each waits for another for ever (jaxlib 0.10.2).
        # The pool takes its size from NPROC, once, when JAX first uses the CPU.
        environment=(("NPROC", "8"),),
    ),
    EngineEntry(
        "warp",
        "warp.WarpEngine",
        needs=(_MJX, Package("warp", "the package warp-lang", "pip install 'mujoco-mjx[warp]'")),
        runs_on="gpu",
        trains=True,
        judges=False,  # its kernels add up contacts in any order
    ),
    EngineEntry(
        "drake",
        "drake.DrakeEngine",
        needs=(Package("pydrake", "the package drake", "pip install 'drake>=1.40,<2'"),),
        runs_on="cpu",
        trains=False,  # the nominal robot, one after the other
        judges=True,
        any_ground=False,
    ),
)
AUTO = "auto"
TRAINING_CHOICES = (AUTO, *(entry.name for entry in ENGINES if entry.trains))
JUDGES = tuple(entry.name for entry in ENGINES if entry.judges)

if TYPE_CHECKING:
    EngineName = str
else:  # so the schema knows the choices
    EngineName = Literal[(AUTO, *(entry.name for entry in ENGINES))]
