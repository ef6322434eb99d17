"""The command `skipscope`: serve the app on this machine alone, and open it in a browser or in a window of its own.

`skipscope mymodels.py:MyNet --input 3x64x64` opens a module of one's own in it. The file is named on this machine's
command line; no link and no upload can name one.
"""

import argparse
import ast
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

from models.results.store import RESULTS
from models.runtime.errors import SpecError
from models.runtime.messages import UserError
from models.specs import own
from models.specs.spec import image_shape
from models.training import image_folder
from viz.command import grid_file
from viz.lessons import shelf

_APP = Path(__file__).parents[2] / "app.py"
_SECONDS = 120.0  # until a server that does not answer is given up


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words[:1] == ["sweep"]:
        from viz.command import sweep  # noqa: PLC0415  # loads Streamlit

        return sweep.main(words[1:])
    if words[:1] == ["train"]:
        from viz.command import train  # noqa: PLC0415

        return train.main(words[1:])
    given = _parser().parse_args(words)
    environment = os.environ | {
        "SKIPSCOPE_RUNS": os.environ.get("SKIPSCOPE_RUNS", str(Path.home() / ".skipscope/runs"))
    }
    try:
        page, query, more = _opened(given)
    except (ValueError, UserError) as error:
        print(f"skipscope: {error}", file=sys.stderr)  # noqa: T201  # a command speaks by printing
        return 2
    environment |= more
    port = given.port or _free_port()
    address = f"http://127.0.0.1:{port}/{page}" + (f"?{urlencode(query)}" if query else "")
    command = [sys.executable, "-m", "streamlit", "run", str(_APP), "--server.headless", "true"]
    server = subprocess.Popen(  # noqa: S603  # our own command
        [*command, "--server.port", str(port), "--server.address", "127.0.0.1"],
        env=environment, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # the server ends with this command
    try:
        return _show(server, address, given)
    except KeyboardInterrupt:
        return 0
    finally:
        server.terminate()
        server.wait()


def _opened(given: argparse.Namespace) -> tuple[str, dict[str, str], dict[str, str]]:
    """The page to open, its query, and what the server is told. Raises `ValueError` for a file that isn't there."""
    page, query, told = "", dict[str, str](), dict[str, str]()
    if given.module:
        file, name = _found(given.module)
        told |= {own.PLACE: f"{file}:{name}", own.INPUT: given.input}
        query = {"network": f"own:{name}", "input_shape": given.input}
    if given.lessons:
        folder = Path(given.lessons).resolve()
        if not folder.is_dir():
            raise ValueError(f"{given.lessons}: must be a folder of lessons")
        told |= {shelf.OWN: str(folder)}
        page = "lessons"
    if given.results:
        folder = Path(given.results).resolve()
        try:
            page, query = "sweeps", grid_file.link(folder)
        except (OSError, ValueError) as error:  # TOML's own is a ValueError too
            raise ValueError(f"{given.results}: must be a folder of `skipscope sweep` ({error})") from None
        told |= {RESULTS: str(folder)}
    if given.images:
        folder = Path(given.images).resolve()
        about = image_folder.data_set(folder, given.image_side)
        extensions = filter(None, (os.environ.get("SKIPSCOPE_EXTENSIONS"), image_folder.EXTENSION))
        told |= {
            image_folder.IMAGES: str(folder),
            image_folder.IMAGE_SIDE: str(given.image_side),
            "SKIPSCOPE_EXTENSIONS": ",".join(extensions),
        }
        page, query = "training", query | {"training.data": about.name}
    if given.weights:
        weights = Path(given.weights).resolve()
        if not weights.is_file():
            raise ValueError(f"{given.weights}: must be a file of weights")
        told |= {own.WEIGHTS: str(weights)}
        page, query = "signals", query | {"weights": "file"}
    return page, query, told


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="skipscope",
        description="See image networks: graph, layers, signals, with and without skip connections.",
        epilog="Without a browser: skipscope sweep --help (measure many networks), skipscope train --help (train).",
    )
    parser.add_argument("module", nargs="?", help="a module of your own to open, as in mymodels.py:MyNet")
    parser.add_argument(
        "--input", default="3x224x224", type=_shape, help="shape of its images, channels x height x width: %(default)s"
    )
    parser.add_argument(
        "--weights", default="", help="weights to measure with: .safetensors, or a state dict saved by torch.save"
    )
    parser.add_argument(
        "--lessons", default="", help="a folder of your own lessons: CONTRIBUTING.md says how they are written"
    )
    parser.add_argument(
        "--results", default="", help="a folder that `skipscope sweep grid.toml --out FOLDER` has filled"
    )
    parser.add_argument(
        "--images", default="", help="a folder of your own images to train on, in a folder for each class"
    )
    parser.add_argument(
        "--image-side", type=int, default=image_folder.SIDE, help="pixels of their sides: %(default)s", metavar="PIXELS"
    )
    parser.add_argument("--port", type=int, default=0, help="port on this machine; by default any that is free")
    parser.add_argument(
        "--window", action="store_true", help="a window of its own; needs pip install skipscope[desktop]"
    )
    parser.add_argument("--no-browser", action="store_true", help="print the address and open nothing")
    return parser


def _shape(text: str) -> str:
    """A shape such as 3x64x64, as it stands in a link."""
    sides = text.lower().split("x")
    if len(sides) != 3 or not all(side.isdecimal() for side in sides):
        raise argparse.ArgumentTypeError(f"must be channels x height x width, such as 3x64x64, got {text!r}")
    try:
        image_shape("it", tuple(map(int, sides)))
    except SpecError as error:
        raise argparse.ArgumentTypeError(str(error.reason)) from None
    return "x".join(sides)


def _found(module: str) -> tuple[Path, str]:
    """The file and the name of a module. Raises `ValueError` with the names that the file defines, if it is not one."""
    path, _, name = module.rpartition(":")
    file = Path(path).resolve()
    if not path or not file.is_file():
        raise ValueError(f"{module}: must be a file and a name in it, as in mymodels.py:MyNet")
    try:
        body = ast.parse(file.read_text(), str(file)).body
    except (SyntaxError, UnicodeDecodeError) as error:
        raise ValueError(f"{file.name}: {error}") from None
    names = [one.name for one in body if isinstance(one, ast.ClassDef | ast.FunctionDef)]
    for one in body:
        if isinstance(one, ast.Assign):
            names += [target.id for target in one.targets if isinstance(target, ast.Name)]
        elif isinstance(one, ast.Import | ast.ImportFrom):
            names += [alias.asname or alias.name for alias in one.names]
    if name not in names:
        raise ValueError(f"{file.name} has no {name!r}, but {', '.join(names) or 'nothing'}")
    return file, name


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _show(server: subprocess.Popen[bytes], address: str, given: argparse.Namespace) -> int:
    """Open the app as soon as the server answers, and wait until it ends or the window is closed."""
    host = "/".join(address.split("/")[:3])
    health, end = f"{host}/_stcore/health", time.monotonic() + _SECONDS
    while True:
        try:
            with urllib.request.urlopen(health, timeout=1):  # noqa: S310  # the loopback
                break
        except OSError:
            if server.poll() is not None or time.monotonic() > end:
                print("skipscope: the server did not start", file=sys.stderr)  # noqa: T201
                return 1
            time.sleep(0.1)
    print(f"Skipscope: {address} (Ctrl+C ends it)", flush=True)  # noqa: T201
    if given.window:
        return _window(address)
    if not given.no_browser:
        webbrowser.open(address)
    return server.wait()


def _window(address: str) -> int:
    try:
        import webview  # noqa: PLC0415  # an extra
    except ImportError:
        print("skipscope: --window needs `pip install skipscope[desktop]`", file=sys.stderr)  # noqa: T201
        return 2
    webview.create_window("Skipscope", address, width=1366, height=900)
    webview.start()
    return 0


if __name__ == "__main__":
    sys.exit(main())
