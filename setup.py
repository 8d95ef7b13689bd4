"""Builds hwsim/simcam.cti, a GenTL producer in C: no Python extension, but built, placed and shipped like one."""

from __future__ import annotations

from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext

PRODUCER = Path("hwsim/producer")


class BuildProducer(build_ext):
    """A shared library whose name ends in .cti, without Python in it."""

    def get_ext_filename(self, fullname: str) -> str:
        return fullname.replace(".", "/") + ".cti"

    def get_libraries(self, ext: Extension) -> list[str]:
        return list(ext.libraries)


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
    extra_compile_args=["-std=gnu11", "-O2", "-g0", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden", "-pthread"],
    extra_link_args=["-pthread", "-Wl,-z,defs"],
)

setup(ext_modules=[simcam], cmdclass={"build_ext": BuildProducer, "bdist_wheel": AnyPython})
