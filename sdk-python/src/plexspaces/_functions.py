"""What is known of a function without the inspect module, whose import costs more than the SDK's.

A node may import all of this anew for each actor.
"""

from __future__ import annotations

from typing import Any

#: Stands for a parameter without a default.
REQUIRED: Any = object()

_VARARGS, _VARKEYWORDS, _GENERATOR, _COROUTINE, _ASYNC_GENERATOR = 0x04, 0x08, 0x20, 0x80, 0x200


def unwrapped(function: Any) -> Any:
    """The function below decorators that keep it (functools.wraps)."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return function


def parameters(function: Any) -> tuple[list[tuple[str, Any]], bool, str | None]:
    """Parameters by name with their defaults, without self; whether there is a ``**rest``; and one
    that cannot be given by name, if any."""
    function = unwrapped(function)
    code = function.__code__
    names = code.co_varnames
    size = code.co_argcount
    defaults = function.__defaults__ or ()
    first = size - len(defaults)
    found = [
        (name, defaults[i - first] if i >= first else REQUIRED)
        for i, name in enumerate(names[:size])
    ]
    unnamed = None
    if code.co_posonlyargcount > 1:
        unnamed = names[1]
    keywords = names[size : size + code.co_kwonlyargcount]
    given = function.__kwdefaults__ or {}
    found += [(name, given.get(name, REQUIRED)) for name in keywords]
    if code.co_flags & _VARARGS:
        unnamed = "*" + names[size + code.co_kwonlyargcount]
    return found[1:], bool(code.co_flags & _VARKEYWORDS), unnamed


def is_stream(function: Any) -> bool:
    """Whether it is a generator, of either kind."""
    return bool(_flags(function) & (_GENERATOR | _ASYNC_GENERATOR))


def is_coroutine(function: Any) -> bool:
    """Whether it is an ``async def`` that returns."""
    return bool(_flags(function) & _COROUTINE)


def _flags(function: Any) -> int:
    code = getattr(unwrapped(function), "__code__", None)
    return code.co_flags if code is not None else 0


def doc(function: Any) -> str:
    """Its docstring without the indentation; empty if it has none."""
    lines = (function.__doc__ or "").expandtabs().strip().splitlines()
    rest = [len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()]
    margin = min(rest, default=0)
    return "\n".join(lines[:1] + [line[margin:].rstrip() for line in lines[1:]])
