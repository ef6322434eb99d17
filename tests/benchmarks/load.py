"""Load: `python -m tests.benchmarks.load [--clients 20] [--seconds 180] [--measuring 5] [--servers 1] [--lesson]`.

Clients talk to a served app as browsers do, over its WebSocket on the loopback. Each follows a link to another preset
every 2 to 6 seconds; every fifth asks for a measurement of its own every 20 seconds instead. Printed are the seconds until
a page is whole, beside those of one client alone in the same run, failures, memory and open files. Nothing here is
asserted; the machine should be idle. SKIPSCOPE_WORKER=1 gives the server a process for heavy work.
"""

import argparse
import asyncio
import random
import statistics
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlencode

import psutil
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from models.specs.presets import PRESETS
from tests.viz.browser import served

NETWORKS = tuple(preset.spec for preset in PRESETS.values())
LESSON = "lessons.lesson=2-gradient"


@dataclass
class Measured:
    """Seconds until a page was whole, by kind of page, and what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def note(self, kind: str, took: float) -> None:
        self.seconds.setdefault(kind, []).append(took)


class Client:
    """A browser's WebSocket without the browser."""

    def __init__(self, address: str) -> None:
        self.address = address.replace("http", "ws") + "/_stcore/stream"
        self.busy = False  # whether the last page showed a measurement in progress

    async def __aenter__(self) -> Self:
        self.socket = await websockets.connect(self.address, subprotocols=["streamlit"], max_size=None)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.close()

    async def page(self, name: str, query: str) -> float:
        """Ask for a page and return the seconds until its script has ended; raises for an error on it."""
        self.busy = False
        asked = BackMsg()
        asked.rerun_script.query_string = query
        asked.rerun_script.page_name = name
        began = time.perf_counter()
        await self.socket.send(asked.SerializeToString())
        while True:
            told = ForwardMsg()
            told.ParseFromString(await asyncio.wait_for(self.socket.recv(), 120))
            kind = told.WhichOneof("type")
            if kind == "delta" and told.delta.new_element.WhichOneof("type") == "progress":
                self.busy = True  # something is being measured
            if kind == "delta" and told.delta.new_element.WhichOneof("type") == "exception":
                raise RuntimeError(told.delta.new_element.exception.message[:200])
            if kind == "script_finished" and told.script_finished in (
                ForwardMsg.FINISHED_SUCCESSFULLY,
                ForwardMsg.FINISHED_WITH_COMPILE_ERROR,
            ):
                return time.perf_counter() - began


async def visit(address: str, until: float, measured: Measured, own: random.Random, *, measures: bool) -> None:
    """Be one visitor until a moment of `time.monotonic`."""
    try:
        async with Client(address) as client:
            await client.page("", "")
            while time.monotonic() < until:
                if measures:
                    query = f"signals.run=true&signals.seed={own.randrange(9_999)}"  # of the page's first network
                    measured.note("measuring", await client.page("signals", query))
                    await asyncio.sleep(min(20, max(0.0, until - time.monotonic())))
                else:
                    query = urlencode(own.choice(NETWORKS).to_query())
                    measured.note("looking", await client.page("", query))
                    await asyncio.sleep(own.uniform(2, 6))
    except Exception as error:  # noqa: BLE001  # counted
        measured.failures.append(f"{type(error).__name__}: {error}"[:120])


async def crowd(addresses: list[str], clients: int, measuring: int, seconds: float) -> Measured:
    measured, own = Measured(), random.Random(0)  # noqa: S311
    until = time.monotonic() + seconds
    tasks = []
    for number in range(clients):
        address = addresses[number % len(addresses)]
        work = visit(address, until, measured, random.Random(own.random()), measures=number < measuring)  # noqa: S311
        tasks.append(asyncio.create_task(work))
        await asyncio.sleep(0.05)
    await asyncio.gather(*tasks)
    return measured


async def opening(addresses: list[str], clients: int) -> list[float]:
    """Let many open one lesson's link at once, and stay; return the seconds until each has it whole."""
    there = asyncio.Barrier(clients)

    async def one(number: int) -> float:
        async with Client(addresses[number % len(addresses)]) as client:
            took = await client.page("lessons", LESSON)
            await there.wait()
            return took

    return list(await asyncio.gather(*(one(number) for number in range(clients))))


def processes(addresses: list[str]) -> list[psutil.Process]:
    """The servers at these addresses, with their workers."""
    ports = {int(address.rpartition(":")[2]) for address in addresses}
    listening = [one for one in psutil.net_connections("tcp") if one.status == "LISTEN" and one.laddr.port in ports]
    found = [psutil.Process(one.pid) for one in listening]
    return [*found, *(child for one in found for child in one.children(recursive=True))]


def size(found: list[psutil.Process]) -> str:
    memory = sum(one.memory_info().rss for one in found) / 1e6
    return f"{memory:,.0f} MB, {sum(one.num_fds() for one in found):,} open files"


def row(name: str, values: list[float], alone: float) -> None:
    if values:
        ordered = sorted(values)
        high = ordered[min(int(0.95 * len(ordered)), len(ordered) - 1)]
        middle = statistics.median(values)
        print(f"| {name} | {len(values):,} | {middle:.2f} s | {high:.2f} s | {middle / alone:.1f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--measuring", type=int, default=-1, help="by default every fifth")
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--servers", type=int, default=1)
    parser.add_argument("--lesson", type=int, default=0, help="so many clients open one lesson at once")
    given = parser.parse_args()
    measuring = given.clients // 5 if given.measuring < 0 else given.measuring
    with ExitStack() as stack:
        addresses = [stack.enter_context(served()) for _ in range(given.servers)]
        asyncio.run(crowd(addresses, given.servers, 0, 12.0))  # each has loaded torch and drawn every network
        quiet = asyncio.run(crowd(addresses[:1], 1, 0, 20.0)).seconds["looking"]
        alone = statistics.median(quiet)
        servers = processes(addresses)
        before = size(servers)
        print("| page | pages | median | 95 % | times alone |\n|---|---|---|---|---|")
        row("one client alone", quiet, alone)
        if given.lesson:
            row(f"{given.lesson} open a lesson at once", asyncio.run(opening(addresses, given.lesson)), alone)
        else:
            found = asyncio.run(crowd(addresses, given.clients, measuring, given.seconds))
            for kind, values in found.seconds.items():
                row(f"{given.clients} clients, {measuring} measure: {kind}", values, alone)
            print(f"failures: {len(found.failures)} {found.failures[:3]}")
        print(f"before: {before}; after: {size(processes(addresses))}")


if __name__ == "__main__":
    sys.exit(main())
