"""`make soak`: an hour of everything at once, then one table; fails when a promise is broken or something piles up.

`make soak ARGS="--minutes 10 --seed 7"` makes it shorter, and chooses the same again.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from tests.soak.soak import Outcome, soak, table_of

TOLD_EVERY_SECONDS = 30


class Teller:
    """A line on standard error every half minute."""

    def __init__(self) -> None:
        self._begun = self._told = time.monotonic()

    def __call__(self, outcome: Outcome) -> None:
        now = time.monotonic()
        if now - self._told >= TOLD_EVERY_SECONDS:
            self._told = now
            counts = ", ".join(f"{count:,} {what}" for what, count in outcome.counts.items())
            memory = f", {outcome.samples[-1].memory_mib:.1f} MiB" if outcome.samples else ""
            print(f"{(now - self._begun) / 60:5.1f} min: {counts}{memory}", file=sys.stderr)


def main() -> int:
    """1 if anything failed, else 0."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.randrange(10_000))
    options = parser.parse_args()
    print(f"Soaking for {options.minutes:g} minutes with seed {options.seed}.", file=sys.stderr)
    for name in [name for name in os.environ if name.startswith(("ROOTS_NB_", "XDG_"))]:
        del os.environ[name]
    logging.disable(logging.CRITICAL)
    end = time.monotonic() + options.minutes * 60
    with tempfile.TemporaryDirectory() as home:
        os.environ["HOME"] = home
        outcome = soak(options.seed, Path(home), lambda _: time.monotonic() >= end, tell=Teller())
    Console().print(table_of(outcome))
    for failure in outcome.failures:
        print(failure, file=sys.stderr)
    return 1 if outcome.failures else 0


if __name__ == "__main__":
    sys.exit(main())
