"""Builds the libraries in C: hwsim/simcam.cti, a GenTL producer, and the bfloat16 kernel of inference. They are no
Python extensions, but built, placed and shipped like them."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

PRODUCER, BFLOAT16 = Path("hwsim/producer"), Path("inference/backends/bfloat16")
COMPILE = ["-std=gnu11", "-O2", "-g0", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden", "-pthread"]
SUFFIXES = {"simcam": ".cti"}
FOLDERS, PAGES = ("docs", "deploy"), ("README.md", "CHANGELOG.md", "constraints.txt")


class BuildLibrary(build_ext):
    """A shared library without Python in it: .so, or what SUFFIXES says."""

    def get_ext_filename(self, fullname: str) -> str:
        return fullname.replace(".", "/") + SUFFIXES.get(fullname.rpartition(".")[2], ".so")

    def get_libraries(self, ext: Extension) -> list[str]:
        return list(ext.libraries)


class BuildPages(build_py):
    """Packages, and in oreline/share what a checkout has beside them; see oreline/shipped.py."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        share = Path(self.build_lib, "oreline", "share")
        shutil.rmtree(share, ignore_errors=True)
        for folder in FOLDERS:
            shutil.copytree(folder, share / folder, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
        for page in PAGES:
            shutil.copy(page, share)


class AnyPython(bdist_wheel):
    """The wheel holds machine code, but nothing of one Python."""

    def get_tag(self) -> tuple[str, str, str]:
        return "py3", "none", super().get_tag()[2]


simcam = Extension(
    "hwsim.simcam",
    sources=sorted(str(path) for path in PRODUCER.glob("*.c")),
    depends=["setup.py", *sorted(str(path) for suffix in ("*.h", "*.xml") for path in PRODUCER.glob(suffix))],
    include_dirs=[str(PRODUCER)],
    libraries=["m", "dl"],
    extra_compile_args=COMPILE,
    extra_link_args=["-pthread", "-Wl,-z,defs"],
)
kernel = Extension(
    "inference.backends.bfloat16.kernel",
    sources=[str(BFLOAT16 / "kernel.c")],
    depends=["setup.py"],
    extra_compile_args=COMPILE,
    optional=True,  # A compiler that does not know AMX, or none of x86: only precision = "bfloat16" is refused there.
)

setup(
    ext_modules=[simcam, kernel], cmdclass={"build_py": BuildPages, "build_ext": BuildLibrary, "bdist_wheel": AnyPython}
)
