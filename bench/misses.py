"""Why a goal is missed, by the goal's key: a missed goal without a sentence here fails `make bench`."""

MISSES = {
    "scaling": (
        "below 32,768 rows there is no pilot, so each step sums the information of all rows, where more rows take mostly "
        "light passes; and the fixed cost of a fit counts among 10,000 rows."
    ),
    "penalized/dense_200k_50/path": (
        "a strength takes 2.6 passes over all rows and a pass 10 ms, of which half is reading X."
    ),
    "penalized/flights/path": (
        "a strength takes 2.6 passes, and counting codes holds the interpreter's lock, so that a second thread helps little."
    ),
    "penalized/sparse_50k_50k/l2": "two thirds of our time goes into products with X on one thread.",
    "penalized/sparse_50k_50k/l1": (
        "the solution keeps 22,000 columns, and compiled coordinate descent does well where so many stay."
    ),
    "penalized/dense_20k_2000/path": (
        "nearly all columns are in at the weakest strengths: the matrix of the working set is then as large as it gets."
    ),
    "penalized/sparse_50k_50k/path": (
        "nearly all columns are in at the weakest strengths: the working set is then as large as it gets."
    ),
}
