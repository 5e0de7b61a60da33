# Run once in each actor's context: imports come from the app's sources, time from the host.
def boot(names, source, compiled, keep, exchange, now, main, uses_asyncio):
    import marshal
    import sys

    names = frozenset(str(n) for n in names)

    def package_root(path):
        folder = path.rpartition("/")[0]
        while folder and folder + "/__init__.py" in names:
            folder = folder.rpartition("/")[0]
        return folder

    home = package_root(main)
    roots = [home] + [r for r in ("", "vendor") if r != home]

    def code(path):
        kept = compiled(path)
        if kept is not None:
            return marshal.loads(str(kept).encode("latin-1"))
        made = compile(str(source(path)), path, "exec")
        keep(path, marshal.dumps(made).decode("latin-1"))
        return made

    class Loader:
        def __init__(self, path, package):
            self.path = path
            self.package = package

        def create_module(self, spec):
            return None

        def exec_module(self, module):
            exec(code(self.path), module.__dict__)

        def is_package(self, fullname):
            return self.package

        def get_source(self, fullname):
            return str(source(self.path))

        def get_filename(self, fullname):
            return self.path

    class Finder:
        @staticmethod
        def find_spec(name, path=None, target=None):
            relative = name.replace(".", "/")
            for root in roots:
                base = root + "/" + relative if root else relative
                package = base + "/__init__.py"
                file = package if package in names else base + ".py"
                if file in names:
                    loader = Loader(file, file == package)
                    spec = Spec(name, loader, origin=file, is_package=loader.package)
                    spec.has_location = True
                    return spec
            return None

    Spec = type(sys.__spec__)
    sys.meta_path.insert(0, Finder)
    sys.dont_write_bytecode = True
    sys.path[:] = [p for p in sys.path if p]

    import time

    time.time = lambda: now() / 1000
    time.time_ns = lambda: int(now()) * 1_000_000

    import linecache

    def lines(filename, module_globals=None):
        known = linecache.cache.get(filename)
        if known is not None and len(known) > 1:
            return known[2]
        if filename in names:
            text = str(source(filename)).splitlines(True)
            linecache.cache[filename] = (0, None, text, filename)
            return text
        return []

    linecache.getlines = lines
    linecache.checkcache = lambda filename=None: None

    from plexspaces import _guest, _transport

    def transport(operation, header, body):
        answer = exchange(operation, bytes(header).decode("latin-1"), bytes(body).decode("latin-1"))
        return int(answer[0]), str(answer[1]).encode("latin-1"), str(answer[2]).encode("latin-1")

    _transport.set_transport(transport)
    relative = main[len(home) + 1 :] if home else main
    dotted = relative.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    if uses_asyncio:
        # Wherever it is imported: the SDK has to have its loop ready before a handler starts.
        import asyncio
    _guest.load(dotted)

    def call(op, header, body, seed):
        if seed is not None:
            _guest.seed(bytes.fromhex(str(seed)))
        status, header, body = _guest.call(
            int(op), str(header).encode("latin-1"), str(body).encode("latin-1")
        )
        return status, header.decode("latin-1"), body.decode("latin-1")

    return call


boot
