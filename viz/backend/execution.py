"""Where the tasks of jobs run: in this process, in that of the worker or, point by point, on a cluster."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from models.results.store import ResultStore
from models.results.task import Task
from models.runtime.messages import Message, UserError
from models.runtime.progress import Progress
from models.work import cluster_address
from viz.backend.job import Job

if TYPE_CHECKING:
    from models.work.cluster import Cluster

Run = Callable[[Task[Any], Progress], Any]


def run_here(task: Task[Any], progress: Progress) -> Any:
    """Run a task in this thread."""
    return task.run(progress)


class Execution:
    """Runs the task of a job; points of a task that consists of points are kept one by one."""

    def __init__(self, results: ResultStore, run: Run = run_here, *, cluster: str = "") -> None:
        """`run`: how one task runs. `cluster`: where points do, as in SKIPSCOPE_CLUSTER; "": like any other task."""
        self._results, self._run, self._where = results, run, cluster
        self._cluster: Cluster | None = None

    def __call__(self, job: Job) -> Any:
        from models.work import points  # noqa: PLC0415  # loads PyTorch, in the thread of a job

        task = job.request.task
        found = points.of(task)
        if found is None:
            return self._run(task, job)
        execute = self._connected() if self._where else points.one_by_one(self._run)
        return points.run(found, job, execute=execute, store=self._results if job.request.stored else None)

    @property
    def trouble(self) -> Message | None:
        """Why nothing goes on at the moment, as if a cluster does not answer."""
        return self._cluster.trouble if self._cluster is not None else None

    def close(self) -> None:
        """End the processes of a cluster on this machine."""
        if self._cluster is not None:
            self._cluster.close()

    def _connected(self) -> "Cluster":
        if self._cluster is None:
            cluster_address.address(self._where)  # says what is wrong, without Dask too
            from models.work.cluster import Cluster  # noqa: PLC0415  # an extra

            self._cluster = Cluster(self._where)
        return self._cluster


def problem() -> Message | None:
    """Return why the cluster that the environment names can't be used; None if it can, or there is none."""
    try:
        if cluster_address.named():
            cluster_address.address(cluster_address.named())
    except UserError as error:
        return error.message
    return None
