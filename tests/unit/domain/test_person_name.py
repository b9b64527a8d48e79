"""Whether a payer is somebody else: only where two Latin names have nothing in common."""

import pytest

from habeas.domain.person_name import SameName, folded, same_name


@pytest.mark.parametrize(
    ("payer", "holder", "expected"),
    [
        ("John Smith", "SMITH, JOHN", SameName.SAME),
        ("Mr John A. Smith", "John Smith", SameName.SAME),
        ("José Núñez García", "Jose Nunez", SameName.SAME),
        ("O'Brien Mary", "Mary OBrien", SameName.SAME),
        ("Maria Silva", "John Smith", SameName.OTHER),
        ("Jane Smith", "John Smith", SameName.UNCLEAR),
        ("Smith Trading Ltd", "John Smith", SameName.UNCLEAR),
        ("J Smythe", "John Brown", SameName.UNCLEAR),
        ("李明", "Li Ming", SameName.UNCLEAR),
        ("Иван Петров", "John Smith", SameName.UNCLEAR),
        ("Revolut", "John Smith", SameName.UNCLEAR),
        ("", "John Smith", SameName.UNCLEAR),
    ],
)
def test_a_payer_is_somebody_else_only_if_two_full_names_share_nothing(
    payer: str, holder: str, expected: SameName
) -> None:
    assert same_name(folded(payer), folded(holder)) is expected
    assert same_name(folded(holder), folded(payer)) is expected
