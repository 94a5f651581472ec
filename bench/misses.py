"""Why a goal is missed, by the goal's key: a missed goal without a sentence here fails `make bench`."""

MISSES = {
    "scaling": (
        "below 65,536 rows there is no pilot, so each of some seven steps sums the information of all rows, where a million "
        "rows take two such passes and the rest light ones; at 10,000 rows the fixed cost of a fit adds a fifth."
    ),
    "penalized/dense_200k_50/path": (
        "a strength takes 2.6 passes over all rows and a pass 10 ms, of which half is reading X; glmnet's screened coordinate "
        "descent reads less of it."
    ),
    "penalized/flights/path": (
        "as with dense columns: 2.6 passes a strength, and counting codes holds the interpreter's lock, so a second thread "
        "helps little."
    ),
    "penalized/sparse_50k_50k/l2": (
        "two thirds of our time are products with X on one thread, of which newton-cg takes fewer at this tolerance."
    ),
    "penalized/sparse_50k_50k/l1": (
        "the solution keeps 22,000 columns, and compiled coordinate descent does well where so many stay."
    ),
    "penalized/dense_20k_2000/path": (
        "nearly all columns are in at the weakest strengths: the matrix of the working set is then as large as it gets."
    ),
    "penalized/sparse_50k_50k/path": (
        "nearly all columns are in at the weakest strengths, and products with them fill the time."
    ),
}
