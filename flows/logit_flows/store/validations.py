"""Cross-validated scores of runs, kept so that an experiment that runs again fits nothing."""

from pathlib import Path

from logit_engine.errors import ArtifactError
from logit_engine.storage.publish import publish_text, sealed, unsealed
from logit_flows.store.layout import Store, checked_name


def keep_score(store: Store, run: str, folds: int, log_loss: float, std_error: float) -> None:
    """Keep the cross-validated score of a run, by the number of folds."""
    content = {"run": run, "folds": folds, "log_loss": log_loss, "std_error": std_error}
    publish_text(_score_file(store, run, folds), sealed(content), store.staging)


def kept_score(store: Store, run: str, folds: int) -> tuple[float, float] | None:
    """The log-loss and its standard error that were kept, or None; what is damaged is made anew."""
    path = _score_file(store, run, folds)
    if not path.exists():
        return None
    try:
        content = unsealed(path)
    except ArtifactError:
        return None
    is_own = (content["run"], content["folds"]) == (run, folds)
    return (float(content["log_loss"]), float(content["std_error"])) if is_own else None


def _score_file(store: Store, run: str, folds: int) -> Path:
    name = f"{checked_name(run, 'The run id')}-{folds}-folds.json"
    return store.folder / "manifests" / "validations" / name
