"""Registers the folder of images that this server was started with: an extension, imported where it is named."""

import os
from pathlib import Path

from .data_registry import register
from .image_folder import IMAGE_SIDE, IMAGES, SIDE, data_set

register(data_set(Path(os.environ[IMAGES]), int(os.environ.get(IMAGE_SIDE, SIDE))))
