"""Settings of a recorder."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from oreline.config import Section

Quantity = Literal["raw", "reflectance", "labels", "groups", "bands", "layers", "uncertainty", "features"]
STREAMS: dict[Quantity, str] = {
    "raw": "raw",
    **dict.fromkeys(("labels", "groups", "bands", "layers"), "labels"),
    "features": "features",
}
"""By quantity, the stream that it is made of, where that is not reflectance."""


class RecordSettings(Section):
    """ENVI files of one quantity, one image line a sequence number."""

    what: Quantity = "reflectance"
    """Quantity that is recorded. Raw is what the camera saw, dark and white too, in a folder of its own. Beside labels,
    a model that tells them has groups and whose absorption bands a sample shows ("bands", where no mineral is sure its
    group), label files like that of the labels; "layers" has all that stands beside labels as it is sent. Uncertainty
    is that of reflectance, and needs `inference.uncertainty`; features have two bands each, the centre in nm and the
    depth."""
    name: Annotated[str, Field(pattern=r"^\w[\w.-]*$", max_length=64)] = "record"
    """Beginning of the files' names; a part of the run id and a number follow."""

    packed: bool = False
    """Raw lines are packed without loss, each by itself, to less than half of their bytes: a file that is no ENVI file
    but is replayed like one, and made one by `oreline unpack`."""

    @property
    def stream(self) -> str:
        """Stream that it is made of."""
        return STREAMS.get(self.what, "reflectance")
