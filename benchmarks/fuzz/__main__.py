"""Hostile answers and files: python -m benchmarks.fuzz [--answers N] [--files N] [--seed S]; 1 where one failed."""

from __future__ import annotations

import argparse
import sys

from benchmarks.fuzz.answers import CASES, SLOW, Found, tried

MOST_SHOWN = 20


def answers(count: int, seed: int) -> bool:
    """Whether so many of each kind of answer are all judged, in time."""
    kinds = [*((kind, count) for kind in CASES), ("sheets", count // 100)]
    fine = [_reported(kind, tried(kind, of_kind, seed, 2.0 if kind == "sheets" else SLOW)) for kind, of_kind in kinds]
    return all(fine)


def _reported(kind: str, found: Found) -> bool:
    print(f"{kind}: {found}", flush=True)
    for case in [*found.raised, *found.caught, *(says for _, says in sorted(found.slow, reverse=True))][:MOST_SHOWN]:
        print(f"    {case}")
    return not (found.raised or found.caught or found.slow)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=0, help="so many answers, formulas and traces each")
    parser.add_argument("--files", type=int, default=0, help="so many files")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    fine = answers(options.answers, options.seed)
    if options.files:
        from benchmarks.fuzz.files import main as files

        files(options.files, options.seed)
    sys.exit(not fine)


if __name__ == "__main__":
    main()
