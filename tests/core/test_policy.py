"""What is allowed, what does not count, and what of the words for it is rubbish."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_gocache.core import globs
from pytest_gocache.core.environment import Variables
from pytest_gocache.core.hashing import ABSENT, Digest
from pytest_gocache.core.learnt import learn
from pytest_gocache.core.model import Input, Miss, Reason
from pytest_gocache.core.ops import Op
from pytest_gocache.core.places import Places
from pytest_gocache.core.policy import (
    ALLOWED,
    IGNORED,
    Policy,
    as_miss,
    left_by,
    policy_of,
    wrong_allowance,
    wrong_ignorance,
    wrong_variable,
)
from pytest_gocache.core.present import BY_THEMSELVES, NOT_YET, Present, moment

NET, V6, GIT = Input(Op.NETWORK, "api.example.com:443"), Input(Op.NETWORK, "[2001:db8::1]:80"), Input(Op.CHILD, "git")


@pytest.mark.parametrize(
    ("word", "allowed"),
    [
        ("network", {NET, V6}),
        ("network:api.example.com", {NET}),
        ("network:*.example.com", {NET}),
        ("network:api.example.com:443", {NET}),
        ("network:api.example.com:80", set()),
        ("network:example.com", set()),
        ("network:2001:db8::1", {V6}),
        ("subprocess", {GIT}),
        ("subprocess:git", {GIT}),
        ("subprocess:gi", set()),
        ("subprocess:python*", set()),
    ],
)
def test_what_a_word_allows(word: str, allowed: set[Input]) -> None:
    """A host with or without its port, by pattern too; a program by its name."""
    policy = Policy((word,))
    assert {each for each in (NET, V6, GIT) if policy.allows(each)} == allowed
    assert set(left_by((word,), (NET, V6, GIT))) == {NET, V6, GIT} - allowed
    assert (policy.refusal((NET,)) is None) == (NET in allowed)


def test_a_program_with_options() -> None:
    """Its name is the first word."""
    assert Policy(("subprocess:python3*",)).allows(Input(Op.CHILD, "python3.11 -I"))


@pytest.mark.parametrize(
    "named",
    [
        Input(Op.CHILD, "python -S"),
        Input(Op.CHILD, "sh -c ./run [a-z]* > out/x"),
        Input(Op.CHILD, "["),
        Input(Op.NETWORK, "[2001:db8::1]:80"),
    ],
)
def test_what_is_named_is_allowed_by_its_name(named: Input) -> None:
    """Word for word, and nothing else by that."""
    word = f"{named.op}:{named.name}"
    other = named._replace(name=f"{named.name}2")
    assert not wrong_allowance(word)
    assert Policy((word,)).allows(named) and not Policy((word,)).allows(other)


def test_patterns_of_programs_with_options() -> None:
    """One with a blank is held against all that is named, another against the program alone."""
    plain, options = Input(Op.CHILD, "python"), Input(Op.CHILD, "python -S -E")
    assert Policy(("subprocess:python -S*",)).allows(options) and not Policy(("subprocess:python -S*",)).allows(plain)
    assert not Policy(("subprocess:*E",)).allows(options)


def test_refusals() -> None:
    """The first that is not allowed, and nothing but such."""
    data = Input(Op.OPEN, "data.txt")
    assert Policy().refusal((data,)) is None
    assert Policy().refusal((data, NET, GIT)) == Miss(Reason.NETWORK, "api.example.com:443")
    assert Policy(("network",)).refusal((NET, GIT)) == Miss(Reason.SUBPROCESS, "git")


def test_the_first_end_of_validity_counts() -> None:
    """Several workers, or marks, may each name one."""
    soon, late = Input(Op.UNTIL, moment(10)), Input(Op.UNTIL, moment(1000))
    assert left_by((), (late, NET, soon)) == (NET, soon)


@pytest.mark.parametrize(
    ("pattern", "means", "not_these"),
    [
        ("build/**", ["build", "build/a", "build/a/b"], ["builds", "a/build", "build.py"]),
        ("**/build/**", ["build", "a/build/b"], ["abuild/b"]),
        ("*.log", ["a.log", ".log"], ["d/a.log", "a.logs"]),
        ("**/*.log", ["a.log", "d/e/a.log"], ["a.txt"]),
        ("data/?.txt", ["data/a.txt"], ["data/ab.txt", "data//.txt"]),
        ("data/[ab].txt", ["data/a.txt"], ["data/c.txt"]),
        ("data/[!ab].txt", ["data/c.txt"], ["data/a.txt"]),
        ("a+b(c).txt", ["a+b(c).txt"], ["aab(c).txt"]),
        ("../x/*", ["../x/a"], ["x/a"]),
        ("{site}/certifi/*.pem", ["{site}/certifi/cacert.pem"], ["certifi/cacert.pem"]),
    ],
)
def test_patterns(pattern: str, means: list[str], not_these: list[str]) -> None:
    """``*`` stays within a name, ``**`` goes through directories."""
    policy = policy_of((), (pattern,), lambda path: path)
    assert all(policy.ignores(Input(Op.OPEN, name)) for name in means)
    assert not any(policy.ignores(Input(Op.OPEN, name)) for name in not_these)


def test_what_can_be_ignored() -> None:
    """Files and what is learnt of them, and variables; not code, and not what was declared."""
    policy = policy_of((), ("**", "env:CI_*"), lambda path: path)
    ignored = {op for op in Op if policy.ignores(Input(op, "x"))}
    assert ignored == {Op.OPEN, Op.LIST, Op.SCAN, Op.KIND, Op.STAT, Op.TIMES, Op.ACCESS, Op.LINK, Op.SAME, Op.NAMES}
    assert policy.ignores(Input(Op.GETENV, "CI_JOB")) and not policy.ignores(Input(Op.GETENV, "CI"))
    assert not any(Policy().ignores(Input(op, "x")) for op in Op)


@pytest.mark.parametrize(
    "word", ["network", "network:a.b", "network:*", "subprocess", "subprocess:git-*", "random", "deselection", "native"]
)
def test_right_allowances(word: str) -> None:
    assert not wrong_allowance(word)


@pytest.mark.parametrize(
    "word",
    ["", "net", "network:", "subprocess:", "subprocess:/bin/a", "subprocess:/bin/a b", "Network", "open", "random:x"],
)
def test_wrong_allowances(word: str) -> None:
    """Each is told with what to write instead."""
    assert "write" in wrong_allowance(word) and repr(word) in wrong_allowance(word)


def test_a_word_that_was_cut_in_an_ini_file() -> None:
    """Blanks part the words there."""
    assert "quotation marks" in wrong_allowance("-S") and "quotation marks" not in wrong_allowance("net")


def test_wrong_names_and_patterns() -> None:
    """Of variables, and of files."""
    assert not wrong_variable("HOME") and wrong_variable("A=1") and wrong_variable("")
    assert not wrong_ignorance("env:A_*") and wrong_ignorance("env:") and wrong_ignorance("env:A=1")
    assert not wrong_ignorance("a/**") and "'[z-a]'" in wrong_ignorance("[z-a]")


def test_misses() -> None:
    """What nobody can see and what is over have reasons of their own."""
    assert as_miss(NET) == Miss(Reason.NETWORK, "api.example.com:443")
    assert as_miss(Input(Op.UNTIL, "2026")) == Miss(Reason.EXPIRED, "until 2026")
    assert as_miss(Input(Op.OPEN, "a")) == Miss(Reason.INPUT_CHANGED, "open a")


def test_the_present_by_leave_of_the_policy() -> None:
    """A digest says by whose leave it is there, so that it is a miss without."""
    variables = Variables({"CI_JOB": "1", "HOME": "/h"})

    def present(policy: Policy) -> Present:
        return Present(Places(Path("/p")), variables, policy, lambda op, path: Digest(f"{op} {path}"), Digest)

    none, some = present(Policy()), present(policy_of(("network",), ("a/**", "env:CI_*"), lambda path: path))
    for wanted, without, by_leave in (
        (NET, ABSENT, ALLOWED),
        (GIT, ABSENT, ABSENT),
        (Input(Op.KIND, "a/b"), "kind /p/a/b", IGNORED),
        (Input(Op.KIND, "b"), "kind /p/b", "kind /p/b"),
        (Input(Op.GETENV, "CI_JOB"), variables.digest("CI_JOB"), IGNORED),
        (Input(Op.UNTIL, moment(10)), NOT_YET, NOT_YET),
        (Input(Op.GETENV, "*"), variables.digest("*"), Variables({"HOME": "/h"}).digest("*")),
    ):
        assert (none(wanted), some(wanted)) == (without, by_leave), wanted
    over = Input(Op.UNTIL, moment(-1))
    assert none(over) != none(over), "what is over equals nothing"
    assert {Op.NETWORK, Op.UNTIL, Op.GLOB, Op.LIST} <= BY_THEMSELVES and Op.OPEN not in BY_THEMSELVES


def test_moments_sort_by_time() -> None:
    """As texts."""
    moments = [moment(later, lambda: 1_700_000_000.0) for later in (-86400, 0, 1, 60, 1e9)]
    assert moments == sorted(moments)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", each) for each in moments)


def test_files_found(tmp_path: Path) -> None:
    """Files only, hidden ones too, nothing that Python leaves behind; brackets in directories above do not count."""
    root = tmp_path / "odd[1]"
    for name in ("data/a.txt", "data/d/.b", "data/__pycache__/c.pyc", "other"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    found = [str(Path(each).relative_to(root)) for each in globs.found_by(f"{root}/data/**")]
    assert found == ["data/a.txt", "data/d/.b"]
    assert globs.found_by(f"{root}/other") == (f"{root}/other",)
    assert globs.found_by(f"{root}/absent/**") == globs.found_by(f"{root}/data") == ()


def test_the_digest_of_a_pattern(tmp_path: Path) -> None:
    """Names count, content does not; two checkouts agree."""
    digests = []
    for checkout in ("a", "b"):
        (tmp_path / checkout / "data").mkdir(parents=True)
        pattern = str(tmp_path / checkout / "data" / "**")
        assert learn(Op.GLOB, pattern) == ABSENT
        (tmp_path / checkout / "data" / "x").write_text(checkout)
        digests.append(learn(Op.GLOB, pattern))
    assert digests[0] == digests[1] != ABSENT
    (tmp_path / "b" / "data" / "y").touch()
    assert learn(Op.GLOB, pattern) != digests[0]
