"""The key ring: what opens, what does not, and that no mistake repeats a key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.store.cipher import CannotOpen, KeyRing
from tests.casework.conftest import HASH_SECRET

OLD, NEW = KeyRing.generate(), KeyRing.generate()


def ring(*keys: str) -> KeyRing:
    return KeyRing.parse(",".join(keys), HASH_SECRET)


@given(plain=st.binary(max_size=300), context=st.text(st.characters(codec="utf-8"), max_size=50))
def test_what_is_closed_opens_again(plain: bytes, context: str) -> None:
    sealed = ring(NEW).close(plain, context)
    assert ring(NEW).open(sealed, context) == plain
    assert len(plain) < 8 or plain not in sealed


def test_no_two_closings_are_alike() -> None:
    assert ring(NEW).close(b"value", "vault") != ring(NEW).close(b"value", "vault")


def test_another_place_does_not_open() -> None:
    sealed = ring(NEW).close(b"value", "vault:mine")
    with pytest.raises(CannotOpen):
        ring(NEW).open(sealed, "vault:yours")


@given(at=st.integers(min_value=0), bit=st.integers(0, 7))
def test_no_changed_bit_opens(at: int, bit: int) -> None:
    sealed = bytearray(ring(NEW).close(b"value", "vault"))
    sealed[at % len(sealed)] ^= 1 << bit
    with pytest.raises(CannotOpen):
        ring(NEW).open(bytes(sealed), "vault")


@given(st.binary(max_size=60))
def test_bytes_of_no_ring_do_not_open(sealed: bytes) -> None:
    with pytest.raises(CannotOpen):
        ring(NEW).open(sealed, "vault")


def test_the_first_key_writes_and_all_read() -> None:
    sealed = ring(OLD).close(b"value", "vault")
    both = ring(NEW, OLD)
    assert both.open(sealed, "vault") == b"value"
    assert not both.is_current(sealed)
    assert both.is_current(both.close(b"value", "vault"))
    with pytest.raises(CannotOpen):
        ring(OLD).open(both.close(b"value", "vault"), "vault")


def test_hashes_outlive_a_rotation_and_depend_on_secret_and_purpose() -> None:
    hashed = ring(OLD).hash("530602199001011234", "case")
    assert hashed == ring(NEW, OLD).hash("530602199001011234", "case")
    assert len(hashed) == 64
    others = {
        ring(OLD).hash("530602199001011235", "case"),
        ring(OLD).hash("530602199001011234", "code"),
        KeyRing.parse(OLD, "another secret").hash("530602199001011234", "case"),
    }
    assert hashed not in others
    assert len(others) == 3


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A" * 43 + "=",  # a key of the old kind, without an id
        "k1:",
        "k1:c2hvcnQ=",
        ":" + OLD.partition(":")[2],
        f"{OLD},{OLD}",
        f"{OLD},",
        OLD + "!",
    ],
    ids=[
        "empty",
        "without an id",
        "without a key",
        "short",
        "without a name",
        "twice",
        "a comma too many",
        "no base64",
    ],
)
def test_a_ring_that_is_none_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValueError, match="data key") as refused:
        KeyRing.parse(text, HASH_SECRET)
    assert not text or text not in str(refused.value)
