"""Law 1 for as long as you like: ``python tests/laws/long_run.py --edits 500 --seed 1``.

Prints how many edits were judged, how many modules were cached and ran, and every difference from
plain pytest. ``--hard`` adds effects beyond files and imports (memoised reads, listings, probes).
Exit code 1 if there was any difference.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path


def parsed_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--per-project", type=int, default=25, help="edits made to one project")
    parser.add_argument("--hard", action="store_true")
    parser.add_argument("--cache", choices=("gocache", "none", "liar"), default="gocache")
    parser.add_argument("--verbose", action="store_true", help="tell every story, not only those with faults")
    return parser.parse_args()


def main() -> int:
    options = parsed_options()
    os.environ["GOCACHE_LAW_HARD"] = "1" if options.hard else ""
    from judge import Pytest, Story

    total, began = Story(), time.monotonic()
    with tempfile.TemporaryDirectory() as scratch, Pytest(Path(scratch), options.cache) as running:
        tell_stories(running, options, total)
    stale = sum(fault.kind == "stale" for fault in total.faults)
    seconds = time.monotonic() - began
    print(
        f"{total.edits} edits judged in {seconds:.0f}s ({total.failures} runs with failures, "
        f"{total.interrupted} with collection errors): {total.hits} modules cached, {total.ran} ran, "
        f"{stale} stale, {len(total.faults) - stale} different"
    )
    return 1 if total.faults else 0


def tell_stories(running, options: argparse.Namespace, total) -> None:
    """Hypothesis deals the projects and edits; faults are counted, not raised, so that it goes on."""
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from hypothesis import strategies as st
    from judge import play
    from projects import edits, shapes

    @settings(
        max_examples=-(-options.edits // options.per_project), deadline=None, database=None,
        phases=(Phase.generate,), suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @seed(options.seed)
    @given(shapes(), st.lists(edits(), min_size=options.per_project, max_size=options.per_project))
    def one(shape, changes) -> None:
        story = play(running, shape, changes)
        total.add(story)
        if story.faults or options.verbose:
            print(shape, *story.log, *story.faults[:20], "", sep="\n", flush=True)

    one()


if __name__ == "__main__":
    sys.exit(main())
