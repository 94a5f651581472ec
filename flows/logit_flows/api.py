"""The pipeline from Python, beside its recipes: write a report, predict rows."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from logit_engine.errors import DataError, UsageError
from logit_engine.storage.model_file import StoredModel
from logit_flows.config.model import Config
from logit_flows.config.remedies import with_key
from logit_flows.recipes.running import checked_config
from logit_flows.steps.opening import open_store
from logit_flows.steps.score import typed_frame, verified_model
from logit_flows.store.layout import Store


@dataclass(frozen=True, slots=True, repr=False)
class LoadedModel:
    """A published model, verified and ready to predict. run: the id of its run."""

    name: str
    run: str
    model: StoredModel

    def predict(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The predictions of rows, in their order: `probability` and `predicted_class`.

        frame: the data columns of the model's features, and any others. Of more than two classes
        there is one probability for each, as `probability[a]`. Raises DataError if a column is
        missing or of the wrong type, or a value is missing or unseen and the config has no rule for
        it; UsageError if the frame is not of Polars.
        """
        if not isinstance(frame, pl.DataFrame):
            raise UsageError(_not_a_frame(frame))
        try:
            rows = typed_frame(self.model, frame).lazy()
            self.model.design.check(rows)
            wanted = ("probability", "predicted_class")
            return self.model.select_outputs(rows, wanted).collect()
        except DataError as error:
            raise DataError(with_key(error), reason=error.reason) from error
        except pl.exceptions.PolarsError as error:
            raise DataError(f"the frame cannot be scored: {str(error).splitlines()[0]}") from error

    def __repr__(self) -> str:
        target = self.model.target
        classes = ", ".join(str(label) for label in target.classes)
        return f"LoadedModel({self.name}, run {self.run}: {target.column} of {classes})"


def load_model(store: str | Path, name: str, run: str = "champion") -> LoadedModel:
    """The model of a name's champion, or of another of its runs, read from the store's folder.

    run: an id, the beginning of one, or champion. The files are verified by the sealed manifest.
    Raises UsageError if there is no such model, ArtifactError if a file is not as it was published.
    """
    if not isinstance(store, str | Path):
        raise UsageError(f"load_model takes the path of a store, but got {type(store).__name__}.")
    if not isinstance(name, str):
        raise UsageError(f"load_model takes the name of a model, but got {type(name).__name__}.")
    opened = Store(Path(store), name)
    if not opened.folder.is_dir():
        there = sorted(path.name for path in Path(store).glob("[!.]*") if path.is_dir())
        shown = ", ".join(there) or "nothing"
        raise UsageError(f"{store} holds no model '{name}'; it holds {shown}.")
    model = verified_model(opened, run)
    return LoadedModel(name, str(model.origin["run"]), model)


def report(config: Config, run: str = "champion") -> Path:
    """Write the HTML page of a published run into the store, and give its path.

    run: an id, the beginning of one, or champion. Raises ArtifactError if a file is not as it was
    published.
    """
    from logit_flows.reports.page import write_report  # the only one that waits for Matplotlib

    return write_report(config, open_store(checked_config(config, "report")).resolve(run))


def _not_a_frame(found: object) -> str:
    """What predict was given, and how to make a frame of it."""
    kind = type(found)
    library = kind.__module__.split(".")[0]
    name = kind.__qualname__ if library == "builtins" else f"{library}.{kind.__qualname__}"
    is_lazy = isinstance(found, pl.LazyFrame)
    hint = "collect it first" if is_lazy else "make one by polars.DataFrame(...)"
    return f"predict takes a Polars DataFrame, but got {name}; {hint}."
