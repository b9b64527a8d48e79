"""Very many names as numbers, in few bytes: addresses and transactions, which are mostly hexadecimal.

A name costs its bytes (half of its digits, if it is hexadecimal) and about 17 more; a dictionary of strings takes 200.
"""

from array import array

_ABSENT = -1
_SLOTS_MIN = 1024
_TEXT, _HEX, _HEX_0X = b"\x00", b"\x01", b"\x02"


class Names:
    """Names in the order in which they came: the first is 0. Names are never forgotten."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._starts = array("Q", (0,))
        self._slots = array("i", (_ABSENT,)) * _SLOTS_MIN
        self._asked: tuple[str, bytes, int] = ("", b"", 0)
        """The name that was looked for last, packed, and its slot: who asks for a name often adds it next."""

    def __len__(self) -> int:
        return len(self._starts) - 1

    @property
    def nbytes(self) -> int:
        """What they take in memory."""
        return len(self._bytes) + 8 * len(self._starts) + 4 * len(self._slots)

    def find(self, name: str) -> int | None:
        """The number of a name, if it is there."""
        packed = _packed(name)
        slot = self._slot(packed)
        self._asked = (name, packed, slot)
        number = self._slots[slot]
        return None if number == _ABSENT else number

    def number(self, name: str) -> int:
        """The number of a name, which is added if need be."""
        asked, packed, slot = self._asked
        if asked != name or not packed:
            packed = _packed(name)
            slot = self._slot(packed)
        number = self._slots[slot]
        if number != _ABSENT:
            return number
        number = len(self._starts) - 1
        self._bytes += packed
        self._starts.append(len(self._bytes))
        self._slots[slot] = number
        self._asked = ("", b"", 0)
        if 2 * number > len(self._slots):
            self._spread()
        return number

    def name(self, number: int) -> str:
        """The name with a number."""
        packed = self._bytes[self._starts[number] : self._starts[number + 1]]
        if packed[0] == _HEX_0X[0]:
            return "0x" + packed.hex()[2:]
        return packed.hex()[2:] if packed[0] == _HEX[0] else packed[1:].decode()

    def _slot(self, packed: bytes) -> int:
        """Where it is, or would be put."""
        slots, starts, data = self._slots, self._starts, self._bytes
        mask = len(slots) - 1
        slot = hash(packed) & mask
        while (number := slots[slot]) != _ABSENT and data[starts[number] : starts[number + 1]] != packed:
            slot = (slot + 1) & mask
        return slot

    def _spread(self) -> None:
        slots = array("i", (_ABSENT,)) * (2 * len(self._slots))
        mask = len(slots) - 1
        starts, data = self._starts, self._bytes
        for number in range(len(self)):
            slot = hash(bytes(data[starts[number] : starts[number + 1]])) & mask
            while slots[slot] != _ABSENT:
                slot = (slot + 1) & mask
            slots[slot] = number
        self._slots = slots


def _packed(name: str) -> bytes:
    """Hexadecimal names as the bytes that they spell, if they are spelled in the one way that comes back."""
    try:
        if name[:2] == "0x":
            packed = bytes.fromhex(name[2:])
            if packed.hex() == name[2:]:
                return _HEX_0X + packed
        else:
            packed = bytes.fromhex(name)
            if packed and packed.hex() == name:
                return _HEX + packed
    except ValueError:
        pass
    return _TEXT + name.encode()
