"""What puts the app on the internet: checked by linters, and the proxy with two real servers.

The image itself is not built here: that needs Docker.
"""

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from http.cookiejar import CookieJar

import pytest

from tests.conftest import ROOT
from tests.viz.browser import chromium, elsewhere, served, visiting

DEPLOY = ROOT / "deploy"


def tool(name):
    """Return the path of a development tool, beside this Python or on the path."""
    found = shutil.which(name, path=os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]]))  # noqa: PTH120
    return found or pytest.fail(f"{name} is a development dependency")


def run(*command):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_dockerfile_is_lint_free():
    done = run(tool("hadolint"), str(DEPLOY / "Dockerfile"))

    assert (done.returncode, done.stdout) == (0, "")


def test_the_compose_file_is_one():
    done = run(tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(DEPLOY / "compose.yaml"))

    assert done.returncode == 0, done.stdout


def test_no_index_of_packages_is_written_down():
    for file in DEPLOY.iterdir():
        assert not re.search(r"https?://(?!127\.0\.0\.1|\$chosen)", file.read_text()), file.name


def test_what_the_image_runs_is_there_and_public():
    said = (DEPLOY / "Dockerfile").read_text()

    script = re.search(r'CMD \["streamlit", "run", "([^"]+)"', said)[1]
    assert (ROOT / script).exists()
    assert "SKIPSCOPE_PUBLIC=1" in said
    assert re.search(r"^USER 1000$", said, re.MULTILINE)


def test_every_variable_that_the_guide_names_is_read_somewhere():
    code = "".join(path.read_text() for folder in ("models", "viz") for path in (ROOT / folder).rglob("*.py"))
    for file in ("README.md", "compose.yaml", "Dockerfile"):
        for name in re.findall(r"SKIPSCOPE_[A-Z]+(?:_[A-Z]+)*", (DEPLOY / file).read_text()):
            assert name in code or name.removeprefix("SKIPSCOPE_MOST_").lower() in code, name


@pytest.fixture
def hall(tmp_path, monkeypatch):
    """Two servers that share a folder of results, and the proxy before them; yields the proxy's address."""
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        message = "no nginx on this machine: `apt install nginx-light` runs this test"
        pytest.fail(message) if os.environ.get("REQUIRE_BROWSER") else pytest.skip(message)
    chromium()
    monkeypatch.setenv("SKIPSCOPE_PUBLIC", "1")
    monkeypatch.setenv("SKIPSCOPE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("SKIPSCOPE_RESULTS", str(tmp_path / "results"))
    script = ROOT / "viz/command/serve.py"
    with served(script) as a, served(script) as b:
        port = 20_000 + os.getpid() % 20_000
        own = (DEPLOY / "nginx.conf").read_text().replace("listen 8080", f"listen 127.0.0.1:{port}")
        for name, address in (("server-a:8501", a), ("server-b:8501", b)):
            own = own.replace(name, address.removeprefix("http://"))
        paths = "".join(
            f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (tmp_path / "nginx.conf").write_text(
            f"daemon off; error_log {tmp_path}/error.log; pid {tmp_path}/pid; events {{}} http {{ {paths}\naccess_log off;\n{own}\n}}"
        )
        proxy = subprocess.Popen(
            [nginx, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")], stderr=subprocess.DEVNULL
        )
        try:
            yield up(f"http://127.0.0.1:{port}")
        finally:
            proxy.terminate()
            proxy.wait()


def up(address):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()  # noqa: S310  # the loopback
        except OSError:
            time.sleep(0.1)
        else:
            return address
    raise AssertionError("the proxy does not answer")


def server_of(address):
    """Return the server that a new visitor gets, which has to stay theirs."""
    jar = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    opener.open(f"{address}/").close()
    [first] = [cookie.value for cookie in jar if cookie.name == "skipscope_server"]
    answer = opener.open(f"{address}/signals")
    assert "skipscope_server" not in str(answer.headers.get_all("Set-Cookie"))
    return first


@pytest.mark.slow
def test_two_servers_behind_the_proxy_share_what_they_measure(hall, tmp_path):
    assert {server_of(hall) for _ in range(40)} == {"a", "b"}
    small = "signals?signals.run=true&signals.seeds=1&signals.batch=2&stages=1-1&stem=cifar&base_width=8&input_shape=3x16x16&classes=10"
    with visiting(hall) as first:
        at = {}
        for visit in (first, *(elsewhere(first) for _ in range(5))):
            visit.open(small, seen=".st-key-fresh h2")
            [cookie] = [one["value"] for one in visit.page.context.cookies() if one["name"] == "skipscope_server"]
            at.setdefault(cookie, []).append(visit.page.locator(".st-key-fresh h2").first.inner_text())
            assert visit.troubles == []

    assert len({said for texts in at.values() for said in texts}) == 1
    assert len(list((tmp_path / "results").glob("*.zip"))) == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limit")
def test_a_full_hall_does_not_run_out_of_open_files():
    code = "import resource; import viz.command.serve; print(*resource.getrlimit(resource.RLIMIT_NOFILE))"

    done = subprocess.run(
        ["sh", "-c", 'ulimit -Sn 300; exec "$@"', "sh", sys.executable, "-c", code],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip

    soft, hard = done.stdout.split()[-2:]
    assert soft == hard != "300"
