"""Workers on this machine: `python -m models.work.cluster_local 4` prints the address of their scheduler.

It ends with its input. A process of its own, so that the scheduler does not hold up the pages, and so that the workers
don't start from the app's file.
"""

import sys

import dask
from distributed import LocalCluster

_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")  # one each: workers are many
_SETTINGS = {
    "distributed.scheduler.allowed-failures": 1,  # deaths of workers after which a task is set aside
    "distributed.worker.profile.enabled": False,  # it takes a part of each worker's time
    # Dask's own value gives memory back after every layer, which then has to be had again
    "distributed.nanny.pre-spawn-environ": {"MALLOC_TRIM_THRESHOLD_": str(2**28)} | dict.fromkeys(_THREADS, 1),
}


def main() -> None:
    """Run the cluster until the other process closes the input, or dies."""
    with (
        dask.config.set(_SETTINGS),
        LocalCluster(
            n_workers=int(sys.argv[1]), threads_per_worker=1, host="127.0.0.1", dashboard_address=None,
            silence_logs=50,
        ) as cluster,
    ):  # fmt: skip
        print(cluster.scheduler_address, flush=True)  # noqa: T201  # the other process reads it
        sys.stdin.read()


if __name__ == "__main__":
    main()
