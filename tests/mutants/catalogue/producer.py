"""Mistakes in the GenTL producer."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

PRODUCER = "hwsim/producer"
ORDER_TESTS = ("tests/hwsim/producer/test_producer_orders.py",)

MUTANTS = (
    Mutant(
        "a camera must have been listed to be opened",
        f"{PRODUCER}/interface.c",
        "    if (listed(id, found) || file_identity(id, found, &link))",
        "    if (listed(id, found) || (link = 0))",
        ORDER_TESTS,
    ),
    Mutant(
        "an event that ends keeps the buffers that nobody fetched",
        f"{PRODUCER}/event.c",
        "        pthread_cond_wait(&stream->changed, &stream->lock);\n    buffer_discard_all(&stream->output);",
        "        pthread_cond_wait(&stream->changed, &stream->lock);",
        ORDER_TESTS,
    ),
    Mutant(
        "the last buffer takes the place of one that is revoked",
        f"{PRODUCER}/announce.c",
        "    memmove(&stream->announced[i], &stream->announced[i + 1], "
        "(--stream->n_announced - i) * sizeof *stream->announced);",
        "    stream->announced[i] = stream->announced[--stream->n_announced];",
        ORDER_TESTS,
    ),
    Mutant(
        "the words of a chunk's trailer are little-endian",
        f"{PRODUCER}/source.c",
        "    uint32_t words[] = {htobe32(id), htobe32((uint32_t)bytes)};",
        "    uint32_t words[] = {htole32(id), htole32((uint32_t)bytes)};",
        ORDER_TESTS,
    ),
)
