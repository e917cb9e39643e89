"""Start-up hook of Python children of tests: lets them tell what they read, and leaves no trace.

Python imports ``sitecustomize`` when it starts; ``core/children.py`` puts this directory in front of
``PYTHONPATH``. What this file needs was compiled by the parent. It imports nothing that Python has not loaded
already (the child may count what is loaded), and gives way to a ``sitecustomize`` of the user's.
"""

# mypy: ignore-errors
# (Annotations would have to be evaluated, or a module imported to leave them alone.)

import builtins
import marshal
import os
import sys

VARIABLE = "PYTEST_GOCACHE_CHILD"
BUNDLE = "bundle"
OURS = "pytest_gocache.core"
QUIET = ("atexit", "errno", "time")
"""Part of the interpreter: loaded for us, they need not seem to be."""


class Stand:
    """Stands in for a module that would cost time to import: only these attributes are asked of it."""

    def __init__(self, **attributes):
        self.__dict__.update(attributes)

    def __getattr__(self, name):
        return None


class Importer:
    """The import statement of our own modules: ``sys.modules`` and patches of ``__import__`` are the user's."""

    def __init__(self):
        self._import = builtins.__import__
        self._modules = {**self._stands(), OURS: Stand()}
        self._builtins = {**vars(builtins), "__import__": self}

    def __call__(self, name, globals=None, locals=None, fromlist=(), level=0):
        found = self._modules.get(name)
        if found is None and name.startswith(OURS):
            found = self._modules[name] = Stand()
        if found is None:
            found = self._quietly(name) if name in QUIET else self._import(name, globals, locals, fromlist, level)
        return found

    def load(self, name, code):
        """Runs one of our modules."""
        module = Stand(__name__=name, __file__=code.co_filename, __builtins__=self._builtins)
        self._modules[name] = module
        setattr(self._modules[OURS], name.rpartition(".")[2], module)
        exec(code, vars(module))
        return module

    def _stands(self):
        importing = Stand(import_module=print, util=Stand(find_spec=print))
        sha256 = self._quietly("_sha2" if sys.version_info >= (3, 12) else "_sha256").sha256
        return {
            "__future__": Stand(),
            "collections.abc": sys.modules["_collections_abc"],
            "contextlib": Stand(contextmanager=lambda function: function),
            "enum": Stand(StrEnum=str),
            "functools": Stand(partial=self._quietly("_functools").partial, wraps=lambda wrapped: marked),
            "glob": Stand(),
            "hashlib": Stand(sha256=sha256),
            "importlib": importing,
            "linecache": Stand(getlines=print, cache={}),
            "importlib.util": importing,
            "platform": Stand(),
            "re": Stand(compile=lambda *pattern: Stand(search=len)),
            "threading": Stand(local=self._quietly("_thread")._local, get_ident=self._quietly("_thread").get_ident),
            "types": Stand(
                CodeType=type(begin.__code__), FrameType=type(sys._getframe()), SimpleNamespace=type(sys.implementation)
            ),
            "typing": Stand(NewType=lambda name, kind: kind),
        }

    def _quietly(self, name):
        loaded = name in sys.modules
        module = self._import(name)
        if not loaded:
            del sys.modules[name]
        return module


def marked(function):
    function.__wrapped__ = None
    return function


def begin():
    """Takes away what the parent gave, and starts watching."""
    told = os.environ.pop(VARIABLE, "")
    here = os.path.dirname(os.path.abspath(__file__))
    if not told:
        return
    number, given, directory = told.split(" ", 2)
    rest = os.environ["PYTHONPATH"].partition(os.pathsep)[2]
    if given == "1":
        os.environ["PYTHONPATH"] = rest
    else:
        del os.environ["PYTHONPATH"]
    sys.path[:] = [entry for entry in sys.path if entry != here]
    sys.path_importer_cache.pop(here, None)
    with open(os.path.join(directory, BUNDLE), "rb") as file:
        prefix, top, codes = marshal.loads(file.read())
    importer = Importer()
    for name, code in codes:
        module = importer.load(name, code)
    module.begin(number, directory, prefix == sys.prefix, top, here)


def give_way():
    """Runs the user's own ``sitecustomize``, or says that there is none, as if this one were not there."""
    bootstrap = sys.modules["_frozen_importlib"]
    sys.modules.pop("sitecustomize", None)
    spec = bootstrap._find_spec("sitecustomize", None)
    if spec is None:
        raise ModuleNotFoundError("No module named 'sitecustomize'", name="sitecustomize")
    module = sys.modules["sitecustomize"] = bootstrap.module_from_spec(spec)
    spec.loader.exec_module(module)


try:  # noqa: SIM105 - imports nothing
    begin()
except Exception:  # It has not told that it began, so its parent will not store anything.
    pass
give_way()
