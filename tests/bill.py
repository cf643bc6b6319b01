"""What the program is made of: `make bill` writes `docs/sbom.json` and `docs/dependencies.md`.

It installs `requirements.txt` into an empty environment, lets CycloneDX list what is there, and
keeps of each package its name, version, licence and what it needs.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.between import between, replaced

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements.txt"
BILL = ROOT / "docs" / "sbom.json"
PAGE = ROOT / "docs" / "dependencies.md"
CYCLONEDX = "cyclonedx-bom==7.5.0"
KEPT = ("type", "name", "version", "purl", "bom-ref", "description", "licenses")

NAMES = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "BSD 3-Clause OR Apache-2.0": "BSD-3-Clause OR Apache-2.0",
    "Zope Public License": "ZPL-2.1",
}
"""Licences as packages write them, and as we do."""

UNNAMED = {"uritemplate": "BSD 3-Clause OR Apache-2.0"}
"""Licences that stand in the metadata of a package, where the tool does not look."""


def main():
    bill = _made()
    BILL.write_text(json.dumps(bill, indent=1, ensure_ascii=False) + "\n")
    PAGE.write_text(replaced(PAGE.read_text(), table(bill)))


def pinned():
    """Return the version of each package that `requirements.txt` names."""
    pairs = re.findall(r"^([A-Za-z0-9_.-]+)==([^ \\]+)", REQUIREMENTS.read_text(), re.MULTILINE)
    return {normal(name): version for name, version in pairs}


def normal(name):
    """Return a package's name as an index compares it. Source: PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licences(component):
    """Return the licences of a component, each once."""
    found = []
    for entry in component["licenses"]:
        licence = entry.get("license", {})
        name = entry.get("expression") or licence.get("id") or licence["name"]
        name = name.rpartition(":: ")[2]
        found.append(NAMES.get(name, name))
    return list(dict.fromkeys(found))


def table(bill):
    """Return the packages as a table of Markdown."""
    rows = [
        f"| {one['name']} | {one['version']} | {', '.join(licences(one))} |\n"
        for one in sorted(bill["components"], key=lambda one: normal(one["name"]))
    ]
    return "| package | version | licence |\n|---|---|---|\n" + "".join(rows)


def table_of_page():
    """Return the table that stands on the page."""
    return between(PAGE.read_text())


def _made():
    uv = Path(sys.executable).with_name("uv")
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "bin" / "python"
        _run(uv, "venv", "-q", "--clear", folder)
        _run(uv, "pip", "install", "-q", "--python", python, "--require-hashes", "-r", REQUIREMENTS)
        options = ["--output-reproducible", "--short-PURLs", "-o", "-"]
        tool = [uv, "tool", "run", "-q", "--from", CYCLONEDX, "cyclonedx-py"]
        bill = json.loads(_run(*tool, "environment", *options, python))
    del bill["metadata"]
    bill["components"] = [_kept(component) for component in bill["components"]]
    return bill


def _kept(component):
    if component["name"] in UNNAMED:
        component["licenses"] = [{"license": {"name": UNNAMED[component["name"]]}}]
    return {key: component[key] for key in KEPT if key in component}


def _run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main()
