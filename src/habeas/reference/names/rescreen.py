"""All customers against the whole list, on several processors: each process reads the kept index for itself."""

from collections.abc import Iterable, Iterator
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from msgspec import Struct

from habeas.domain.screening import BANDS, Bands, Hit
from habeas.reference.names import index_file
from habeas.reference.names.customers import Customer
from habeas.reference.names.index import NameIndex

CUSTOMERS_AT_ONCE = 2_000


class _Work(Struct):
    index: NameIndex
    bands: Bands


_work: list[_Work] = []
"""What one process works with: one entry once it has begun."""


def rescreen(
    index: Path,
    customers: Iterable[Customer],
    bands: Bands = BANDS,
    *,
    processes: int = 2,
) -> Iterator[tuple[Customer, tuple[Hit, ...]]]:
    """The customers that have hits on a kept index, with these, in the order in which they come.

    Customers are taken from the stream as they are needed, so that it may be longer than memory.
    """
    assert processes >= 1
    # A process of its own starts afresh: nothing of this one's threads and open files goes over.
    with get_context("spawn").Pool(processes, _begin, (index, bands)) as pool:
        for found in pool.imap(_screen, _parts(customers)):
            yield from found


def _parts(customers: Iterable[Customer]) -> Iterator[list[Customer]]:
    stream = iter(customers)
    while part := list(islice(stream, CUSTOMERS_AT_ONCE)):
        yield part


def _begin(index: Path, bands: Bands) -> None:
    _work[:] = [_Work(index_file.load(index), bands)]


def _screen(customers: list[Customer]) -> list[tuple[Customer, tuple[Hit, ...]]]:
    (work,) = _work
    found = ((customer, work.index.screen(customer.query(), work.bands)) for customer in customers)
    return [(customer, hits) for customer, hits in found if hits]
