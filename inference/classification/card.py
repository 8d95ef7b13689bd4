"""A model's card: what `card.json` beside `model.pt` says, and the proof that both are as they were made."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from inference.classification.metrics import Metrics, Pair, Rounding, Share, Strict
from inference.preprocessing.steps import SNV, Resample, Steps
from oreline.errors import ModelError
from oreline.files import read_plain, write_whole
from oreline.messages import INVALID, ClassInfo
from oreline.palette import colour_of

FILE = "card.json"
MODEL = "model.pt"
GOLDEN = "golden.npz"
"""`snv` float32 (bands, n) and the `logits` float32 (classes, n) that the model answers."""

_LARGEST = 1 << 18
"""Bytes of a card: 1000 bands and 250 classes fit, and what pydantic keeps of every error in it stays below 100 MB."""
_LARGEST_FILE = 1 << 30
MOST_LINES = 33
"""Lines of context of a model, at most: each is kept in the ring, and half of them are a delay."""

Byte = Annotated[int, Field(ge=0, le=255)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class CardClass(Strict):
    """A label: its mineral, its colour where the palette has none, and how much of it was found in the folds."""

    name: str
    colour: tuple[Byte, Byte, Byte]
    recall: Share
    spectra: int
    specimens: int


class BandAnswer(Strict):
    """The second answer: whose absorption bands a spectrum shows, whatever its major mineral is.

    `names`: one an output of the network, behind those of the classes and strangers: a species, "other GROUP" for the
    species of a group that are none of these, "other bands", "no bands", "not rock". `groups`: the group of each, in
    the words of `oreline.palette`; the last three are groups of their own. A group is told where the sum of its
    outputs' probabilities reaches `unknown_below`, and a species of it where its own reaches `species_below`.
    """

    names: Annotated[tuple[str, ...], Field(min_length=2, max_length=INVALID)]
    groups: Annotated[tuple[str, ...], Field(min_length=2, max_length=INVALID)]
    unknown_below: Share
    species_below: Share

    @model_validator(mode="after")
    def _paired(self) -> BandAnswer:
        if len(self.names) != len(self.groups):
            raise ValueError("bands.groups: one for each name")
        return self


class Training(Strict):
    """Enough to make the same bytes again."""

    data: str
    data_sha256: Sha256
    seed: int
    steps: int
    widths: tuple[int, ...]
    recipe: dict[str, float | tuple[float, float]]
    versions: dict[str, str]
    specimens: tuple[str, ...] | None = None
    """Which rocks it learned: no other figure is of new ones. None where the card does not say it."""


class Card(Strict):
    """`wavelengths_nm`, `fwhm_nm`: the bands that the model reads. `unknown_below`: probability below which the
    answer is UNKNOWN. `background_reflectance`: mean reflectance below which a sample is BACKGROUND."""

    version: Literal[1, 2] = 1
    name: str
    backend: str = "torchscript"
    classes: Annotated[tuple[CardClass, ...], Field(min_length=2, max_length=INVALID)]
    wavelengths_nm: Annotated[tuple[float, ...], Field(min_length=2)]
    fwhm_nm: Annotated[float, Field(gt=0)]
    preprocessing: Literal["snv"] | Annotated[Steps, Field(min_length=1)] = "snv"
    """Steps that are done with reflectance, in order; "snv" is short for that step alone."""
    lines_of_context: Annotated[int, Field(ge=1, le=MOST_LINES)] = 1
    """Lines that the network reads at once, an odd number: the one that is labelled, and as many before it as after."""
    background_reflectance: Annotated[float, Field(ge=0.0, lt=1.0)]
    unknown_below: Share
    strangers: tuple[Literal["other", "not rock"], ...] | None = None
    """Outputs behind those of the classes that are no class: minerals that are not in the list, and what is no rock."""
    group_below: Share | None = None
    """Where no class reaches `unknown_below`, the sum of a group's probabilities from which on the group is told."""
    bands: BandAnswer | None = None
    """The second answer, None where the network has none."""
    noisy_above: Annotated[float, Field(gt=0)] | None = None
    """Noise of a band, as a share of its reflectance, above which an unknown is "noisy"."""
    dark_below: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Mean reflectance below which an unknown is "too dark"."""
    not_for: tuple[str, ...] | None = None
    """What the model must not be used for, a sentence each."""
    kmac: float
    bfloat16: Rounding | None = None
    """What computing in bfloat16 changes; None where the network cannot, or where it was not looked at."""
    metrics: Metrics
    confused: tuple[Pair, ...]
    training: Training
    model_sha256: Sha256
    golden_sha256: Sha256
    colours: dict[str, tuple[Byte, Byte, Byte]] | None = None
    """Colours of classes that were chosen for this model, in place of the palette's."""
    measured_below: Share | None = None
    """The `unknown_below` by which `metrics` were measured, where another was chosen since."""
    card_sha256: str = ""
    """Of this card with this field empty."""

    @model_validator(mode="after")
    def _in_the_middle(self) -> Card:
        if self.lines_of_context % 2 == 0:
            raise ValueError("lines_of_context: must be odd, for the line in the middle is the one that is labelled")
        return self

    @model_validator(mode="after")
    def _one_grid(self) -> Card:
        first, *others = self.steps
        if any(isinstance(step, Resample) for step in others):
            raise ValueError("preprocessing: resampling can only be the first step")
        if isinstance(first, Resample) and first.wavelengths_nm != self.wavelengths_nm:
            raise ValueError("preprocessing: resampling must end at the model's wavelengths")
        return self

    @property
    def steps(self) -> Steps:
        return SNV if self.preprocessing == "snv" else self.preprocessing

    @property
    def labels(self) -> tuple[ClassInfo, ...]:
        """The classes as the stream names them: a mineral has one colour, whoever made the model, unless another was
        chosen for it."""
        own = self.colours or {}
        return tuple(ClassInfo(one.name, own.get(one.name) or colour_of(one.name, one.colour)) for one in self.classes)

    @property
    def outputs(self) -> int:
        """Outputs of the network: of the classes, of the strangers, of the second answer."""
        return len(self.classes) + len(self.strangers or ()) + (len(self.bands.names) if self.bands else 0)

    @property
    def resampled(self) -> bool:
        """Whether cameras with other bands will do."""
        return isinstance(self.steps[0], Resample)

    def sealed(self) -> Card:
        """The same card with its own hash in it."""
        return self.model_copy(update={"card_sha256": self._hash()})

    def _hash(self) -> str:
        content = self.model_copy(update={"card_sha256": ""}).model_dump_json(exclude_none=True)
        return hashlib.sha256(content.encode()).hexdigest()

    def write(self, folder: Path) -> None:
        """Write it sealed, in one step."""
        write_whole(folder / FILE, f"{self.sealed().model_dump_json(indent=1, exclude_none=True)}\n".encode())

    @classmethod
    def read(cls, folder: Path) -> Card:
        """The card of a model's folder, whoever made it: see inference/classification/signature.py before
        loading its network. Raises ModelError where it is missing, damaged, or of another version."""
        return cls.parse(cls.content_of(folder), folder / FILE)

    @staticmethod
    def content_of(folder: Path) -> bytes:
        """The bytes of a model's card. Raises ModelError."""
        try:
            return read_plain(folder / FILE, _LARGEST)
        except FileNotFoundError:
            raise ModelError(f"no {FILE} in {folder}: give the folder of a model, made by `oreline train`") from None
        except OSError as error:
            raise ModelError(f"{folder / FILE} is refused: {error.strerror}") from None

    @classmethod
    def parse(cls, content: bytes, path: Path) -> Card:
        """A card from the bytes of `path`. Raises ModelError where they are damaged or of another version."""
        try:
            card = cls.model_validate_json(content)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "as a whole"
            raise ModelError(f"{path} is damaged or of another version: {where}: {first['msg']}") from None
        if card.card_sha256 != card._hash():
            raise ModelError(f"{path} was changed after it was made: restore it, or train the model again")
        return card

    def content(self, folder: Path, file: str, sha256: str) -> bytes:
        """A file that belongs to the card. Raises ModelError where it is missing, a link, or its hash differs."""
        path = folder / file
        try:
            content = read_plain(path, _LARGEST_FILE)
        except FileNotFoundError:
            raise ModelError(f"no {file} in {folder}: the model is incomplete, copy its whole folder") from None
        except OSError as error:
            raise ModelError(f"{path} is refused: {error.strerror}") from None
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ModelError(f"{path} is not the file that its card was made for: it is damaged or was exchanged")
        return content

    def check_context(self, folder: Path) -> None:
        """Raises ModelError where the network reads several lines at once, for which there is no labeller here."""
        if self.lines_of_context > 1:
            raise ModelError(
                f"the model in {folder} reads {self.lines_of_context} lines at once, and this release one: "
                "take another model, or a release that reads several"
            )

    def check_files(self, folder: Path) -> None:
        """Raises ModelError where a file that belongs to the card is not as it was made."""
        self.content(folder, MODEL, self.model_sha256)
        self.content(folder, GOLDEN, self.golden_sha256)
