"""An entry is whole and asked for by its own name, or it is a miss."""

from __future__ import annotations

import hashlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_gocache.stores import seal as seal_module
from pytest_gocache.stores.seal import MAX_PAYLOAD, seal, unseal

NAME = "ab" * 32
PAYLOAD = b'{"tests": ["::test_one", "::test_two"], "seconds": 0.25}' * 3


def forge(payload: bytes, length: int | None = None, magic: bytes = b"GoPy\x01") -> bytes:
    """An entry whose digest is right, whatever else is wrong: what an attacker can make."""
    body = zlib.compress(payload)
    head = magic + (len(payload) if length is None else length).to_bytes(4, "big")
    digest = hashlib.sha256(head + len(NAME).to_bytes(4, "big") + NAME.encode() + body).digest()
    return head + digest + body


@pytest.mark.parametrize("level", [0, 1, 9])
@pytest.mark.parametrize("payload", [b"", b"x", PAYLOAD, bytes(range(256)) * 500])
def test_what_was_sealed_comes_back(payload: bytes, level: int) -> None:
    """The payload is the same, byte for byte, at every level of compression."""
    assert unseal(NAME, seal(NAME, payload, level)) == payload


def test_every_flipped_bit_is_a_miss() -> None:
    """Also the padding bits of deflate, which zlib itself would not notice."""
    blob = seal(NAME, PAYLOAD)
    for bit in range(8 * len(blob)):
        spoiled = bytearray(blob)
        spoiled[bit // 8] ^= 1 << bit % 8
        assert unseal(NAME, bytes(spoiled)) is None, f"bit {bit}"


def test_every_cut_is_a_miss() -> None:
    """Cut at the end, at the beginning, or with one byte missing in the middle."""
    blob = seal(NAME, PAYLOAD)
    for at in range(len(blob)):
        assert unseal(NAME, blob[:at]) is None
        assert unseal(NAME, blob[at + 1 :]) is None
        assert unseal(NAME, blob[:at] + blob[at + 1 :]) is None
    assert unseal(NAME, blob + b"\0") is None, "a byte too many"


def test_another_name_is_a_miss() -> None:
    """An entry copied under another name does not answer for it."""
    assert unseal("cd" * 32, seal(NAME, PAYLOAD)) is None


def test_another_version_is_a_miss() -> None:
    """A later version of the format is not guessed at."""
    assert unseal(NAME, forge(PAYLOAD)) == PAYLOAD, "the forgery is good, but for its version"
    assert unseal(NAME, forge(PAYLOAD, magic=b"GoPy\x02")) is None


def test_a_bomb_is_a_miss(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that inflates to more than it declares, or declares too much, is not inflated."""
    bomb = bytes(5_000_000)
    assert unseal(NAME, forge(bomb, length=10)) is None
    assert unseal(NAME, forge(b"", length=MAX_PAYLOAD + 1)) is None
    monkeypatch.setattr(seal_module, "MAX_PAYLOAD", 4_000_000)
    assert unseal(NAME, forge(bomb)) is None


def test_a_payload_beyond_the_limit_is_our_own_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    """``seal`` says so at once; the stores ask before."""
    monkeypatch.setattr(seal_module, "MAX_PAYLOAD", 10)
    with pytest.raises(ValueError, match="may hold 10 bytes, not 11"):
        seal(NAME, bytes(11))


@given(st.binary(max_size=300))
def test_any_bytes_are_a_miss(blob: bytes) -> None:
    """Law 5 for one entry: whatever the bytes, no error."""
    assert unseal(NAME, blob) is None


@given(st.binary(max_size=200), st.binary(max_size=60))
def test_any_bytes_behind_a_good_head_are_a_miss(body: bytes, length: bytes) -> None:
    """Law 5, further in: magic and digest are right, and the body is anything."""
    head = b"GoPy\x01" + length[:4].rjust(4, b"\0")
    digest = hashlib.sha256(head + len(NAME).to_bytes(4, "big") + NAME.encode() + body).digest()
    assert unseal(NAME, head + digest + body) is None
