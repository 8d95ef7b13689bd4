"""A Modbus TCP connection to the PLC. Whatever fails is a PlcError, and closes it."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Sequence

from pymodbus.client import ModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from oreline import plc
from oreline.errors import PlcError

# The library logs each failure that it raises as well; here the exception is the report.
logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)

PATIENCE_S, PAUSE_S = 1.0, 0.05


class ModbusLink:
    """Link to one PLC. `timeout_ms`: the longest that a connection attempt or an answer may take. Which register map
    the PLC speaks is found out whenever the link is opened, since another PLC may be there by then."""

    def __init__(self, host: str, port: int, device_id: int, timeout_ms: float) -> None:
        self._name, self._device = f"the PLC at {host}:{port}", device_id
        self._client = ModbusTcpClient(host, port=port, timeout=timeout_ms / 1e3, retries=0)
        self._told: Sequence[plc.Field] = plc.STATUS_1

    @property
    def is_open(self) -> bool:
        return self._client.connected

    def open_first(self) -> plc.Status:
        """Connect, and again for a second where it does not answer: neither it nor we may be warm yet."""
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self.open()
            except PlcError:
                if time.monotonic() > end:
                    raise
            time.sleep(PAUSE_S)

    def open(self) -> plc.Status:
        """Connect, and read what the PLC says."""
        self._connect()
        self._told = plc.STATUS_1
        status = self.status()
        return self._by_map_2() or status

    def status(self) -> plc.Status:
        """Read the status block."""
        reply = self._call(self._read)
        try:
            return plc.decode_status(reply.registers)
        except PlcError:
            self.close()
            raise

    def _connect(self) -> None:
        if not self._client.connect() or self._client.socket is None:  # type: ignore[no-untyped-call]
            raise PlcError(f"{self._name} does not answer: check host and port, that it is on and not in another's use")
        self._client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _by_map_2(self) -> plc.Status | None:
        """The status by map 2; None where the PLC refuses those registers, has something else there, or says nothing
        when it is asked for them."""
        self._told = plc.STATUS
        try:
            reply = self._read()
            status = None if reply.isError() else plc.decode_status(reply.registers)
        except (ModbusException, OSError, PlcError):
            self.close()
            self._connect()
            status = None
        if status is not None and status.version == plc.MAP_VERSION:
            return status
        self._told = plc.STATUS_1
        return None

    def _read(self) -> ModbusPDU:
        start, count = plc.start(self._told), plc.size(self._told)
        return self._client.read_holding_registers(start, count=count, device_id=self._device)

    def write(self, fields: Sequence[plc.Field], registers: list[int]) -> None:
        """Write a whole block in one FC16."""
        self._call(lambda: self._client.write_registers(plc.start(fields), registers, device_id=self._device))

    def close(self) -> None:
        self._client.close()  # type: ignore[no-untyped-call]

    def _call(self, request: Callable[[], ModbusPDU]) -> ModbusPDU:
        """A connection after a failure may still deliver the old answer, so none is used twice."""
        try:
            reply = request()
        except (ModbusException, OSError) as error:
            self.close()
            raise PlcError(f"{self._name} was lost: {error}") from error
        if reply.isError():
            self.close()
            raise PlcError(f"{self._name} refused a register ({reply}): is it loaded with register map 1 or 2?")
        return reply
