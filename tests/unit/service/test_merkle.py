"""Known roots are those of the test data of Certificate Transparency (RFC 6962)."""

from contextlib import suppress
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from habeas.service.merkle import EMPTY_ROOT, Tree, leaf_hash, root_of
from habeas.verifier import root_by_proof
from habeas.verifier import root_of as root_by_definition
from tests.properties.canary import catches

KNOWN_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
KNOWN_ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}

contents = st.lists(st.binary(max_size=4), min_size=1, max_size=70)


@pytest.mark.parametrize("size", KNOWN_ROOTS)
def test_the_roots_are_those_of_the_standard(size: int) -> None:
    leaves = [leaf_hash(bytes.fromhex(leaf)) for leaf in KNOWN_LEAVES[:size]]
    assert root_of(leaves) == (bytes.fromhex(KNOWN_ROOTS[size]), size)
    assert Tree(leaves).root.hex() == KNOWN_ROOTS[size]
    assert root_by_definition(leaves).hex() == KNOWN_ROOTS[size]


def test_a_tree_without_leaves_has_the_root_of_the_standard() -> None:
    assert root_of([]) == (EMPTY_ROOT, 0)
    assert sha256().digest() == EMPTY_ROOT


@given(contents)
def test_streamed_and_whole_and_by_definition_the_root_is_one(contents: list[bytes]) -> None:
    leaves = [leaf_hash(content) for content in contents]
    assert root_of(leaves) == (Tree(leaves).root, len(leaves))
    assert root_by_definition(leaves) == Tree(leaves).root


def every_leaf_is_proved(contents: list[bytes], *, is_swapped: bool = False) -> None:
    leaves = [leaf_hash(content) for content in contents]
    tree = Tree(leaves)
    for index, leaf in enumerate(leaves):
        proof = tree.proof(index)
        if is_swapped:
            proof = proof[::-1]
        assert root_by_proof(leaf, index, len(leaves), proof) == tree.root


@given(contents)
def test_every_leaf_is_proved(contents: list[bytes]) -> None:
    every_leaf_is_proved(contents)


def test_a_proof_in_the_wrong_order_would_be_caught() -> None:
    assert catches(lambda contents: every_leaf_is_proved(contents, is_swapped=True), contents)


@given(contents, st.data())
def test_no_leaf_is_proved_at_another_place_or_with_another_length(contents: list[bytes], data: st.DataObject) -> None:
    leaves = [leaf_hash(b"%d " % number + content) for number, content in enumerate(contents)]
    tree = Tree(leaves)
    index = data.draw(st.integers(0, len(leaves) - 1))
    other = data.draw(st.integers(0, len(leaves) - 1))
    proof = tree.proof(index)
    if other != index:
        with suppress(ValueError):  # Another place may need a shorter or longer proof.
            assert root_by_proof(leaves[index], other, len(leaves), proof) != tree.root
    for wrong, said in ((proof[:-1], "short"), ([*proof, bytes(32)], "long")):
        if wrong != proof:
            with pytest.raises(ValueError, match=said):
                root_by_proof(leaves[index], index, len(leaves), wrong)


def test_a_node_does_not_pass_for_a_leaf() -> None:
    left, right = leaf_hash(b"left"), leaf_hash(b"right")
    assert root_of([leaf_hash(left + right)])[0] != root_of([left, right])[0]
