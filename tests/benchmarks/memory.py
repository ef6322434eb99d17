"""Memory of a server within a limit: `python -m tests.benchmarks.memory [--limit 1000] [--sessions 200] [--uploads 20]`.

The server runs in a memory control group of its own (which takes the rights to make one), so that it would be killed if it
needed more. A client without a browser opens what a class would; printed is what the group holds after each step, without
the page cache that the system takes back, and at the end whether anything was refused memory.
"""

import argparse
import asyncio
import io
import random
import re
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

import psutil
from PIL import Image

from models.specs.presets import PRESETS
from tests.benchmarks.load import Client, crowd, processes
from tests.groups import made_group
from tests.viz.browser import elsewhere, served, visiting
from viz.state.training import Race

SMALL = "stages=1-1&stem=cifar&base_width=8&input_shape=3x16x16&classes=5"


class Group:
    """The memory group of the server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def used(self) -> float:
        """Megabytes, without page cache that can be given back."""
        stat = dict(line.split() for line in (self.folder / "memory.stat").read_text().splitlines())
        new = (self.folder / "memory.current").exists()
        whole = int((self.folder / ("memory.current" if new else "memory.usage_in_bytes")).read_text())
        return (whole - int(stat["inactive_file" if new else "total_inactive_file"])) / 1e6

    def refused(self) -> str:
        name = "memory.events" if (self.folder / "memory.events").exists() else "memory.oom_control"
        return " ".join((self.folder / name).read_text().split())


def row(group: Group, what: str, began: float) -> None:
    print(f"| {what} | {group.used():,.0f} MB | {time.perf_counter() - began:,.0f} s |", flush=True)


async def pages(address: str, asked: list[tuple[str, str]], *, wait: float = 0.0) -> None:
    """Open pages in one session; wait for their measurements, at most `wait` seconds each."""
    async with Client(address) as client:
        await client.page("", "")
        for name, query in asked:
            end = time.monotonic() + wait
            await client.page(name, query)
            while client.busy and time.monotonic() < end:
                await asyncio.sleep(0.5)
                await client.page(name, query)


async def sessions(address: str, count: int) -> None:
    """Open and close so many sessions, ten at once; each sees three pages."""
    specs = [preset.spec for preset in list(PRESETS.values())[:20]]

    async def one(number: int) -> None:
        async with Client(address) as client:
            for name in ("", "signals", "compare"):
                await client.page(name, urlencode(specs[number % len(specs)].to_query()))

    for start in range(0, count, 10):
        await asyncio.gather(*(one(number) for number in range(start, min(start + 10, count))))


def uploads(address: str, count: int) -> None:
    """Let so many visitors, one after the other, upload a picture of 4.7 MB each, measure with it, and leave."""
    own = random.Random(0)  # noqa: S311
    with visiting(address) as first:
        for _ in range(count):
            visit = elsewhere(first)
            page, file = visit.page, io.BytesIO()
            Image.frombytes("RGB", (1250, 1250), own.randbytes(3 * 1250 * 1250)).save(file, "PNG")
            page.goto(f"{address}/signals?source=upload&seeds=1&batch=4")
            page.get_by_text("Upload an image, or choose other images").wait_for()
            page.locator('input[type="file"]').set_input_files(
                {"name": "noise.png", "mimeType": "image/png", "buffer": file.getvalue()}
            )
            page.get_by_role("button", name=re.compile("^Run with and without")).click()
            page.get_by_text("Measured here").first.wait_for()
            page.context.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, default=1_000, help="megabytes")
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--uploads", type=int, default=20)
    given = parser.parse_args()
    folder = made_group(given.limit * 10**6)
    if folder is None:
        print("no memory group can be made on this machine")
        return 1
    group, began = Group(folder), time.perf_counter()
    inside = ("sh", "-c", f'echo $$ > {folder}/cgroup.procs; exec "$@"', "sh")
    presets = [("", urlencode(preset.spec.to_query())) for preset in PRESETS.values()]
    print(f"| in {given.limit:,} MB, after | memory | time |\n|---|---:|---:|")
    try:
        with served(before=inside) as address:
            row(group, "the start", began)
            asyncio.run(pages(address, [("", "")]))
            time.sleep(5)  # torch is loaded while the page is read
            row(group, "the first page", began)
            asyncio.run(pages(address, presets))
            row(group, f"every preset drawn ({len(presets)})", began)
            asyncio.run(pages(address, [("signals", "signals.run=true&signals.seed=1")], wait=120))
            row(group, "ResNet-56 and its twin measured", began)
            asyncio.run(pages(address, [("signals", "stages=3-4-6-3&block=bottleneck&signals.run=true")], wait=5))
            row(group, "ResNet-50 at 224 pixels asked for", began)
            asyncio.run(
                pages(
                    address,
                    [("compare", ""), ("compare", "compare.facet=numbers"), ("lessons", "lessons.lesson=2-gradient")],
                )
            )
            row(group, "comparisons and a lesson", began)
            asyncio.run(
                pages(address, [("sweeps", f"{SMALL}&sweeps.axes=norm:batch,none;seed:0,1&sweeps.run=true")], wait=60)
            )
            row(group, "a sweep", began)
            race = urlencode(Race().changed(networks="resnet8_cifar", epochs=1, learn=True).to_query())
            asyncio.run(pages(address, [("training", race)], wait=60))
            row(group, "the page of trainings, times estimated", began)
            asyncio.run(sessions(address, 20))
            row(group, "20 sessions, which fill the caches", began)
            found = [psutil.Process(one.pid) for one in processes([address])]
            before, handles = group.used(), sum(one.num_fds() for one in found)
            asyncio.run(sessions(address, given.sessions))
            row(group, f"{given.sessions} sessions opened and closed", began)
            time.sleep(125)  # Streamlit keeps the last 128 for two minutes, and until the next one comes
            asyncio.run(pages(address, [("", "")]))
            time.sleep(5)
            row(group, "two minutes later", began)
            after = group.used()
            failures = asyncio.run(crowd([address], 20, 4, 60.0)).failures
            row(group, f"20 clients for a minute, 4 of them measure ({len(failures)} failures)", began)
            uploads(address, 3)  # the first of them loads what decodes pictures
            time.sleep(125)
            asyncio.run(pages(address, [("", "")]))
            time.sleep(11)
            asyncio.run(pages(address, [("", "")]))
            row(group, "three pictures uploaded and measured, and two minutes later", began)
            unloaded = group.used()
            uploads(address, given.uploads)
            row(group, f"{given.uploads} pictures of 4.7 MB uploaded and measured", began)
            time.sleep(125)
            asyncio.run(pages(address, [("", "")]))
            time.sleep(11)
            asyncio.run(pages(address, [("", "")]))  # collects garbage, which it does every ten seconds
            row(group, "two minutes later", began)
            print(f"\nBefore and after the uploads: {group.used() / unloaded - 1:+.0%}.")
            print(
                f"\nBefore and after the sessions: {before:,.0f} and {after:,.0f} MB, {after / before - 1:+.0%}; "
                f"open files {handles} and {sum(one.num_fds() for one in found)}."
            )
            print(f"The group: {group.refused()}.")
    finally:
        time.sleep(1)
        folder.rmdir()
    return 0


if __name__ == "__main__":
    sys.exit(main())
