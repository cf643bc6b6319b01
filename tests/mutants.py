"""`python -m tests.mutants [names]`: break the rules one by one, and see whether a test fails.

mutmut changes one thing at a time in the pure modules (`[tool.mutmut]` in `pyproject.toml` names
them) and runs the tables that reach it. What no row notices has survived: it is shown, and below
95 % killed the run fails. Names such as `'inventory.pool.*'` choose what is changed.

mutmut leaves properties alone. So all happens in a copy, in `var/mutants`, in which each property
calls a method. This module is a plugin of pytest there: it leaves out what needs a database, and
random worlds. A rule is to be stated by rows that a person worked out.
"""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from difflib import unified_diff
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
COPY = ROOT / "var" / "mutants"
MUTMUT = Path(sys.executable).parent / "mutmut"
APPS = ("inventory", "channels", "orders", "backoffice")
ENOUGH = 95
"""The percentage of mutants that the tests are to kill."""

NEEDS_A_DATABASE = {"db", "transactional_db", "live_server", "django_db_setup"}
PROPERTY = re.compile(r"^    @property\n    def (\w+)\(self\)", re.MULTILINE)
AS_METHOD = r"    \1 = property(lambda self: self._get_\1())\n\n    def _get_\1(self)"


# --- the plugin -------------------------------------------------------------------------------


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Leave out what needs a database, a browser or many examples."""
    slow = [item for item in items if _is_slow(item)]
    config.hook.pytest_deselected(items=slow)
    items[:] = [item for item in items if item not in slow]
    if odd := [item.nodeid for item in items if "\\" in item.nodeid]:
        # pytest would not find them, and that would look like a test that fails
        raise pytest.UsageError(f"Name these rows in plain letters: {odd}")


def _is_slow(item):
    if item.get_closest_marker("django_db") or item.get_closest_marker("browser"):
        return True
    if getattr(item.obj, "is_hypothesis_test", False):
        return True
    is_django = any(base.__module__ == "django.test.testcases" for base in _bases(item))
    return is_django or bool(NEEDS_A_DATABASE & set(item.fixturenames))


def _bases(item):
    return item.cls.__mro__ if item.cls else ()


# --- the run ----------------------------------------------------------------------------------


def main(names):
    """Return 0 when enough mutants are killed."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutmut"]
    prepare(config["only_mutate"])
    subprocess.run([MUTMUT, "run", *names], cwd=COPY, check=True)
    found = results(names)
    for name, end in found.items():
        if end not in {"killed", "timeout"}:
            print(shown(name, end))
    return report(found)


def prepare(only):
    """Make the copy anew."""
    shutil.rmtree(COPY, ignore_errors=True)
    leave_out = shutil.ignore_patterns("__pycache__")
    for folder in (*APPS, "tests"):
        shutil.copytree(ROOT / folder, COPY / folder, ignore=leave_out)
    shutil.copy(ROOT / "pyproject.toml", COPY)
    for path in COPY.rglob("*.py"):
        if any(fnmatch(str(path.relative_to(COPY)), pattern) for pattern in only):
            path.write_text(PROPERTY.sub(AS_METHOD, path.read_text()))


def results(names):
    """Return how each mutant ended, by its name."""
    told = subprocess.run(
        [MUTMUT, "results", "--all", "1"], cwd=COPY, check=True, capture_output=True, text=True
    )
    pairs = (line.strip().rsplit(": ", 1) for line in told.stdout.splitlines())
    return {
        name: end
        for name, end in pairs
        if not names or any(fnmatch(name, pattern) for pattern in names)
    }


def shown(name, end):
    """Return a mutant as a difference, which `mutmut show` takes seconds for."""
    module, _, mutant = name.rpartition(".")
    functions = _functions(COPY / "mutants" / f"{module.replace('.', '/')}.py")
    original = re.sub(r"__mutmut_\d+$", "__mutmut_orig", mutant)
    lines = unified_diff(functions[original][1:], functions[mutant][1:], n=1, lineterm="")
    return "\n".join([f"\n{name}: {end}", *list(lines)[3:]])


@cache
def _functions(path):
    """Return the lines of each function of a file, by its name."""
    lines = path.read_text().splitlines()
    return {
        node.name: lines[node.lineno - 1 : node.end_lineno]
        for node in ast.walk(ast.parse("\n".join(lines)))
        if isinstance(node, ast.FunctionDef)
    }


def report(found):
    """Print the killed share of each module and of all; return 0 when that is enough."""
    killed = Counter(_module(name) for name, end in found.items() if end in {"killed", "timeout"})
    print()
    for module, count in sorted(Counter(map(_module, found)).items()):
        print(f"{module:<28} {killed[module]:>5} of {count:>5}  {killed[module] / count:6.1%}")
    ends = ", ".join(f"{count} {end}" for end, count in Counter(found.values()).most_common())
    share = 100 * killed.total() / len(found)
    print(f"\n{len(found)} mutants: {ends}. {share:.1f} % are killed; {ENOUGH} % are asked for.")
    return 0 if share >= ENOUGH else 1


def _module(name):
    return name.rpartition(".")[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
