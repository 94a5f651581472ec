"""Build data/voters: 944 respondents of the American National Election Studies 1996.

Run by hand: `python data/build_voters.py`. It needs statsmodels, which has a copy of the table.
The files it writes are committed: data/voters/README.md.
"""

from pathlib import Path

import numpy as np
import polars as pl
import statsmodels.api as sm

HERE = Path(__file__).parent / "voters"
PARTIES = (
    "Democrat",
    "Democrat",
    "Independent",
    "Independent",
    "Independent",
    "Republican",
    "Republican",
)


def voters() -> pl.DataFrame:
    """A row for each respondent: party in three classes, and what was asked."""
    data = sm.datasets.anes96.load_pandas().data
    return pl.DataFrame(
        {
            "respondent": np.arange(1, len(data) + 1),
            "party": [PARTIES[int(code)] for code in data["PID"]],
            "left_right": data["selfLR"].to_numpy().astype(np.int64),
            "age": data["age"].to_numpy().astype(np.int64),
            "education": data["educ"].to_numpy().astype(np.int64),
            "income": data["income"].to_numpy().astype(np.int64),
            "tv_news": data["TVnews"].to_numpy().astype(np.int64),
            "log_population": np.log(data["popul"].to_numpy() + 0.1),
        }
    )


if __name__ == "__main__":
    voters().write_parquet(HERE / "voters.parquet")
