from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from habeas.domain.errors import BadInputError
from habeas.reference import networks_file
from habeas.reference.networks import compile_networks
from tests.unit.reference.geo_files import a_list

NETWORKS = compile_networks([a_list("vpn", "203.0.113.0/24", "2001:db8::/32"), a_list("tor", "203.0.113.7")])
WHOLE = networks_file.encode(NETWORKS)


def test_what_is_loaded_is_what_was_saved(tmp_path: Path) -> None:
    path = tmp_path / "networks"
    networks_file.save(NETWORKS, path)
    loaded = networks_file.load(path)
    assert (loaded.lists, loaded.sets, loaded.ipv4, loaded.ipv6) == (
        NETWORKS.lists,
        NETWORKS.sets,
        NETWORKS.ipv4,
        NETWORKS.ipv6,
    )
    assert loaded.tags("203.0.113.7") == ("vpn", "tor")
    assert (loaded.lists[0].label, loaded.lists[0].prefixes) == ("list-vpn of 2026-08-22", 2)


def test_saving_leaves_nothing_but_the_file_and_the_same_lists_make_the_same_bytes(tmp_path: Path) -> None:
    for _ in range(2):
        networks_file.save(NETWORKS, tmp_path / "networks")
    assert [file.name for file in tmp_path.iterdir()] == ["networks"]
    assert (tmp_path / "networks").read_bytes() == WHOLE


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_one_changed_byte_is_noticed(position: int, change: int) -> None:
    damaged = bytearray(WHOLE)
    damaged[position] ^= change
    with pytest.raises(BadInputError, match="compile the lists again"):
        networks_file.decode(bytes(damaged), "x")


def test_a_file_that_was_cut_short_anywhere_is_refused() -> None:
    for length in range(len(WHOLE)):
        with pytest.raises(BadInputError, match="compile the lists again"):
            networks_file.decode(WHOLE[:length], "x")


def test_what_was_added_at_the_end_is_noticed() -> None:
    with pytest.raises(BadInputError, match="`x` is damaged"):
        networks_file.decode(WHOLE + b"\0", "x")


def test_a_file_of_another_layout_is_refused_by_its_number() -> None:
    with pytest.raises(BadInputError, match="has layout 7, and this is layout 1"):
        networks_file.decode(WHOLE[:8] + b"\x07\x00" + WHOLE[10:], "x")


def test_a_file_that_cannot_be_read_or_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"cannot read `.*none`: No such file"):
        networks_file.load(tmp_path / "none")
    with pytest.raises(BadInputError, match=r"cannot write `.*none/networks`: No such file"):
        networks_file.save(NETWORKS, tmp_path / "none" / "networks")


def test_bytes_are_in_the_same_order_on_every_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    row = NETWORKS.ipv4.high
    monkeypatch.setattr("sys.byteorder", "big")
    assert networks_file._little_endian(row).tobytes() == b"".join(number.to_bytes(4, "big") for number in row)
