"""Ids that derive from their cause."""

from habeas.domain.ids import SEED_BYTES, derived_id, event_seed, fingerprint

KEY = bytes(range(16))


def test_the_same_cause_has_the_same_id() -> None:
    seed = event_seed(KEY, "acct-1", "urn:exchange", "ev-1")
    assert len(seed) == SEED_BYTES
    assert derived_id(seed, "rs", "KYC_REGION") == derived_id(seed, "rs", "KYC_REGION")


def test_another_cause_has_another_id() -> None:
    seed = event_seed(KEY, "acct-1", "urn:exchange", "ev-1")
    other = event_seed(KEY, "acct-1", "urn:exchange", "ev-2")
    ids = {
        derived_id(seed, "rs", "a"),
        derived_id(seed, "rs", "b"),
        derived_id(seed, "cs", "a"),
        derived_id(other, "rs", "a"),
    }
    assert len(ids) == 4


def test_the_parts_of_a_cause_do_not_run_together() -> None:
    assert event_seed(KEY, "ab", "c", "d") != event_seed(KEY, "a", "bc", "d")
    assert derived_id(bytes(16), "rs", "ab", "c") != derived_id(bytes(16), "rs", "a", "bc")


def test_without_the_key_nobody_computes_the_ids_of_an_account() -> None:
    assert event_seed(KEY, "acct-1", "s", "e") != event_seed(bytes(16), "acct-1", "s", "e")


def test_an_id_begins_with_what_it_names_and_is_short() -> None:
    id_ = derived_id(event_seed(KEY, "acct-1", "s", "e"), "rs", "x")
    assert id_.startswith("rs_")
    assert len(id_) == 19
    assert id_ == id_.lower()


def test_a_fingerprint_has_one_length_whatever_it_is_of() -> None:
    assert len(fingerprint("phone")) == len(fingerprint("x" * 10_000)) == 16
    assert fingerprint("phone") != fingerprint("Phone")
