"""Each scenario alone in a project of its own: ``python tests/inputs/one_by_one.py [name or kind ...]``.

Prints a line for each that is not right (``-v``: for each), then how many are right, stale, needless and so on.
Exit code 1 if anything is wrong but a needless run that is known.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))

from playground import Host
from scenario import Scenario
from stage import Fault, Stage
from table import every, possible

WORST_FIRST = ("scenario", "stale", "unnoticed", "different", "policy", "needless")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="names of scenarios, or kinds; all of them by default")
    parser.add_argument("-v", "--verbose", action="store_true", help="tell of every scenario, and all of each fault")
    options = parser.parse_args()
    chosen = [each for each in every() if not options.names or {each.name, each.kind}.intersection(options.names)]
    counts: Counter[str] = Counter()
    kinds: Counter[str] = Counter(each.kind for each in chosen)
    began = time.monotonic()
    host = Host()
    for each in chosen:
        word, faults = played(each, host)
        counts[word] += 1
        if options.verbose or word not in ("ok", "skipped"):
            told = [line for fault in faults for line in str(fault).splitlines()]
            print(f"{word:15} {each.kind:14} {each.name:28} {each.about}", flush=True)
            print(*(f"    {line}" for line in (told if options.verbose else told[:1])), sep="\n", flush=True)
    host.close()
    print(", ".join(f"{number} {kind}" for kind, number in kinds.items()))
    print(f"{len(chosen)} scenarios in {time.monotonic() - began:.0f}s:", dict(counts.most_common()))
    return 1 if set(counts) - {"ok", "skipped", "known needless"} else 0


def played(scenario: Scenario, host: Host) -> tuple[str, list[Fault]]:
    """The word for what became of it, and the faults."""
    if not possible(scenario):
        return "skipped", []
    with tempfile.TemporaryDirectory() as home:
        faults = Stage(Path(home, "home"), host, [scenario]).judge()[scenario.name]
    kinds = {fault.kind for fault in faults}
    worst = next((kind for kind in WORST_FIRST if kind in kinds), "ok")
    return ("known needless" if worst == "needless" and scenario.needless else worst), faults


if __name__ == "__main__":
    sys.exit(main())
