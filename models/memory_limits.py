"""How much memory this process may still take: control groups (containers, systemd's slices, hosts) set limits."""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

NONE = 1 << 62  # bytes: no limit is set
_OWN = Path("/proc/self/cgroup")
_ROOT = Path("/sys/fs/cgroup")
_FILES = {  # of the two versions of control groups: limit, use, and what the use has of page cache that can go
    2: ("memory.max", "memory.current", "inactive_file"),
    1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
}


def available() -> int:
    """Bytes of the machine's memory that this process may still take: what is free, within its limits."""
    return min(_free(), left_by_the_limits())


def left_by_the_limits(own: Path = _OWN, root: Path = _ROOT) -> int:
    """Bytes that may still be taken under the tightest limit of the process's own group and of every group above it.

    Linux alone has such groups; `NONE` elsewhere, and where no limit is set. Page cache that can go counts as free.
    """
    return min((_left(folder, version) for folder, version in _groups(own, root)), default=NONE)


def _groups(own: Path, root: Path) -> Iterator[tuple[Path, int]]:
    """The folders of the process's memory groups, from its own up to the root; the version of each."""
    try:
        lines = own.read_text().splitlines()
    except OSError:
        lines = ["0::/", "1:memory:/"]  # not told: the root's own limit is looked at all the same
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers == "":
            mounted, version = root, 2
        elif "memory" in controllers.split(","):
            mounted, version = root / "memory", 1
        else:
            continue
        folder = Path(os.path.normpath(mounted / path.lstrip("/")))
        if mounted not in (folder, *folder.parents) or not folder.is_dir():
            folder = mounted  # a container's path as the host sees it: inside, its own group is the root
        while True:
            yield folder, version
            if folder == mounted:
                break
            folder = folder.parent


def _free() -> int:
    """What the machine could give without swapping."""
    if find_spec("psutil") is not None:
        import psutil  # noqa: PLC0415

        found: int = psutil.virtual_memory().available
        return found
    try:  # a bare Linux machine
        lines = Path("/proc/meminfo").read_text().splitlines()
        return int(dict(line.split(":", 1) for line in lines)["MemAvailable"].split()[0]) * 1024
    except (OSError, ValueError, KeyError):
        return NONE


def _left(folder: Path, version: int) -> int:
    limit, used, cache = _FILES[version]
    try:
        most, now = (int((folder / name).read_text()) for name in (limit, used))
        stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        return max(0, most - now + int(stat.get(cache, 0)))
    except (OSError, ValueError):  # no such file, or "max"
        return NONE
