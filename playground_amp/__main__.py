"""`python -m playground_amp …` is `wildrobot …`."""

from playground_amp.cli.program import run

if __name__ == "__main__":
    run()
