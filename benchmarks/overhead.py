"""What saving and tracking cost: their share of the time of training at the shipped defaults.

`python benchmarks/overhead.py [--num-envs 16]` prints seconds for the iterations alone, for the records and the saves,
and their ratio; it exits with 1 above 3 %.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from playground_amp.configs.loader import load_config
from playground_amp.learning.iteration import Trainer
from playground_amp.paths import STANDARD
from playground_amp.runs.saver import Saver
from playground_amp.runs.tracking.tracker import Tracker
from playground_amp.runs.training import Training

CONFIG = STANDARD
LIMIT = 0.03


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--num-envs", type=int, default=16)
    parser.add_argument("--iterations", type=int, default=200)
    parser.add_argument("--wandb", action="store_true", help="with W&B")
    arguments = parser.parse_args()
    flags = {"trainer.num_envs": arguments.num_envs, "trainer.num_iterations": arguments.iterations}
    config = load_config(CONFIG, ["stages={}"], flags=flags)
    training = Training(Trainer, print)
    training.enter(config)
    spent = {"iterations": 0.0, "records": 0.0, "saves": 0.0}
    with (
        tempfile.TemporaryDirectory() as folder,
        Tracker(
            Path(folder), config.model_dump(mode="json"), through=0, use_wandb=arguments.wandb, say=print
        ) as tracker,
    ):
        saver = Saver(Path(folder), config.trainer.keep_states, tracker.sync, print)
        saver.begin(config, 0)
        for record, evidence in training.iterations():
            start = time.perf_counter()
            tracker.log(record)
            saver.keep_evidence(evidence, record)
            logged = time.perf_counter()
            if record["iteration"] % config.trainer.save_interval == 0:
                saver.save_state(training.state, record)
            spent["iterations"] += record["time/iteration"]
            spent["records"] += logged - start
            spent["saves"] += time.perf_counter() - logged
    for name, seconds in spent.items():
        print(f"{name:11} {1e3 * seconds / arguments.iterations:8.3f} ms an iteration")
    share = (spent["records"] + spent["saves"]) / spent["iterations"]
    print(f"saving and tracking: {share:.2%} of the time of training")
    return 0 if share <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
