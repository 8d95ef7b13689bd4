"""Mistakes that let others in, or harm what is theirs."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

STRANGERS = ("tests/system/test_strangers.py",)

MUTANTS = (
    Mutant(
        "a folder of another user is taken as a line's own",
        "oreline/ownership.py",
        "    if itself.st_uid != os.geteuid():\n",
        "    if False:\n",
        ("tests/oreline/supervision/test_launch.py",),
    ),
    Mutant(
        "a folder that others can write to is taken as a line's own",
        "oreline/ownership.py",
        "    if itself.st_mode & WRITERS:\n",
        "    if False:\n",
        ("tests/oreline/supervision/test_launch.py",),
    ),
    Mutant(
        "a folder in one that others can rename it in is taken",
        "oreline/ownership.py",
        "(above.st_mode & ANYONE and not above.st_mode & stat.S_ISVTX)",
        "False",
        ("tests/oreline/supervision/test_launch.py",),
    ),
    Mutant(
        "an output folder of another user is written to",
        "oreline/supervision/recovery.py",
        "    refuse_strangers(output)\n",
        "",
        ("tests/oreline/supervision/test_launch.py",),
    ),
    Mutant(
        "processes load modules from the working folder",
        "oreline/guard.py",
        '    os.environ["PYTHONSAFEPATH"] = "1"\n',
        "",
        STRANGERS,
    ),
    Mutant(
        "files have the modes of the caller's umask",
        "oreline/guard.py",
        "    os.umask(UMASK)\n",
        "",
        ("tests/system/test_security.py",),
    ),
    Mutant(
        "lines of one name share a folder",
        "oreline/places.py",
        "os.fsencode(output.resolve())",
        "os.fsencode(name)",
        ("tests/oreline/supervision/test_launch.py",),
    ),
    Mutant(
        "the output folder is touched before its lock is had",
        "oreline/supervision/recovery.py",
        "    with locked(folder) as lock, locked(output):\n",
        "    with locked(folder) as lock:\n",
        ("tests/system/test_left_alone.py",),
    ),
    Mutant(
        "a recorder writes over what it has not noted",
        "sinks/record/envi.py",
        "return not header.exists() and not header.with_suffix(DATA).exists()",
        "return True",
        ("tests/sinks/test_record.py",),
    ),
)
