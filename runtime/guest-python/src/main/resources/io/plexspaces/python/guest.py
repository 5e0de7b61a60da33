"""The engine's end inside of CPython: runs once, when the interpreter's template is made.

The host calls execute(); what goes the other way is written to and read from file descriptor 0.
The formats are those of Wire.java.
"""

import gc
import json
import linecache
import marshal
import os
import struct
import sys
import time
import traceback
from importlib.machinery import FileFinder, ModuleSpec, SourceFileLoader
from importlib.util import MAGIC_NUMBER

_LOAD, _FREEZE, _SDK = 100, 101, 102
_SEEDED, _BODY_LATER = 1, 2
_CALL, _ANSWER = b"\1", b"\2"
_INLINE = 1 << 16

_input = struct.Struct("<BBII")
_output = struct.Struct("<BI")
_lengths = struct.Struct("<II")

_read, _write = os.read, os.write
_stdout, _stderr = sys.stdout, sys.stderr

_OUT_OF_MEMORY = b'{"code":"INTERNAL","message":"MemoryError","retryable":false}'


# ---- source files, which are in memory only

_sources = {}  # path -> bytes
_folders = set()  # every folder of a path
_roots = []  # where imports look, each "" or with a slash at its end


class Sources:
    """Finds and loads the modules of the app and its SDK."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        relative = name.replace(".", "/")
        for root in _roots:
            base = root + relative
            for file, package in ((base + "/__init__.py", True), (base + ".py", False)):
                if file in _sources:
                    spec = ModuleSpec(name, Sources, origin=file, is_package=package)
                    spec.has_location = True
                    spec.cached = None
                    if package:
                        spec.submodule_search_locations = [base]
                    return spec
        for root in _roots:
            if root + relative in _folders:
                spec = ModuleSpec(name, None, is_package=True)
                spec.submodule_search_locations = [root + relative]
                return spec
        return None

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        file = module.__spec__.origin
        text = _sources[file].decode()
        linecache.cache[file] = (len(text), None, text.splitlines(True), file)
        exec(compile(text, file, "exec", dont_inherit=True), module.__dict__)

    @staticmethod
    def get_source(name):
        spec = Sources.find_spec(name)
        if spec is None or spec.origin is None:
            raise ImportError(f"no source of {name}", name=name)
        return _sources[spec.origin].decode()

    @staticmethod
    def get_data(path):
        if path in _sources:
            return _sources[path]
        raise FileNotFoundError(path)


def _root(main):
    """The folder that the main module is imported from, and its dotted name there."""
    folder = main.rpartition("/")[0]
    while folder and folder + "/__init__.py" in _sources:
        folder = folder.rpartition("/")[0]
    root = folder + "/" if folder else ""
    name = main[len(root) :].removesuffix(".py").removesuffix("/__init__")
    return root, name.replace("/", ".")


# ---- calls

def _transport(operation, header, body):
    name = operation.encode()
    n = _write(
        0, b"".join((_CALL, _lengths.pack(len(name), len(header)), name, header, body))
    )
    reply = _read(0, n)
    status, size = _output.unpack_from(reply)
    end = 5 + size
    return status, reply[5:end], reply[end:]


def execute(data):
    try:
        op, flags, size, later = _input.unpack_from(data)
        at = 10
        if flags:
            if flags & _SEEDED:
                _guest.seed(data[at : at + 32])
                for generator in _generators:
                    generator.seed()
                at += 32
            body = _read(0, later) if flags & _BODY_LATER else data[at + size :]
        else:
            body = data[at + size :]
        header = data[at : at + size]
        del data
        if op >= 100:
            status, header, body = _special(op, header, body)
        else:
            status, header, body = _call(op, header, body)
        del op
        if len(header) + len(body) <= _INLINE:
            return b"".join((_output.pack(status, len(header)), header, body))
        _write(0, b"".join((_ANSWER, _output.pack(status, len(header)), header, body)))
        return b""
    except MemoryError:
        return _output.pack(1, 0) + _OUT_OF_MEMORY
    except BaseException as e:
        return _output.pack(1, 0) + _failed(e)
    finally:
        try:
            _stdout.flush()
            _stderr.flush()
        except Exception:
            pass


_call = None
_guest = None


def _special(op, header, body):
    if op == _LOAD:
        _load(json.loads(header), body)
    elif op == _SDK:
        _load_sdk(json.loads(header), body)
    elif op == _FREEZE:
        gc.collect()
        gc.freeze()
    return 0, b"", b""


def _add(sources, body):
    at = 0
    for path, size in sources:
        _sources[path] = body[at : at + size]
        at += size
        folder = path.rpartition("/")[0]
        while folder and folder not in _folders:
            _folders.add(folder)
            folder = folder.rpartition("/")[0]


def _load_sdk(sdk, body):
    global _call, _guest
    _add(sdk["sources"], body)
    _roots[:] = [""]
    if "plexspaces/_guest.py" not in _sources:
        raise ImportError("the module has no SDK: it was built without plexspaces/_guest.py")
    from plexspaces import _guest as guest, _transport as transport

    transport.set_transport(_transport)
    _guest, _call = guest, guest.call


_generators = []  # those that the app has made without a seed, which all its actors begin with


def _load(app, body):
    import random

    _add(app["sources"], body)
    root, name = _root(app["main"])
    _roots[:] = dict.fromkeys((root, "", "vendor/"))
    seed, setstate = random.Random.seed, random.Random.setstate

    def chosen(self):
        _generators[:] = [g for g in _generators if g is not self]

    def noted(self, a=None, version=2):
        chosen(self)
        if a is None:
            _generators.append(self)
        seed(self, a, version)

    def restored(self, state):
        chosen(self)
        setstate(self, state)

    random.Random.seed, random.Random.setstate = noted, restored
    try:
        _guest.load(name)
    finally:
        random.Random.seed, random.Random.setstate = seed, setstate


def _failed(error):
    """An exception as error JSON, told from the user's files alone."""
    frames = traceback.extract_tb(error.__traceback__)
    frames = [f for f in frames if f.filename in _sources and f.filename[:11] != "plexspaces/"]
    lines = traceback.format_list(frames[-20:])
    lines += traceback.format_exception_only(error)
    try:
        text = str(error)
    except Exception:
        text = "its message cannot be shown"
    message = f"{type(error).__name__}: {text}"
    wire = {
        "code": "INTERNAL",
        "message": message[:4096],
        "retryable": False,
        "details": {"stack": "".join(lines)[-4096:]},
    }
    return json.dumps(wire).encode()


# ---- what of the standard library needs a host, or is not in the jar

def _sleep(seconds):
    """Waits; other actors run meanwhile."""
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    from plexspaces import _transport as transport

    transport.invoke("sleep", {"ms": round(seconds * 1000)})


def _run(main, *, debug=None, loop_factory=None):
    """Runs a coroutine to its end; only what the host does takes time meanwhile."""
    import asyncio
    from plexspaces import _loop

    if asyncio._get_running_loop() is not None:
        main.close()
        raise RuntimeError("asyncio.run() cannot be called from a running event loop")
    if not asyncio.iscoroutine(main):
        raise ValueError(f"a coroutine was expected, got {main!r}")
    return _loop.run(main)


def _asyncio():
    """asyncio is there, but not two modules that it imports for threads and processes."""
    base = (
        "class Error(Exception): pass\n"
        "class CancelledError(Error): pass\n"
        "class InvalidStateError(Error): pass\n"
        "TimeoutError = TimeoutError\n"
        "class Future: pass\n"
        "class Executor: pass\n"
        "class ThreadPoolExecutor(Executor):\n"
        "    def __init__(self, *a, **k):\n"
        "        raise RuntimeError('an actor has no threads')\n"
        "FIRST_COMPLETED = 'FIRST_COMPLETED'\n"
        "FIRST_EXCEPTION = 'FIRST_EXCEPTION'\n"
        "ALL_COMPLETED = 'ALL_COMPLETED'\n"
    )
    stubs = {
        "concurrent/__init__.py": "",
        "concurrent/futures/__init__.py": base,
        "subprocess.py": "PIPE, STDOUT, DEVNULL = -1, -2, -3\n"
        "class SubprocessError(Exception): pass\n"
        "class Popen:\n"
        "    def __init__(self, *a, **k):\n"
        "        raise OSError('an actor has no processes')\n",
    }
    for path, text in stubs.items():
        _sources[path] = text.encode()
        _folders.add(path.rpartition("/")[0])
    _roots.append("")
    import asyncio
    import asyncio.runners

    # An app may bring modules of these names; asyncio keeps what it has imported.
    for path in stubs:
        del _sources[path]
        name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        del sys.modules[name]
    _folders.clear()
    _roots.clear()
    asyncio.run = asyncio.runners.run = _run


class _Compiled(SourceFileLoader):
    """The standard library's files lie beside their compiled form, where nobody looks for it."""

    def get_code(self, fullname):
        try:
            data = self.get_data(self.path + "c")
            if data[:8] == MAGIC_NUMBER + b"\0\0\0\0":
                size = int.from_bytes(data[12:16], "little")
                if size == self.path_stats(self.path)["size"] & 0xFFFFFFFF:
                    return marshal.loads(memoryview(data)[16:])
        except (OSError, EOFError, ValueError, TypeError):
            pass  # compiled from its source, then
        return super().get_code(fullname)


def _preload():
    for name in """abc argparse base64 bisect calendar cmath codecs collections collections.abc
        colorsys configparser contextlib contextvars copy copyreg csv dataclasses datetime decimal
        difflib enum fnmatch fractions functools gettext glob graphlib hashlib heapq hmac html
        html.parser importlib.resources inspect io ipaddress itertools json keyword locale logging
        math numbers operator pathlib pickle posixpath pprint queue random re reprlib secrets shlex
        statistics string struct tempfile textwrap threading time timeit token tokenize types typing
        unicodedata urllib.parse uuid warnings weakref xml.etree.ElementTree zlib
        zoneinfo""".split():
        try:
            __import__(name)
        except ImportError as e:
            print(f"{name} is not preloaded: {e}", file=sys.stderr)


sys.path[:] = [p for p in sys.path if p != "/guest" and not p.endswith("/site-packages")]
sys.path_hooks.insert(0, FileFinder.path_hook((_Compiled, [".py"])))
sys.path_importer_cache.clear()
sys.meta_path.insert(0, Sources)
sys.stdin = None
for _stream in (_stdout, _stderr):
    _stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
os.environ.clear()
time.sleep = _sleep
_preload()
_asyncio()
