"""A file from the net, whole and checked, or none."""

import hashlib
import os
import urllib.request
from http.client import HTTPException
from pathlib import Path
from tempfile import NamedTemporaryFile

from models.measured import Pulse

_CHUNK = 1 << 18  # bytes between two looks at whether to go on
_PATIENCE = 10  # seconds without an answer


class DownloadError(OSError):
    """A file that can't be had; the message says why, in a few words."""


def fetch(url: str, file: Path, digest: str, *, kind: str = "sha256", pulse: Pulse | None = None) -> None:
    """Download `url` to `file`; its digest, in hexadecimal, begins with `digest`.

    What is not whole is never seen under the file's name. Raises `DownloadError`; `pulse` is told the share that is
    there, 0 to 1, and what it raises stops the download.
    """
    found, done = hashlib.new(kind, usedforsecurity=False), 0
    partial: Path | None = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with (
            urllib.request.urlopen(url, timeout=_PATIENCE) as answer,  # noqa: S310  # torchvision's own addresses
            NamedTemporaryFile(dir=file.parent, suffix=".partial", delete=False) as target,
        ):
            partial = Path(target.name)
            size = int(answer.headers.get("Content-Length") or 0)
            while chunk := answer.read(_CHUNK):
                target.write(chunk)
                found.update(chunk)
                done += len(chunk)
                if pulse is not None:
                    pulse(min(done / size, 1.0) if size else 0.0)
        if not found.hexdigest().startswith(digest):
            raise DownloadError("it came broken")
        os.replace(partial, file)  # noqa: PTH105
    except (OSError, HTTPException) as error:
        if isinstance(error, DownloadError):
            raise
        reason = getattr(error, "reason", None) or type(error).__name__
        raise DownloadError(str(getattr(reason, "strerror", None) or reason)) from None
    finally:
        if partial is not None:
            partial.unlink(missing_ok=True)
