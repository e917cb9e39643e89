"""Break real projects in small random ways; whatever plain pytest notices, the cached run must notice.

    python tests/downstream/mutate.py click rich --mutants 20 --seed 1

At the pinned commit, with a filled cache: change one thing in one product file (negate a condition,
change a constant, swap an operator, delete a statement), run both sides, put it back. Exit code 1 if
any outcome of the cached run differs from plain pytest's, or the put-back tree is not all hits.
"""

from __future__ import annotations

import ast
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from common import (
    Differences,
    Run,
    Workspace,
    compare,
    drop_bytecode,
    parser,
    product_files,
    run_pytest,
    shortened,
    workspaces,
)
from replay_commits import needless_by_witness

# --- Mutations -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mutation:
    """Replace the bytes ``start:end`` of a file."""

    kind: str
    line: int
    start: int
    end: int
    text: str

    def applied(self, source: bytes) -> bytes:
        return source[: self.start] + self.text.encode() + source[self.end :]

    def described(self, source: bytes) -> str:
        was = source[self.start : self.end].decode().split("\n")[0]
        return f"line {self.line}: {self.kind}: {was[:40]!r} -> {self.text[:40]!r}"


Proposal = tuple[str, ast.AST, str]
COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult,
}  # fmt: skip


def negated_condition(node: ast.AST) -> Iterator[Proposal]:
    if isinstance(node, (ast.If, ast.While, ast.IfExp)):
        yield "negate", node.test, f"(not ({ast.unparse(node.test)}))"


def changed_constant(node: ast.AST) -> Iterator[Proposal]:
    if not isinstance(node, ast.Constant):
        return
    if isinstance(node.value, bool):
        yield "constant", node, repr(not node.value)
    elif isinstance(node.value, int):
        yield "constant", node, f"({node.value + 1})"
    elif isinstance(node.value, str) and node.value:
        yield "constant", node, repr(node.value + "!")


def swapped_operator(node: ast.AST) -> Iterator[Proposal]:
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
        swapped = ast.Compare(node.left, [COMPARISONS[type(node.ops[0])](), *node.ops[1:]], node.comparators)
        yield "operator", node, f"({ast.unparse(swapped)})"
    elif isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        yield (
            "operator",
            node,
            f"({ast.unparse(ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right))})",
        )


def deleted_statement(node: ast.AST) -> Iterator[Proposal]:
    if isinstance(node, (ast.Expr, ast.Assign, ast.AugAssign, ast.Return, ast.Raise)):
        yield "delete", node, "pass"


MUTATORS: tuple[Callable[[ast.AST], Iterator[Proposal]], ...] = (
    negated_condition,
    changed_constant,
    swapped_operator,
    deleted_statement,
)


def mutations(source: bytes) -> list[Mutation]:
    """Every mutation of a file that still compiles."""
    tree = ast.parse(source)
    starts = line_starts(source)
    exempt = docstrings(tree) | inside_fstrings(tree)
    nodes = [node for node in ast.walk(tree) if id(node) not in exempt]
    proposals = [proposal for node in nodes for mutator in MUTATORS for proposal in mutator(node)]
    placed = [in_place(starts, *proposal) for proposal in proposals if id(proposal[1]) not in exempt]
    return [mutation for mutation in placed if compiles(mutation.applied(source))]


def in_place(starts: list[int], kind: str, node: ast.AST, text: str) -> Mutation:
    start = starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]
    end = starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]
    return Mutation(kind, node.lineno, start, end, text)  # type: ignore[attr-defined]


def line_starts(source: bytes) -> list[int]:
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def docstrings(tree: ast.AST) -> set[int]:
    bare = [
        node for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ]
    return {id(part) for node in bare for part in (node, node.value)}


def inside_fstrings(tree: ast.AST) -> set[int]:
    """Positions inside f-strings are not to be trusted before Python 3.12."""
    strings = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    return {id(part) for string in strings for part in ast.walk(string) if part is not string}


def compiles(source: bytes) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    return True


def chosen(files: list[Path], randomness: random.Random) -> tuple[Path, Mutation]:
    """A file, then a kind, then one mutation: so that small files and rare kinds have their turn."""
    while True:
        file = randomness.choice(files)
        found = mutations(file.read_bytes())
        if found:
            kind = randomness.choice(sorted({mutation.kind for mutation in found}))
            return file, randomness.choice([mutation for mutation in found if mutation.kind == kind])


# --- The trial -----------------------------------------------------------------------------------


@dataclass
class Score:
    mutants: int = 0
    noticed: int = 0
    hanging: int = 0
    stale: int = 0
    other: int = 0
    needless: int = 0

    def __str__(self) -> str:
        return (
            f"{self.mutants} mutants, {self.noticed} noticed by plain pytest, {self.hanging} hanging, "
            f"{self.stale} stale, {self.other} different, {self.needless} needless"
        )

    def faults(self) -> int:
        return self.stale + self.other + self.needless


def trial(workspace: Workspace, mutants: int, seed: int) -> Score:
    score, randomness = Score(), random.Random(seed)
    files = product_files(workspace)
    plain = run_pytest(workspace, cached=False)
    report_difference("filling the cache", compare(plain, run_pytest(workspace, cached=True)), score)
    for _ in range(mutants):
        file, mutation = chosen(files, randomness)
        one_mutant(workspace, plain, file, mutation, score)
    check_put_back(workspace, plain, score)
    return score


def one_mutant(workspace: Workspace, plain: Run, file: Path, mutation: Mutation, score: Score) -> None:
    source = file.read_bytes()
    title = f"{workspace.recipe.name} {file.name} {mutation.described(source)}"
    limit = 60 + 5 * plain.seconds
    score.mutants += 1
    try:
        put(file, mutation.applied(source))
        judge_mutant(workspace, plain, title, limit, score)
    except subprocess.TimeoutExpired:
        score.hanging += 1
        print(f"{title}: hangs, not judged", flush=True)
    finally:
        put(file, source)


def judge_mutant(workspace: Workspace, healthy: Run, title: str, limit: float, score: Score) -> None:
    broken = run_pytest(workspace, cached=False, timeout=limit)
    cached = run_pytest(workspace, cached=True, timeout=limit)
    noticed = len(broken.outcomes) != len(healthy.outcomes) or broken.counts != healthy.counts
    score.noticed += noticed
    print(f"{title}: {broken.counts or 'broken start'}; {cached.tally}", flush=True)
    again = lambda: run_pytest(workspace, cached=False, timeout=limit)  # noqa: E731
    report_difference(title, compare(broken, cached, again), score)


def report_difference(title: str, differences: Differences, score: Score) -> None:
    score.stale += len(differences.stale)
    score.other += len(differences.other)
    for kind, lines in (("STALE", differences.stale), ("DIFFERENT", differences.other)):
        for line in shortened(lines):
            print(f"  {kind} {title}: {line}", flush=True)


def check_put_back(workspace: Workspace, plain: Run, score: Score) -> None:
    """After all mutants, the tree is as at first: all hits."""
    if workspace.cache == "none":
        return
    needless = needless_by_witness(plain, run_pytest(workspace, cached=True))
    score.needless += len(needless)
    for line in needless:
        print(f"  NEEDLESS after all was put back: {line}", flush=True)


def put(file: Path, source: bytes) -> None:
    file.write_bytes(source)
    drop_bytecode(file.parent)


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--mutants", type=int, default=10, metavar="K")
    arguments.add_argument("--seed", type=int, default=0)
    options = arguments.parse_args()
    scores = {w.recipe.name: trial(w, options.mutants, options.seed) for w in workspaces(options)}
    for name, score in scores.items():
        print(f"{name}: {score}")
    return 1 if any(score.faults() for score in scores.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
