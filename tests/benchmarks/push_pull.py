"""Lines from one process to another over plain PUSH and PULL, as many a second as a camera sends; nothing survives.

`python push_pull.py LINES RATE` prints {"cpu_seconds_a_line": ...} as JSON, of both processes together.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import tempfile
import time

import msgpack
import numpy as np
import zmq

BANDS, SAMPLES = 224, 640


def produce(address: str, lines: int, rate: float) -> None:
    socket = zmq.Context().socket(zmq.PUSH)
    socket.set_hwm(64)
    socket.connect(address)
    counts = np.ones((BANDS, SAMPLES), np.uint16)
    begin, before = time.monotonic(), time.process_time()
    for seq in range(lines):
        time.sleep(max(0.0, begin + seq / rate - time.monotonic()))
        socket.send_multipart([msgpack.packb({"seq": seq, "t_ns": time.monotonic_ns()}), counts])
    taken = time.process_time() - before
    socket.send_multipart([msgpack.packb({"cpu": taken}), b""])
    socket.close()


def main(lines: int, rate: float) -> None:
    """Be the consumer."""
    with tempfile.TemporaryDirectory() as folder:
        address = f"ipc://{folder}/lines"
        pull = zmq.Context().socket(zmq.PULL)
        pull.set_hwm(64)
        pull.bind(address)
        producer = multiprocessing.get_context("spawn").Process(target=produce, args=(address, lines, rate))
        producer.start()
        before = 0.0
        for seq in range(lines):
            header, counts = pull.recv_multipart()
            before = before or time.process_time()
            assert msgpack.unpackb(header)["seq"] == seq
            assert np.frombuffer(counts, np.uint16).size == BANDS * SAMPLES
        taken = time.process_time() - before
        taken += msgpack.unpackb(pull.recv_multipart()[0])["cpu"]
        producer.join()
    print(json.dumps({"cpu_seconds_a_line": taken / lines}))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
