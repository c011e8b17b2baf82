"""What the installed, unused plugin adds to pytest's start: run by `make bench`.

Interleaved pairs of `pytest --version --version`-like starts, with the plugin and with it blocked by name; the median
of the differences is what a user pays who does not use it.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PAIRS = 30
TARGET_MILLISECONDS = 10.0
OTHERS = (
    "schemathesis",
    "hypothesispytest",
    "anyio",
    "asyncio",
    "rerunfailures",
    "recording",
    "xdist",
    "cacheprovider",
)


def start(folder: Path, *flags: str) -> float:
    """Seconds that one session takes which collects a single test."""
    quiet = [part for name in OTHERS for part in ("-p", f"no:{name}")]
    begin = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *quiet, *flags], cwd=folder, stdout=subprocess.DEVNULL, check=True
    )
    return time.perf_counter() - begin


def main() -> int:
    """Measure and print; the exit code says whether the target was met."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pytest.ini").write_text("[pytest]\n")
        (folder / "test_one.py").write_text("def test_one():\n    assert True\n")
        start(folder), start(folder, "-p", "no:integration_contracts")  # warm the disk
        pairs = [(start(folder, "-p", "no:integration_contracts"), start(folder)) for _ in range(PAIRS)]
    without = statistics.median(pair[0] for pair in pairs) * 1000
    added = statistics.median(pair[1] - pair[0] for pair in pairs) * 1000
    print(
        f"start-up: pytest alone {without:.0f} ms; the unused plugin adds {added:.1f} ms"
        f" ({1 + added / without:.3f} x; median of {PAIRS} interleaved pairs;"
        f" must be under {TARGET_MILLISECONDS:.0f} ms)"
    )
    return 0 if added < TARGET_MILLISECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
