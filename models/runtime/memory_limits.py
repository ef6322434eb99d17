"""Memory that this process may still allocate within its control groups (containers, systemd slices, hosts)."""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

NONE = 1 << 62  # bytes; means that no limit is set
_OWN = Path("/proc/self/cgroup")
_ROOT = Path("/sys/fs/cgroup")
_FILES = {  # by version of control groups: limit, usage, and the reclaimable page cache within the usage
    2: ("memory.max", "memory.current", "inactive_file"),
    1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
}


def available() -> int:
    """Return the bytes of main memory that this process may still allocate: what is free, within its limits."""
    return min(_free(), left_by_the_limits())


def left_by_the_limits(own: Path = _OWN, root: Path = _ROOT) -> int:
    """Return the bytes left under the tightest memory limit of the process's control group and all groups above it.

    `NONE` if no limit is set, and on systems other than Linux. Reclaimable page cache counts as free.
    """
    return min((_left(folder, version) for folder, version in _groups(own, root)), default=NONE)


def _groups(own: Path, root: Path) -> Iterator[tuple[Path, int]]:
    """Folder and version of each memory group of the process, from its own up to the root."""
    try:
        lines = own.read_text().splitlines()
    except OSError:
        lines = ["0::/", "1:memory:/"]  # unknown: the limit of the root is checked all the same
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
            folder = mounted  # the host's path of a container, which inside sees its own group as the root
        while True:
            yield folder, version
            if folder == mounted:
                break
            folder = folder.parent


def _free() -> int:
    """Bytes available on the machine without swapping."""
    if find_spec("psutil") is not None:
        import psutil  # noqa: PLC0415

        found: int = psutil.virtual_memory().available
        return found
    try:  # Linux without psutil
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
