"""The connection to a PLC, or to whatever has its address."""

from __future__ import annotations

import socket
import threading

import pytest

from oreline.errors import PlcError
from sinks.conveyor.plc.modbus import ModbusLink

NO_REGISTERS = bytes.fromhex("0001 0000 0003 01 03 00".replace(" ", ""))


def test_a_connection_that_answers_with_something_else_is_closed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(260)
                peer.sendall(NO_REGISTERS + b"\0")
                peer.recv(260)

        thread = threading.Thread(target=answer)
        thread.start()
        link = ModbusLink("127.0.0.1", server.getsockname()[1], 1, timeout_ms=5000)
        with pytest.raises(PlcError, match="expected 7 registers"):
            link.open()
        assert not link.is_open
        thread.join()
