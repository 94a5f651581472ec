"""The files of one run: the only place that knows their names."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RunFiles:
    """The paths in a run's folder, staged or published. Not every run has every file."""

    folder: Path

    @property
    def model(self) -> Path:
        """Design, coefficients and covariance."""
        return self.folder / "model.parquet"

    @property
    def metrics(self) -> Path:
        """Every metric of training and test rows, with its interval."""
        return self.folder / "metrics.parquet"

    @property
    def trained_keys(self) -> Path:
        """By what a later gate knows the training rows again."""
        return self.folder / "trained_keys.parquet"

    @property
    def predictions(self) -> Path:
        """The predictions that `write.predictions` asks for."""
        return self.folder / "predictions.parquet"

    @property
    def tuning(self) -> Path:
        """The strengths that were tried, if one was chosen by cross-validation."""
        return self.folder / "tuning.parquet"

    @property
    def path(self) -> Path:
        """The coefficients at each of these strengths."""
        return self.folder / "path.parquet"

    @property
    def config(self) -> Path:
        """What of the config can change the result."""
        return self.folder / "config.yaml"
