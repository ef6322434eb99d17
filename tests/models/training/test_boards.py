"""Curves told to MLflow, as its own client reads them."""

import pytest

from models.specs.spec import NetworkSpec
from models.training.resume import kept
from models.training.run_spec import RunSpec
from models.training.run_store import RunStore
from models.training.stored_run import Status, identity

mlflow = pytest.importorskip("mlflow")

SMALL = NetworkSpec(stages=(1, 1), stem="cifar", base_width=8, shortcut="pad", input_shape=(1, 8, 8), classes=10)
RUN = RunSpec(network=SMALL, epochs=3, batch=256)


@pytest.fixture
def client(monkeypatch, tmp_path):
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "mlruns").as_uri())
    return mlflow.MlflowClient(tracking_uri=(tmp_path / "mlruns").as_uri())


def runs_of(client):
    return client.search_runs([client.get_experiment_by_name("Skipscope").experiment_id])


def test_a_run_has_its_curves_and_settings(client, tmp_path):
    epochs = list(kept(RUN, RunStore(tmp_path / "runs")))

    [found] = runs_of(client)
    curve = client.get_metric_history(found.info.run_id, "train/loss")
    assert [(one.step, one.value) for one in curve] == [(epoch.number, epoch.train_loss) for epoch in epochs]
    assert found.data.metrics["test/accuracy"] == epochs[-1].test_accuracy
    assert found.data.params["batch"] == "256"
    assert "stages" in found.data.params["network"]
    assert (found.info.status, found.info.run_name) == ("FINISHED", identity(RUN))


def test_a_run_that_is_resumed_goes_on_in_the_same_one(client, tmp_path):
    store = RunStore(tmp_path / "runs")
    going = kept(RUN, store)
    next(going)
    going.close()
    assert [one.info.status for one in runs_of(client)] == ["KILLED"]

    list(kept(RUN, store))

    [found] = runs_of(client)
    assert [one.step for one in client.get_metric_history(found.info.run_id, "test/loss")] == [1, 2, 3]
    assert found.info.status == "FINISHED"


def test_a_server_that_is_not_there_stops_no_training(monkeypatch, tmp_path, caplog):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    store = RunStore(tmp_path / "runs")

    list(kept(RUN, store))

    assert store.find(RUN).status is Status.DONE
    assert "MLflow is told no more" in caplog.text


def test_without_an_address_nothing_is_told(monkeypatch, tmp_path):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr("models.training.boards._MLflow", lambda run: pytest.fail("it was told"))

    assert len(list(kept(RUN, RunStore(tmp_path / "runs")))) == 3


def test_a_server_that_fails_later_is_told_no_more(client, tmp_path, monkeypatch, caplog):
    def broken(self, *_, **__):
        raise OSError("gone")

    store = RunStore(tmp_path / "runs")
    going = kept(RUN, store)
    next(going)
    monkeypatch.setattr(mlflow.MlflowClient, "log_batch", broken)
    list(going)

    assert store.find(RUN).status is Status.DONE
    assert caplog.text.count("MLflow is told no more") == 1
