"""Gram matrices and whitened rows, summed in registers a tile at a time.

The problem: X' W X takes nearly all of an information pass, and OpenBLAS's symmetric product of 50
columns runs at half the speed of a core (of 300 columns at nearly all of it).

The idea: a tile of TILE_ROWS rows by TILE_VECTORS vectors of the Gram matrix stays in registers
while the rows of a slab pass by, so each number that is loaded serves several products (Goto & van
de Geijn 2008, "Anatomy of high-performance matrix multiplication", 4.2). The tile is written in
LLVM's own instructions.

Invariants: arrays lie row by row. They are padded, because tiles may reach over the edge of a Gram
matrix; what they write there is never read.

Tried and dropped: OpenBLAS's routines called by their address from the loops, which tied the bits
to a library that SciPy chooses.
"""

from functools import partial
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from logit_engine.compiled.kernels.machine_code import compiled_loop

SLAB_ROWS = 32  # of a Gram matrix's product
TILE_ROWS, TILE_VECTORS = 4, 3  # of a Gram matrix, summed in registers at a time
VECTOR_BYTES = 32  # processors with longer vectors take two at once


@intrinsic
def add_tile(typing_context: Any, left: Any, right: Any, out: Any, m: Any, i: Any, j: Any) -> Any:
    """out[i:, j:] += left[:m, i:]' right[:m, j:], one tile of it, in registers; arrays of one type.

    Raises TypeError when it is compiled for arrays that do not lie row by row.
    """
    if not all(array.layout == "C" for array in (left, right, out)):
        raise TypeError("a tile is of arrays that lie row by row.")

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        lefts, rights, outs = (
            context.make_array(kind)(context, builder, value)
            for kind, value in zip(signature.args[:3], arguments[:3], strict=True)
        )
        m, i, j = arguments[3:]
        single = signature.args[2].dtype == types.float32
        size = 4 if single else 8
        lanes = VECTOR_BYTES // size
        vector = ir.VectorType(ir.FloatType() if single else ir.DoubleType(), lanes)
        number = partial(context.get_constant, types.intp)

        def at(array: Any, row: Any, column: Any, more: int = 0) -> Any:
            columns = cgutils.unpack_tuple(builder, array.shape)[1]  # type: ignore[no-untyped-call]
            return builder.gep(
                array.data,
                [builder.add(builder.add(builder.mul(row, columns), column), number(more))],
            )

        def vectors(array: Any, row: Any) -> list[Any]:
            places = (at(array, row, j, lanes * b) for b in range(TILE_VECTORS))
            return [builder.bitcast(place, vector.as_pointer()) for place in places]

        def spread(value: Any) -> Any:
            first = builder.insert_element(
                ir.Constant(vector, ir.Undefined), value, ir.Constant(ir.IntType(32), 0)
            )
            everywhere = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
            return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), everywhere)

        places = [
            place for a in range(TILE_ROWS) for place in vectors(outs, builder.add(i, number(a)))
        ]
        before, loop, after = (
            builder.block,
            builder.append_basic_block("row"),
            builder.append_basic_block("done"),
        )
        begun = [builder.load(place, align=size) for place in places]
        builder.branch(loop)
        builder.position_at_end(loop)
        row, sums = builder.phi(m.type), [builder.phi(vector) for _ in places]
        across = [builder.load(place, align=size) for place in vectors(rights, row)]
        down = [spread(builder.load(at(lefts, row, i, a))) for a in range(TILE_ROWS)]
        products = (builder.fmul(a, b, flags=("contract",)) for a in down for b in across)
        added = [
            builder.fadd(product, sum, flags=("contract",))
            for product, sum in zip(products, sums, strict=True)
        ]
        next_row = builder.add(row, number(1))
        for phi, start, end in zip(
            (row, *sums), (number(0), *begun), (next_row, *added), strict=True
        ):
            phi.add_incoming(start, before)
            phi.add_incoming(end, loop)
        builder.cbranch(builder.icmp_signed("<", next_row, m), loop, after)
        builder.position_at_end(after)
        for place, sum in zip(places, added, strict=True):
            builder.store(sum, place, align=size)
        return context.get_dummy_value()

    return types.void(left, right, out, m, i, j), code


def padded_columns(p: int) -> int:
    """Columns of a Gram matrix of p, and of its slabs: tiles may reach over its edge."""
    return p + TILE_ROWS + TILE_VECTORS * VECTOR_BYTES // 4


@compiled_loop
def add_grams(rows, weights, left, right, grams):  # type: ignore[no-untyped-def]
    """grams[a] += rows' diag(weights[a]) rows, the lower triangle; q = padded_columns(p).

    rows: (m, p); weights: (pairs, m); grams: (pairs, q, q); left, right: (SLAB_ROWS, q), of the
    type of grams, zero beyond p.
    """
    m, p = rows.shape
    width = TILE_VECTORS * VECTOR_BYTES // grams.itemsize
    for start in range(0, m, SLAB_ROWS):
        few = rows[start : start + SLAB_ROWS]
        for i in range(few.shape[0]):
            row, into = few[i], right[i]
            for j in range(p):
                into[j] = row[j]
        for pair in range(grams.shape[0]):
            gram = grams[pair]
            for i in range(few.shape[0]):
                row, into, share = few[i], left[i], weights[pair, start + i]
                for j in range(p):
                    into[j] = share * row[j]
            for i in range(0, p, TILE_ROWS):
                for j in range(0, i + TILE_ROWS, width):
                    add_tile(left, right, gram, few.shape[0], i, j)  # type: ignore[call-arg]


@compiled_loop
def slab_room(grams):  # type: ignore[no-untyped-def]
    """Room for SLAB_ROWS rows, (SLAB_ROWS, q), zero."""
    return np.zeros((SLAB_ROWS, grams.shape[2]), grams.dtype)


@compiled_loop
def whiten_rows(rows, triangle, turned, out):  # type: ignore[no-untyped-def]
    """rows triangle in place: (m, p), upper (p, q) with q = padded_columns(p).

    turned: (p, SLAB_ROWS), and out: (SLAB_ROWS, q), to work in.
    """
    m, p = rows.shape
    width = TILE_VECTORS * VECTOR_BYTES // out.itemsize
    for start in range(0, m, SLAB_ROWS):
        few = rows[start : start + SLAB_ROWS]
        for i in range(few.shape[0]):
            for j in range(p):
                turned[j, i] = few[i, j]
        out[:] = 0.0
        for j in range(0, p, width):
            for i in range(0, few.shape[0], TILE_ROWS):
                add_tile(turned, triangle, out, min(p, j + width), i, j)  # type: ignore[call-arg]
        for i in range(few.shape[0]):
            row, white = few[i], out[i]
            for j in range(p):
                row[j] = white[j]
