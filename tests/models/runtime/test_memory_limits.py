"""The memory limits of control groups, of both versions: the process's own and every one above it."""

import subprocess
import sys

import pytest
import torch

from models.runtime import device
from models.runtime.memory_limits import NONE, left_by_the_limits
from tests.conftest import ROOT
from tests.groups import made_group


def group(folder, limit, used, cache=0, *, version=2):
    folder.mkdir(parents=True, exist_ok=True)
    names = ("memory.max", "memory.current") if version == 2 else ("memory.limit_in_bytes", "memory.usage_in_bytes")
    for name, value in zip(names, (limit, used), strict=True):
        (folder / name).write_text(f"{value}\n")
    word = "inactive_file" if version == 2 else "total_inactive_file"
    (folder / "memory.stat").write_text(f"anon 1\n{word} {cache}\n")


def told(tmp_path, *lines):
    own = tmp_path / "cgroup"
    own.write_text("".join(f"{line}\n" for line in lines))
    return left_by_the_limits(own, tmp_path / "mounted")


def test_the_root_groups_limit_counts_as_in_a_container(tmp_path):
    group(tmp_path / "mounted", 1_000_000_000, 700_000_000, 100_000_000)

    assert told(tmp_path, "0::/") == 400_000_000


@pytest.mark.parametrize("tight", ["", "system.slice", "system.slice/skipscope.service"])
def test_the_tightest_of_the_own_group_and_those_above_counts(tmp_path, tight):
    for name in ("", "system.slice", "system.slice/skipscope.service"):
        group(tmp_path / "mounted" / name, 3_000 if name == tight else "max", 1_000)

    assert told(tmp_path, "0::/system.slice/skipscope.service") == 2_000


def test_a_neighbours_limit_is_none_of_ours(tmp_path):
    group(tmp_path / "mounted", "max", 1)
    group(tmp_path / "mounted/a", "max", 1)
    group(tmp_path / "mounted/b", 2, 1)

    assert told(tmp_path, "0::/a") == NONE


def test_the_first_version_is_read_from_its_own_hierarchy(tmp_path):
    group(tmp_path / "mounted/memory", 9_223_372_036_854_771_712, 5, version=1)
    group(tmp_path / "mounted/memory/docker/abc", 5_000, 2_000, 500, version=1)

    assert told(tmp_path, "12:cpu,cpuacct:/elsewhere", "4:memory:/docker/abc", "0::/") == 3_500


def test_inside_a_container_the_hosts_path_is_not_there_and_the_root_is_the_own_group(tmp_path):
    group(tmp_path / "mounted/memory", 5_000, 2_000, version=1)

    assert told(tmp_path, "4:memory:/docker/abc") == 3_000


@pytest.mark.parametrize("lines", [(), ("nonsense",), ("0::/../../outside",), ("4:memory:/" + "x" * 300,)])
def test_what_can_not_be_read_is_no_limit(tmp_path, lines):
    (tmp_path / "mounted").mkdir()

    assert told(tmp_path, *lines) == NONE


def test_where_there_are_no_groups_the_machine_counts(tmp_path):
    assert left_by_the_limits(tmp_path / "none", tmp_path / "nowhere") == NONE
    assert 0 < device.free(torch.device("cpu")) < 1 << 60


def test_in_a_group_of_its_own_a_process_sees_its_limit():
    folder = made_group(1_000_000_000)
    if folder is None:
        pytest.skip("no memory group can be made on this machine")
    try:
        code = (
            f"import os; open({str(folder / 'cgroup.procs')!r}, 'w').write(str(os.getpid()))\n"
            "from models.runtime.memory_limits import left_by_the_limits; print(left_by_the_limits())"
        )
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
        assert 900_000_000 < int(done.stdout) <= 1_000_000_000, done.stderr
    finally:
        folder.rmdir()
