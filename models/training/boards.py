"""Epochs told to other tools while a run is trained: TensorBoard's event files, and MLflow. Both are extras.

MLflow is told if it is installed and `MLFLOW_TRACKING_URI` is set, as its own programs expect it.
"""

import json
import logging
import os
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from .run_spec import Epoch, RunSpec
from .stored_run import identity

_CURVES = ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "learning_rate")
_URI, _EXPERIMENT, _TAG = "MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME", "skipscope.run"
_LONGEST = 6_000  # letters of a parameter that MLflow takes
_USUAL = {  # where nothing else is said: no waiting for minutes, and nothing sent but to the server
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",  # seconds
    "MLFLOW_DISABLE_TELEMETRY": "true",
}


class Board(Protocol):
    """A tool that is told of a run."""

    def tell(self, epoch: Epoch) -> None: ...

    def close(self) -> None: ...


def boards(folder: Path, run: RunSpec, epochs: int) -> list[Board]:
    """Return the boards that are told of a run, whose folder is given, after its first `epochs` epochs."""
    found: list[Board] = []
    if find_spec("tensorboard") is not None:
        found.append(_TensorBoard(folder, epochs))
    if os.environ.get(_URI) and find_spec("mlflow") is not None:
        found.append(_MLflow(run))
    return found


class _TensorBoard:
    """Event files in the run's folder."""

    def __init__(self, folder: Path, epochs: int) -> None:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415

        self._writer: Any = SummaryWriter(str(folder), purge_step=epochs + 1)

    def tell(self, epoch: Epoch) -> None:
        for name in _CURVES:
            self._writer.add_scalar(_title(name), getattr(epoch, name), epoch.number)
        for path, norm in epoch.gradients:
            self._writer.add_scalar(f"gradient/{path}", norm, epoch.number)
        for path, share in epoch.updates:
            self._writer.add_scalar(f"update/{path}", share, epoch.number)
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()


class _MLflow:
    """A run of MLflow, which a resumed run goes on with. A server that fails is told no more; training goes on."""

    def __init__(self, run: RunSpec) -> None:
        self._run, self._last = run, 0
        self._client: Any = None
        self._id = ""
        for name, value in _USUAL.items():
            os.environ.setdefault(name, value)
        try:
            self._begin()
        except Exception as error:  # noqa: BLE001  # whatever the tool or its server does
            self._give_up(error)

    def _begin(self) -> None:
        from mlflow import MlflowClient  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415
        from mlflow.entities import Param  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415

        client, own = MlflowClient(), identity(self._run)
        name = os.environ.get(_EXPERIMENT, "Skipscope")
        experiment = client.get_experiment_by_name(name)
        place = experiment.experiment_id if experiment is not None else client.create_experiment(name)
        before = client.search_runs([place], f"tags.`{_TAG}` = '{own}'", max_results=1)
        if before:
            self._id = before[0].info.run_id
            client.update_run(self._id, status="RUNNING")
        else:
            self._id = client.create_run(place, run_name=own, tags={_TAG: own}).info.run_id
            settings = self._run.to_json() | {"network": json.dumps(self._run.network.to_query())}
            params = [Param(name, str(value)[:_LONGEST]) for name, value in settings.items()]
            client.log_batch(self._id, params=params)
        self._client = client

    def tell(self, epoch: Epoch) -> None:
        if self._client is None:
            return
        from mlflow.entities import Metric  # noqa: PLC0415

        now = int(1000 * time.time())
        metrics = [Metric(_title(name), float(getattr(epoch, name)), now, epoch.number) for name in _CURVES]
        try:
            self._client.log_batch(self._id, metrics=metrics)
            self._last = epoch.number
        except Exception as error:  # noqa: BLE001
            self._give_up(error)

    def close(self) -> None:
        if self._client is None:
            return
        try:
            done = self._last == self._run.all_epochs
            self._client.set_terminated(self._id, "FINISHED" if done else "KILLED")
        except Exception as error:  # noqa: BLE001
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self._client = None
        logging.getLogger(__name__).warning("MLflow is told no more of %s: %s", identity(self._run), error)


def _title(name: str) -> str:
    """ "train_loss" -> "train/loss": both tools group curves by what is before the slash."""
    return name.replace("_", "/")
