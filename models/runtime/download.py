"""Download a file and verify its digest; an incomplete or wrong file is not kept."""

import hashlib
import os
import urllib.request
from http.client import HTTPException
from pathlib import Path
from tempfile import NamedTemporaryFile

from .messages import Message, message
from .progress import ProgressCallback

_CHUNK = 1 << 18  # bytes between two calls of `progress`
_PATIENCE = 10  # timeout in seconds


class DownloadError(OSError):
    """A failed download, with the reason in a few words."""

    def __init__(self, reason: Message) -> None:
        self.message = reason
        super().__init__(str(reason))


def fetch(url: str, file: Path, digest: str, *, kind: str = "sha256", progress: ProgressCallback | None = None) -> None:
    """Download `url` to `file`, whose hexadecimal digest must begin with `digest`.

    The file appears under its name only when it is complete and verified. `progress` is called with the fraction
    downloaded, 0 to 1; an exception that it raises stops the download. Raises `DownloadError` if the download fails.
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
                if progress is not None:
                    progress(min(done / size, 1.0) if size else 0.0)
        if not found.hexdigest().startswith(digest):
            raise DownloadError(message("its checksum does not match"))
        os.replace(partial, file)  # noqa: PTH105
    except (OSError, HTTPException) as error:
        if isinstance(error, DownloadError):
            raise
        reason = getattr(error, "reason", None) or type(error).__name__
        raise DownloadError(Message.of(getattr(reason, "strerror", None) or reason)) from None
    finally:
        if partial is not None:
            partial.unlink(missing_ok=True)
