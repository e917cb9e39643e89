"""Law 1 for as long as you like: ``python tests/laws/long_run.py --edits 500 --seed 1``.

Prints how many edits were judged, how many modules were cached and ran, and every difference from
plain pytest; modules that ran although they had passed in just this state before are told as needless.
``--minutes`` ends it after the project that is then being judged. Exit code 1 if there was any difference.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))


def parsed_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0, help="of the first project; the others follow")
    parser.add_argument("--per-project", type=int, default=25, help="edits made to one project")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no project after these")
    parser.add_argument("--cache", choices=("gocache", "none", "liar"), default="gocache")
    parser.add_argument("--workers", type=int, default=0, help="of xdist, with the cache (what makes files races)")
    parser.add_argument("--verbose", action="store_true", help="tell every story, not only those with faults")
    return parser.parse_args()


def main() -> int:
    options = parsed_options()
    from judge import Pytest, Story

    total, began = Story(), time.monotonic()
    workers = ("-p", "xdist", f"--numprocesses={options.workers}") if options.workers else ()
    with tempfile.TemporaryDirectory() as scratch, Pytest(Path(scratch), options.cache, workers) as running:
        tell_stories(running, options, total)
    stale = sum(fault.kind == "stale" for fault in total.faults)
    seconds = time.monotonic() - began
    print(
        f"{total.edits} edits judged in {seconds:.0f}s ({total.failures} runs with failures, "
        f"{total.interrupted} with collection errors): {total.hits} modules cached, {total.ran} ran, "
        f"{stale} stale, {len(total.faults) - stale} different, {len(total.needless)} needless"
    )
    return 1 if total.faults else 0


def tell_stories(running, options: argparse.Namespace, total) -> None:
    """Faults are counted, not raised, so that it goes on."""
    from judge import play
    from projects import random_story

    end = time.monotonic() + 60 * options.minutes
    for seed in range(options.seed, options.seed + -(-options.edits // options.per_project)):
        if time.monotonic() > end:
            break
        story = play(running, *random_story(seed, options.per_project))
        total.add(story)
        if story.faults or story.needless or options.verbose:
            told = [*story.log, *story.faults[:20], *(f"NEEDLESS {each}" for each in story.needless[:20])]
            print(f"--- seed {seed}", *told, "", sep="\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
