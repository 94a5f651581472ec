"""The store: the only module that knows the layout on disk.

    <root>/<name>/
      runs/<run id>/                 the files of a run (run_files.py), manifest.json; never changes
      attempts.jsonl                 one line per attempt: times stand here, never in a run
      champion.json history.jsonl    the pointer, and each move of it
      contract.json                  what the columns of the name's data are, and mean
      scores/run=<run id>/cohort=<cohort>/predictions.parquet    a hive table, with no other files
      manifests/scores/<cohort>.json                             the last publication of a cohort
      manifests/validations/<run id>-<folds>-folds.json          validations.py
      experiments/<id>/              leaderboard.parquet, manifest.json
      checkpoints/<run id>/          the sums of a fit on Dask; gone once the run is published
      reports/<run id>.html          the page of a run; made from the run at any time
    <root>/.staging/                 files are written here, then renamed into place
    <root>/.cache/                   text files as Parquet, by their hash; may be removed any time

Files are published first, the manifest last, then the pointer moves. Readers trust only what a
manifest names.
"""

import difflib
import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logit_engine.errors import ArtifactError, UsageError
from logit_engine.storage.publish import (
    MANIFEST,
    AlreadyPublished,
    append_line,
    canonical_json,
    fingerprint,
    publish_file,
    publish_folder,
    publish_text,
    read_records,
    sealed,
    unsealed,
    verify_manifest,
    write_manifest,
)
from logit_flows.sources.contract import Contract, stored_contract
from logit_flows.store.locks import hold_lock, utc_now
from logit_flows.store.run_files import RunFiles

if TYPE_CHECKING:
    import polars as pl

POINTER_WAIT_SECONDS = 30.0  # a promotion holds the pointer for milliseconds
# no separator of paths, hive folders or globs; no hidden file
FOLDER_NAME = re.compile(r"\w([\w.+ -]*[\w+-])?")

Write = Callable[[Path], None]


class ChampionMoved(ArtifactError):
    """The champion is not the one that the promotion was decided against."""


@dataclass(frozen=True, slots=True)
class Champion:
    """The pointer: the run that scores, the first and the previous champion, why and since when."""

    run: str
    anchor: str
    previous: str | None
    reason: str
    since: str


@dataclass(frozen=True, slots=True)
class RunEntry:
    """A published run; created: the time of its first attempt, None without one."""

    run: str
    created: str | None
    champion: bool
    anchor: bool


def run_id(content: Mapping[str, Any]) -> str:
    """The id of all that can change a result: 12 hexadecimal digits of the sha256 of its JSON."""
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()[:12]


def checked_name(text: str, what: str) -> str:
    """The text if it can name a folder and a value of a hive column. Raises UsageError if not."""
    if not FOLDER_NAME.fullmatch(text) or ".." in text or len(text.encode()) > 200:
        raise UsageError(
            f"{what} {text!r} cannot name a folder: use letters, digits, '_', '-', '+', and "
            "inside it also spaces and single dots, at most 200 bytes in all."
        )
    return text


@dataclass(frozen=True, slots=True)
class Store:
    """What is published under one name; a value of two fields, all state is on disk."""

    root: Path
    name: str

    def __post_init__(self) -> None:
        checked_name(self.name, "The name")

    @property
    def folder(self) -> Path:
        """Where all that is published under the name stands."""
        return self.root / self.name

    def run_folder(self, run_id: str) -> Path:
        """Where the run is, or would be, published."""
        return self.folder / "runs" / checked_name(run_id, "The run id")

    def run_files(self, run_id: str) -> RunFiles:
        """The files of the run, published or not."""
        return RunFiles(self.run_folder(run_id))

    def has_run(self, run_id: str) -> bool:
        """Whether a run of that id is published, verified or not."""
        return (self.run_folder(run_id) / MANIFEST).is_file()

    def publish_run(self, run_id: str, write: Write, manifest: Mapping[str, Any]) -> Path:
        """Let `write` fill a staging folder, add the manifest and publish.

        A run that is there already is verified and reused.
        """
        folder = self.run_folder(run_id)
        try:
            with publish_folder(folder, self.staging) as staged:
                write(staged)
                write_manifest(staged, {**manifest, "run": run_id})
        except AlreadyPublished:
            self.verify_run(run_id)
        return folder

    def checkpoint_folder(self, run_id: str) -> Path:
        """Where the passes of a fit under way are kept."""
        return self.folder / "checkpoints" / checked_name(run_id, "The run id")

    def drop_checkpoint(self, run_id: str) -> None:
        """Remove what was kept of the run's fit, if anything was."""
        shutil.rmtree(self.checkpoint_folder(run_id), ignore_errors=True)

    def verify_run(self, run_id: str) -> dict[str, Any]:
        """The manifest of a run. Raises ArtifactError if a file is not as published."""
        folder = self.run_folder(run_id)
        if not folder.exists():
            raise ArtifactError(
                f"There is no run {run_id} in {self.folder}; `logit runs` lists those there are."
            )
        try:
            manifest = verify_manifest(folder)
            if manifest.get("run") != run_id:
                raise ArtifactError(
                    f"{folder} is damaged: its manifest is that of run {manifest.get('run')}."
                )
        except ArtifactError as damage:
            raise ArtifactError(
                f"{damage} Restore the folder from a copy, or move it away and train again."
            ) from None
        return manifest

    def runs(self) -> list[RunEntry]:
        """The published runs in the order of their first attempts; runs without one come last."""
        created: dict[str, str] = {}
        for attempt in self.attempts():
            for run in attempt.get("runs", [attempt.get("run", "")]):  # of an experiment several
                created.setdefault(run, attempt["time"])
        order = {run: place for place, run in enumerate(created)}
        runs = sorted(self._run_ids(), key=lambda run: (order.get(run, len(order)), run))
        pointer = self.champion()
        champion, anchor = (pointer.run, pointer.anchor) if pointer else (None, None)
        return [RunEntry(run, created.get(run), run == champion, run == anchor) for run in runs]

    def resolve(self, reference: str) -> str:
        """The run id of "champion", of a full id, or of a prefix that only one run has.

        Raises UsageError if no run, or more than one, is meant.
        """
        if not isinstance(reference, str):
            raise UsageError(f"a run is named by the text of its id, but got {reference!r}.")
        if reference == "champion":
            if champion := self.champion():
                return champion.run
            raise UsageError(
                f"{self.folder} has no champion yet: publish a first run with `logit train`."
            )
        runs = self._run_ids()
        if not runs:
            raise UsageError(
                f"{self.folder} has no published run yet: publish a first one with `logit train`."
            )
        if reference in runs:
            return reference
        fitting = [run for run in runs if run.startswith(reference)]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            some = ", ".join(fitting[:5]) + ", ..." * (len(fitting) > 5)
            raise UsageError(
                f"{reference!r} fits {len(fitting)} runs ({some}): give more of the id."
            )
        near = difflib.get_close_matches(reference, runs, n=3, cutoff=0.4) or runs[:3]
        raise UsageError(
            f"{self.folder} has no run {reference!r}; the nearest are: {', '.join(near)}."
        )

    def append_attempt(self, record: Mapping[str, Any]) -> None:
        """Record an attempt with the present time; "run" names the run it published or reused."""
        append_line(self._attempts_file, canonical_json({"time": utc_now(), **record}))

    def attempts(self) -> list[dict[str, Any]]:
        """All attempts on record, the oldest first."""
        return read_records(self._attempts_file)

    def champion(self) -> Champion | None:
        """The pointer, or None before the first promotion."""
        path = self._pointer
        try:
            return Champion(**json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError):
            raise ArtifactError(
                f"{path} is damaged: restore it, or remove it and promote a run again."
            ) from None

    def promote(self, run_id: str, reason: str, expected: str | None) -> Champion:
        """Make the run the champion if the champion is still `expected` (None: none yet).

        The first champion is the anchor too. Raises ArtifactError if the run does not verify, and
        ChampionMoved if the champion is another by now.
        """
        self.verify_run(run_id)
        with hold_lock(self.folder / ".champion.lock", f"promote {run_id}", POINTER_WAIT_SECONDS):
            current = self.champion()
            found = current.run if current else None
            if found != expected:
                raise ChampionMoved(
                    f"The champion of {self.name} is {found or 'not set'}, but "
                    f"{expected or 'none'} was expected: it moved meanwhile, so {run_id} was not "
                    "promoted. Compare it with the present champion, then promote again."
                )
            self._record(current)
            if current and run_id == found:
                return current
            anchor = current.anchor if current else run_id
            champion = Champion(
                run=run_id, anchor=anchor, previous=found, reason=reason, since=utc_now()
            )
            text = canonical_json(asdict(champion), indent=2) + "\n"
            publish_text(self._pointer, text, self.staging)
            self._record(champion)
        return champion

    def history(self) -> list[dict[str, Any]]:
        """Each move of the pointer (time, from, to, reason), the oldest first."""
        return read_records(self._history_file)

    def _record(self, champion: Champion | None) -> None:
        """Add the last move of the pointer to the history if a killed process did not."""
        history = self.history()
        if champion and (not history or history[-1]["to"] != champion.run):
            move = {
                "time": champion.since,
                "from": champion.previous,
                "to": champion.run,
                "reason": champion.reason,
            }
            append_line(self._history_file, canonical_json(move))

    @contextmanager
    def lock(self, purpose: str) -> Iterator[None]:
        """Hold the name for one long piece of work. A second holder gets Busy at once.

        The pointer has a lock of its own, so promote while you hold this one.
        """
        with hold_lock(self.folder / ".lock", purpose):
            yield

    def scores_file(self, run_id: str, cohort: str) -> Path:
        """Where the run's predictions for the cohort are, or would be, published."""
        run, cohort = checked_name(run_id, "The run id"), checked_name(cohort, "The cohort")
        return self.folder / "scores" / f"run={run}" / f"cohort={cohort}" / "predictions.parquet"

    def publish_scores(
        self, run_id: str, cohort: str, write: Write, manifest: Mapping[str, Any]
    ) -> Path:
        """Let `write` write the predictions, publish them, then the manifest of the cohort."""
        target = self.scores_file(run_id, cohort)
        publish_file(target, write, self.staging)
        content = {**manifest, "run": run_id, "cohort": cohort, **fingerprint(target)}
        publish_text(self._scores_manifest_file(cohort), sealed(content), self.staging)
        return target

    def scores_manifest(self, cohort: str) -> dict[str, Any]:
        """The last publication of the cohort: run, sha256, bytes, and the facts of the scoring."""
        path = self._scores_manifest_file(cohort)
        if not path.exists():
            raise ArtifactError(
                f"{self.folder} has no scores of cohort {cohort!r}: run `logit score` on it first."
            )
        return unsealed(path)

    def verify_scores(self, run_id: str, cohort: str) -> dict[str, Any]:
        """The manifest of the cohort, if it is of that run and the file is as published.

        Raises ArtifactError if not.
        """
        manifest, path = self.scores_manifest(cohort), self.scores_file(run_id, cohort)
        if manifest["run"] != run_id:
            raise ArtifactError(
                f"The scores of cohort {cohort!r} last published are of run {manifest['run']}, so "
                f"nothing vouches for those of {run_id}: score it again with that run."
            )
        if not path.exists() or fingerprint(path) != {
            key: manifest[key] for key in ("sha256", "bytes")
        }:
            raise ArtifactError(f"{path} is missing or not as published: score the cohort again.")
        return manifest

    def scan_scores(self) -> "pl.LazyFrame":
        """All published scores; run and cohort are text, where a bare scan makes 2013 a number."""
        import polars as pl

        return pl.scan_parquet(
            self.folder / "scores", hive_schema={"run": pl.String, "cohort": pl.String}
        )

    def publish_experiment(self, experiment_id: str, write: Write) -> Path:
        """Publish the leaderboard that `write` writes, an older one replaced, then its manifest."""
        folder = self._experiment_folder(experiment_id)
        target = folder / "leaderboard.parquet"
        publish_file(target, write, self.staging)
        content = {"experiment": experiment_id, "files": {target.name: fingerprint(target)}}
        publish_text(folder / MANIFEST, sealed(content), self.staging)
        return target

    def publish_report(self, run_id: str, page: str) -> Path:
        """Put the run's page in the place of an older one."""
        target = self.folder / "reports" / f"{checked_name(run_id, 'The run id')}.html"
        publish_text(target, page, self.staging)
        return target

    def contract(self) -> Contract | None:
        """The contract of the name's data, or None before its first run."""
        return stored_contract(self.folder / "contract.json")

    def keep_contract(self, contract: Contract) -> None:
        """Keep what a run found its columns to be; columns it did not use stay.

        One that cannot be read is replaced: only a run that learns anew comes so far with it.
        """
        with hold_lock(self.folder / ".contract.lock", "keep a contract", POINTER_WAIT_SECONDS):
            older = None
            with suppress(ArtifactError):
                older = self.contract()
            whole = contract if older is None else older.extended(contract)
            if whole != older:
                text = sealed(whole.to_content())
                publish_text(self.folder / "contract.json", text, self.staging)

    @property
    def cache_folder(self) -> Path:
        """Where text files are kept as Parquet."""
        return self.root / ".cache"

    @property
    def staging(self) -> Path:
        """Where what is written stands until it is renamed into place."""
        return self.root / ".staging"

    @property
    def _attempts_file(self) -> Path:
        return self.folder / "attempts.jsonl"

    @property
    def _pointer(self) -> Path:
        return self.folder / "champion.json"

    @property
    def _history_file(self) -> Path:
        return self.folder / "history.jsonl"

    def _run_ids(self) -> list[str]:
        return sorted(path.parent.name for path in (self.folder / "runs").glob(f"*/{MANIFEST}"))

    def _scores_manifest_file(self, cohort: str) -> Path:
        return self.folder / "manifests" / "scores" / f"{checked_name(cohort, 'The cohort')}.json"

    def _experiment_folder(self, experiment_id: str) -> Path:
        return self.folder / "experiments" / checked_name(experiment_id, "The experiment id")
