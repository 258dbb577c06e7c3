"""The root file systems of boxes: one EROFS file per language, and the Docker image beside it.

A base is made from OS packages by `images/base/build` and kept. An image is the base plus the guest agent. What went
into an image is its recipe; a recipe that has changed makes the image stale, and a stale image is refused rather than
used: its guest would speak another protocol than this host.

Each module imports from those before it only: tools, recipe, store, erofs and engine.
"""

from sandbox.images.engine import VERSION_LABEL, build_docker
from sandbox.images.erofs import build_erofs
from sandbox.images.store import Image, find_image, list_images

__all__ = ["VERSION_LABEL", "Image", "build_docker", "build_erofs", "find_image", "list_images"]
