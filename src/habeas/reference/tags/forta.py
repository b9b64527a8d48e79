"""Forta's labelled data sets: csv lists of phishing, exploits and heists on Ethereum that rest on Etherscan's labels.

Anybody may report a label, so their origin is the crowd, and their confidence that of a web crawl.
"""

from collections.abc import Iterator
from datetime import date

from habeas.domain.errors import BadInputError
from habeas.domain.tag import TagOrigin
from habeas.reference.tags.csv_rows import header_of, rows
from habeas.reference.tags.making import Maker, Said, TagSet, tag_set, version_of

_CONFIDENCE = "web_crawl"
_ABUSES = {"phish-hack": "phishing", "exploit": "service_hack", "heist": "service_hack"}
_URL = "https://github.com/forta-network/labelled-datasets"
_ETHERSCAN = "https://etherscan.io/labelcloud"

MALICIOUS_LABELS = ("banned_address", "wallet_tag", "data_source")
PHISHING_SCAMS = ("address", "etherscan_tag", "etherscan_labels", "is_contract")
MALICIOUS_CONTRACTS = ("contract_address", "contract_tag", "contract_creator", "contract_creator_tag")


def is_forta(header: tuple[str, ...]) -> bool:
    """Whether a file with these columns is one of the three lists."""
    return any(set(columns) <= set(header) for columns in (MALICIOUS_LABELS, PHISHING_SCAMS, MALICIOUS_CONTRACTS))


def parse(data: bytes, file: str, name: str, as_of: date | None = None) -> TagSet:
    """The tags of any of the three lists. Raises BadInputError, naming the line."""
    version = version_of(data, as_of)
    maker = Maker(f"{name}@{version}", TagOrigin.CROWD)
    header = set(header_of(data))
    layout = next((each for each in (MALICIOUS_LABELS, PHISHING_SCAMS) if set(each) <= header), MALICIOUS_CONTRACTS)
    for line, row in rows(data, file, layout):
        try:
            for address, label, word in _named(layout, row):
                maker.add(
                    Said(
                        address=address,
                        currency="ETH",
                        abuse=_ABUSES.get(word, word),
                        confidence=_CONFIDENCE,
                        label=label,
                        url=_ETHERSCAN if word in _ABUSES else _URL,
                    )
                )
        except BadInputError as exc:
            raise BadInputError(f"`{file}`, line {line}: {exc}") from None
    return tag_set(name, version, as_of, maker)


def _named(layout: tuple[str, ...], row: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Addresses with their label and Etherscan's word for what they did."""
    if layout == MALICIOUS_LABELS:
        # `etherscan-phish-hack-list`
        yield (
            row["banned_address"],
            row["wallet_tag"],
            row["data_source"].removeprefix("etherscan-").removesuffix("-list"),
        )
    elif layout == PHISHING_SCAMS:
        yield row["address"], row["etherscan_tag"], row["etherscan_labels"]
    else:
        word = row.get("contract_creator_etherscan_label", "") or "exploit"
        yield row["contract_address"], row["contract_tag"] or row["contract_creator_tag"] or "malicious contract", word
        if row["contract_creator"]:
            yield row["contract_creator"], row["contract_creator_tag"] or "creator of a malicious contract", word
