"""Where a cluster is: `local:4` for workers on this machine, or a scheduler's address. No Dask here."""

import os
from importlib.util import find_spec
from ipaddress import ip_address
from urllib.parse import urlsplit

from ..runtime.messages import UserError

CLUSTER = "SKIPSCOPE_CLUSTER"  # environment variable
LOCAL = "local"
_MOST = 256  # workers on this machine


def named() -> str:
    """Return the cluster that the environment names; "" for none."""
    return os.environ.get(CLUSTER, "").strip()


def address(text: str) -> tuple[str, str]:
    """Return ("local", number of workers), or (scheme, address) of a scheduler.

    Raises `UserError` for anything else, for a scheduler beyond this machine without TLS, and without Dask.
    """
    kind, _, rest = text.strip().partition(":")
    if find_spec("distributed") is None:
        raise UserError("{field}: a cluster needs `pip install skipscope[cluster]`", field=CLUSTER)
    if kind == LOCAL and rest.isascii() and rest.isdecimal() and 1 <= int(rest) <= _MOST:
        return LOCAL, rest
    parts = urlsplit(text.strip())
    try:
        whole = parts.scheme in ("tcp", "tls") and bool(parts.hostname and parts.port)
    except ValueError:  # a port that is no number
        whole = False
    if not whole:
        raise UserError(
            "{field}: must be local:4, for four workers on this machine, or a scheduler's address such as "
            "tcp://127.0.0.1:8786, got {value}",
            field=CLUSTER, value=repr(text[:60]),
        )  # fmt: skip
    if parts.scheme == "tcp" and not _here(str(parts.hostname)):
        raise UserError(
            "{field}: beyond this machine a scheduler must use TLS, as in tls://{host}:{port}, with the certificates "
            "that Dask's configuration names",
            field=CLUSTER, host=str(parts.hostname), port=str(parts.port),
        )  # fmt: skip
    return parts.scheme, text.strip()


def _here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
