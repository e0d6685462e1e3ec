"""What people read of a gate."""

import io

from made_up_walks import judged, moving
from rich.console import Console

from playground_amp.configs.loader import load_config
from playground_amp.gates.cells import Gate
from playground_amp.gates.gate_run import GateRun
from playground_amp.gates.gates import ROBUST, SIMULATORS, WALK
from playground_amp.gates.table import describe_physics, print_report
from playground_amp.paths import STANDARD


def printed(gate: Gate) -> str:
    """The report of robots that stand whatever a gate asks."""
    recordings = [[moving(cell.program, share=0.0)] * cell.episodes for cell in gate.cells]
    cells = [judged(cell, *each) for cell, each in zip(gate.cells, recordings, strict=True)]
    run = GateRun(gate, load_config(STANDARD), tuple(cells), tuple(map(tuple, recordings)))
    text = io.StringIO()
    print_report(run, Console(file=text))
    return text.getvalue()


def test_a_line_a_criterion_reads_without_a_terminal():
    text = printed(WALK.reduced(1.0, 2))

    assert "gate walk of wildrobot: engine native, 2 ms steps, the nominal robot" in text
    assert "reduced: 1 m of 50 m, 2 episodes of 20 episodes; this is not the full gate" in text
    assert "gate walk FAILED" in text
    assert "swing clearance" in text
    assert "\x1b" not in text


def test_a_line_a_cell_shows_the_figures_that_failed():
    text = printed(ROBUST.reduced(episodes=8, cells=["stand", "backward"]))

    assert "  backward: velocity_error, alternation, swing_clearance\n" in text
    assert "  stand: " not in text
    assert f"2 of {len(ROBUST.cells)} cells, 8 episodes of 128 episodes; this is not the full gate" in text


def test_the_physics_of_a_gate_in_words():
    assert "0.5 ms" in describe_physics(SIMULATORS, "bus")
