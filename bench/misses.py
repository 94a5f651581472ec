"""Why a goal is missed, by the goal's key: a missed goal without a sentence here fails `make
bench`.
"""

MISSES = {
    "small/20": (
        "some 1,300 calls of Python and NumPy, 250 of them in each pass of the Newton method and "
        "the others for checks, moments, verdict and notes; the sums themselves take a tenth."
    ),
    "small/1000": (
        "seven passes of the Newton method; a third of the time is sums, the rest the calls around "
        "them, which are those of the smallest fit."
    ),
    "wide/1000": (
        "the information in double precision, which standard errors need and newton-cg never "
        "sums, is 40% of ours; 20 light passes by a pilot's curvature are another 30%."
    ),
    "iid/limit": (
        "the information is summed twice, once in single precision on the way and once exactly, "
        "and the second costs what the limit costs; four light passes read X at 13 GB/s, all that "
        "two cores get out of this memory."
    ),
    "iid/scikit-learn": (
        "lbfgs, which stops 30 times short of the equal accuracy and gives no standard errors, is "
        "counted; of the solvers that get there newton-cholesky is the fastest, many times slower "
        "than ours."
    ),
    "iid/statsmodels": (
        "statsmodels takes few and dear steps, ours six passes of which two sum the information; "
        "see the limit."
    ),
    "iid/compiled": (
        "NumPy's products with vectors are short of memory as well; what compiled loops save are "
        "its temporary arrays and the waits for the interpreter's lock."
    ),
    "bare/limit": (
        "four light passes, a look for values that are not finite, and one pass with the "
        "information in single precision, which proves that the maximum exists, read X six times, "
        "the limit three times."
    ),
    "bare/scikit-learn": (
        "lbfgs is counted though it stops 30 times short of the equal accuracy; see above."
    ),
    "correlated/iid": (
        "the passes are the same, and side by side in one process so are the times; here they are "
        "measured minutes apart."
    ),
    "correlated/peers": (
        "newton-cholesky does not feel the correlation either; it takes seven passes with the "
        "information, and gives no standard errors."
    ),
    "scales/iid": (
        "the passes are the same, and side by side in one process so are the times; here they are "
        "measured minutes apart."
    ),
    "wide/limit": (
        "the information is summed once in single and once in double precision, which alone is "
        "1.6 times the limit, and a pilot of 15,000 rows for 300 columns leaves six light passes "
        "to go."
    ),
    "wide/peers": (
        "lbfgs, which stops 200 times short of the equal accuracy and gives no standard errors, "
        "is counted, and three times its speed is less than the one product that standard errors "
        "need; of the solvers that get there newton-cg is the fastest."
    ),
    "classes/lbfgs": (
        "lbfgs is counted though it stops 400 times short of the equal accuracy; ours sums ten "
        "products for each of two passes with the information, two thirds of its time."
    ),
    "classes/newton-cg": (
        "ours sums ten products for each of two passes with the information, which gives the "
        "standard errors and is two thirds of its time."
    ),
    "flights/statsmodels": (
        "with rare levels pooled for all, statsmodels converges in 4.5 s; the 30 times were asked "
        "beside fits that do not."
    ),
    "exam": (
        "seven Newton passes of some 0.35 ms each are NumPy's and Python's own calls, for 20 rows "
        "as for 2,000."
    ),
    "scaling": (
        "a pilot of 2,048 rows is more of 10,000 rows than of a million; the fixed cost of a fit "
        "counts among 10,000 rows; and compiled loops begin at 800,000."
    ),
    "end to end/beyond": (
        "the fit is the largest part: its passes over codes run on one thread, as NumPy's "
        "`bincount` holds the interpreter's lock, and a busy host slows them most; on a quiet one "
        "the goal is met (1.34 s)."
    ),
    "larger/passes": (
        "one pass takes the pilot's rows and the classes' counts, then light ones and two with "
        "the information; with fewer rows than 1e8 the pilot leaves one more light pass to go."
    ),
    "larger/decoding": (
        "decoding alone keeps both cores busy; beside it a pass copies Polars' columns into one "
        "array for NumPy and computes: a light pass as much again as the decoding, one with the "
        "information twice as much."
    ),
    "cluster/heavy": "1.61 and 1.57 in two runs: what the workers share is this machine's memory.",
    "cluster/fit": (
        "the first pass and the light ones read X at most of the speed that this machine's memory "
        "has for two cores, and workers on machines of their own would not share it; while "
        "products took longer, a fit gained 1.8."
    ),
    "penalized/dense_200k_50/path": (
        "a strength takes 2.6 passes over all rows, most of which is reading X; no peer came to "
        "the equal residual in its time, and glmnet's last fit, at 1e-4, was counted."
    ),
    "penalized/dense_200k_50/cv": (
        "eleven fits share their passes over X, but each has its own products with a row and its "
        "own exponentials; glmnet was cut off, and its last fit, at 7e-4, was counted."
    ),
    "penalized/dense_200k_50/cv_l2": (
        "every strength and fold has products and exponentials of its own, as said of cv; and "
        "ours is within 1e-6 of optimal, where scikit-learn's cross-validation tells no residual."
    ),
    "penalized/flights/path": (
        "a strength takes 2.6 passes, and products with sparse rows run on one thread; no peer "
        "came to the equal residual in its time, and glmnet's last fit, at 6e-4, was counted."
    ),
    "penalized/flights/l1": (
        "nine light passes and two with the information over sparse rows, whose products run on "
        "one thread."
    ),
    "penalized/sparse_50k_50k/l2": (
        "two thirds of our time goes into products with X on one thread."
    ),
    "penalized/sparse_50k_50k/l1": (
        "the solution keeps 22,000 columns, and compiled coordinate descent does well where so "
        "many stay."
    ),
    "penalized/dense_20k_2000/path": (
        "nearly all columns are in at the weakest strengths: the matrix of the working set is "
        "then as large as it gets."
    ),
    "penalized/one_hot_50k/net_at_1": (
        "0.97 and 1.26 x glum in two quiet runs, within their noise: both take about 70 ms."
    ),
    "penalized/sparse_50k_50k/path": (
        "nearly all columns are in at the weakest strengths: the working set is then as large as "
        "it gets."
    ),
    "penalized/text3_20k_50k/l2_at_1": (
        "two thirds of newton-cg's speed by processor time: half of ours is products with "
        "sparse X on one thread."
    ),
    **dict.fromkeys(
        [f"penalized/wide_500_5000/l1_at_{C}" for C in ("3", "10", "100")],
        "0.7 to 0.9 of skglm's speed by processor time, at a residual a hundred times smaller: a "
        "quarter of ours goes into Cholesky factors of the columns that stay, one for each guess.",
    ),
    "check/flights": (
        "half of it is imports, and a fit, its metrics and their intervals take the rest, as train "
        "takes them: what is skipped could fail in train."
    ),
    "check/million": (
        "on a slower hour of the machine, in which the look by hand took 1.3 times as long as when "
        "4.69 s were measured."
    ),
    "text/check first": (
        "beside the look and the conversion, the bytes are hashed again before their Parquet is "
        "kept, and one pass proves each line regular, since Polars fills short lines in silence."
    ),
    "text/train first": (
        "as for check: the second hash and the proof that each line is regular cost what is over."
    ),
    "text/score first": (
        "as for check: two hashes of the bytes, which only one core can take, and the proof that "
        "each line is regular are more than half a scan, and score itself is short."
    ),
}
