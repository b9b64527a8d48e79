"""Base58 with checksum, and the two other spellings of addresses that come down to the same bytes.

Some chains write one address in several ways. To find a listed one however it is spelled, each is reduced to one spelling:
TRON's hexadecimal form, Litecoin's old `3...` form and Bitcoin Cash's `bitcoincash:q...` form become base58.
"""

from hashlib import sha256

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_CHECKSUM_BYTES = 4
_CASH_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_CASH_VALUES = {character: value for value, character in enumerate(_CASH_ALPHABET)}
_CASH_CHECKSUM = 8
_CASH_GENERATOR = (0x98F2BC8E61, 0x79B76D99E2, 0xF33E5FB3C4, 0xAE2EABE2A8, 0x1E4F43E470)
_CASH_PREFIX = "bitcoincash"
_HASH_BYTES = 20


def decoded(text: str) -> bytes | None:
    """The version byte and payload of a base58 address; None if a letter or the checksum is wrong."""
    number = 0
    for character in text:
        if character not in _VALUES:
            return None
        number = number * 58 + _VALUES[character]
    zeros = len(text) - len(text.lstrip("1"))
    raw = bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
    payload, checksum = raw[:-_CHECKSUM_BYTES], raw[-_CHECKSUM_BYTES:]
    return payload if payload and _checksum(payload) == checksum else None


def encoded(payload: bytes) -> str:
    """The base58 address of a version byte and payload."""
    raw = payload + _checksum(payload)
    number, text = int.from_bytes(raw, "big"), ""
    while number:
        number, value = divmod(number, 58)
        text = _ALPHABET[value] + text
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + text


def _checksum(payload: bytes) -> bytes:
    return sha256(sha256(payload).digest()).digest()[:_CHECKSUM_BYTES]


def cash_address_as_base58(text: str) -> str | None:
    """A Bitcoin Cash address without its prefix (`qp...`, `pp...`) in the older base58 spelling; None if it is none."""
    values = [_CASH_VALUES.get(character, -1) for character in text]
    if len(values) <= _CASH_CHECKSUM or min(values) < 0:
        return None
    if _cash_checksum([ord(character) & 31 for character in _CASH_PREFIX] + [0] + values) != 0:
        return None
    bits = 0
    for value in values[:-_CASH_CHECKSUM]:
        bits = bits << 5 | value
    length = (len(values) - _CASH_CHECKSUM) * 5 // 8
    raw = (bits >> ((len(values) - _CASH_CHECKSUM) * 5 - length * 8)).to_bytes(length, "big")
    version = {0x00: b"\x00", 0x08: b"\x05"}.get(raw[0])
    return encoded(version + raw[1:]) if version is not None and length == 1 + _HASH_BYTES else None


def _cash_checksum(values: list[int]) -> int:
    """The BCH code of the cash address specification; 0 for an address that is spelled right."""
    state = 1
    for value in values:
        top = state >> 35
        state = (state & 0x07FFFFFFFF) << 5 ^ value
        for bit, generator in enumerate(_CASH_GENERATOR):
            if top >> bit & 1:
                state ^= generator
    return state ^ 1
