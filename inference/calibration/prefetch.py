"""Asking for memory before it is needed, which Numba has no word for."""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

READ, KEEP, DATA = 0, 3, 1
BYTE, INT = ir.IntType(8).as_pointer(), ir.IntType(32)


@intrinsic
def prefetch(_typing: Any, array: Any, _index: Any) -> Any:
    """Fetch the cache line of element `index` of a contiguous array, counted flat, into the nearest cache."""

    def build(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        start = context.make_array(array)(context, builder, arguments[0]).data
        place = builder.bitcast(builder.gep(start, [arguments[1]]), BYTE)
        kind = ir.FunctionType(ir.VoidType(), [BYTE, INT, INT, INT])
        call = builder.module.declare_intrinsic("llvm.prefetch", (BYTE,), kind)
        builder.call(call, [place, INT(READ), INT(KEEP), INT(DATA)])
        return context.get_dummy_value()

    return types.void(array, types.intp), build
