"""Tasks for tests, which run in other processes too."""

import os
import time
from pathlib import Path

from models.results.task import task
from models.runtime.messages import UserError
from models.work.points import OfPoints, Points


def number(progress, *, n, pause=0.0):
    """Return n; takes `pause` seconds, in small steps."""
    end = time.monotonic() + pause
    while time.monotonic() < end:
        progress.tell(0.5)
        time.sleep(0.02)
    return (n,)


def process(progress, *, n):
    time.sleep(0.2)
    return (os.getpid(),)


def counted(progress, *, n, folder, pause=0.0):
    """Return n, and leave a file behind for each time it began."""
    Path(folder, f"{n}-{time.monotonic_ns()}").touch()
    return number(progress, n=n, pause=pause)


def refuse(progress, *, n):
    raise UserError("{n} is refused", n=n)


def fail(progress, *, n):
    raise ZeroDivisionError


def die(progress, *, n):
    os._exit(9)


def threads(progress, *, n):
    import torch

    return (torch.get_num_threads(),)


@OfPoints
def many(*, count, pause, folder):
    work = (task(f"{__name__}:counted", n=n, folder=folder, pause=pause) for n in range(count))
    return Points(tuple(work), (1.0,) * count)
