"""Whatever is public says what it is."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from types import ModuleType
from typing import Any

import pytest

import plexspaces

MODULES = ["plexspaces"] + [
    m.name
    for m in pkgutil.walk_packages(plexspaces.__path__, "plexspaces.")
    if not any(part.startswith("_") for part in m.name.split("."))
]


def public(module: ModuleType) -> dict[str, Any]:
    names = getattr(module, "__all__", [n for n in vars(module) if not n.startswith("_")])
    return {
        n: getattr(module, n)
        for n in names
        if getattr(getattr(module, n), "__module__", "").startswith("plexspaces")
    }


@pytest.mark.parametrize("name", MODULES)
def test_every_public_thing_has_a_docstring(name: str) -> None:
    module = importlib.import_module(name)
    missing = [] if module.__doc__ else [name]
    for n, value in public(module).items():
        if not (inspect.isclass(value) or inspect.isfunction(value)):
            continue
        if not value.__doc__:
            missing.append(f"{name}.{n}")
        if inspect.isclass(value) and value.__module__.startswith("plexspaces"):
            for m, member in vars(value).items():
                member = member.fget if isinstance(member, property) else member
                if not m.startswith("_") and inspect.isfunction(member) and not member.__doc__:
                    missing.append(f"{name}.{n}.{m}")
    assert missing == []
