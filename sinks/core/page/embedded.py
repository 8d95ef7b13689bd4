"""Pictures within a page, as data URIs."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from sinks.core.pictures.layers import Pixels

QUALITY = 82


def png(shown: Pixels) -> str:
    """Colours uint8 (rows, width, 3) as PNG, with a palette where they are few: byte for byte what they were."""
    packed = shown[..., 0].astype(np.uint32) << 16 | shown[..., 1].astype(np.uint32) << 8 | shown[..., 2]
    colours, places = np.unique(packed, return_inverse=True)
    image = Image.fromarray(shown)
    if len(colours) <= 256:
        image = Image.fromarray(places.reshape(packed.shape).astype(np.uint8), "P")
        image.putpalette(
            np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1).astype(np.uint8).tobytes()
        )
    return _uri(image, "png", optimize=False)


def jpeg(shown: Pixels) -> str:
    """Colours uint8 (rows, width, 3) as JPEG: for what is looked at, and not read off."""
    return _uri(Image.fromarray(shown), "jpeg", quality=QUALITY)


def _uri(image: Image.Image, kind: str, **how: object) -> str:
    file = io.BytesIO()
    image.save(file, kind, **how)
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"
