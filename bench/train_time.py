"""Wall time of `logit train config.yaml --no-prefect` in fresh processes and stores: python bench/train_time.py [RUNS]."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def seconds() -> float:
    """One whole process, imports and publication included."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "flows.cli",
            "train",
            "config.yaml",
            "--no-prefect",
            "--set",
            f"store={folder}",
        ]
        start = time.perf_counter()
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        return time.perf_counter() - start


if __name__ == "__main__":
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    seconds()  # warm the disk cache
    times = sorted(seconds() for _ in range(runs))
    print(f"median {statistics.median(times):.2f} s of {runs} (from {times[0]:.2f} to {times[-1]:.2f})")
