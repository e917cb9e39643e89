"""What generated code does beyond importing: how it looks at the world (``EFFECTS``), and when.

An effect is the body of a function that gives a small number. It stands in product modules
(``PRODUCT_MOMENTS``), in test modules (``TEST_MOMENTS``) and in conftests (``FIXTURES``), so every effect
meets every moment. Most give a number whatever is missing, for a module that fails is never cached.
``{src}`` is the directory that holds the product.
"""

EFFECTS: tuple[str, ...] = (
    # --- variables
    "import os\nreturn int(os.environ.get('SHOP_A', '1'))",
    "import os\nreturn int(os.environ['SHOP_A']) if 'SHOP_A' in os.environ else 3",
    "import os\nreturn sum(name.startswith('SHOP_') for name in os.environ)",
    "import os\nreturn int(os.environ.copy().get('SHOP_B', 0)) + 1",
    "from os.path import expandvars\nreturn len(expandvars('$SHOP_A ${SHOP_B}')) % 5 + 1",
    "import os\nreturn int(os.getenvb(b'SHOP_B') or 2)",
    "from os import environ\nreturn max([1, *(int(v) for k, v in environ.items() if k.startswith('SHOP_'))])",
    "import os\ntry:\n    return int(os.environ['SHOP_B'])\nexcept KeyError:\n    return 4",
    # --- looks at paths
    "import os\nreturn 1 + os.path.exists('data/maybe.txt')",
    "from pathlib import Path\nreturn 2 + Path('data/maybe.txt').is_file() + 3 * Path('data/maybe.txt').is_dir()",
    "import os\nreturn os.path.getsize('data/b.txt') % 7 if os.path.isfile('data/b.txt') else 1",
    "import os\nreturn 1 + (os.stat('data').st_mode & 1) + (os.stat('data/script.py').st_mode & 0o111 != 0)",
    "import os\nreturn 1 + os.access('data/a.txt', os.X_OK) + 2 * os.access('data/b.txt', os.R_OK)",
    "import os\nreturn 1 + os.path.islink('data/current') + os.path.lexists('data/folder')",
    "import os\nreturn len(os.readlink('data/current')) % 7 if os.path.islink('data/current') else 1",
    "from pathlib import Path\nreturn len(Path('data/current').resolve().name) % 6 + 1",
    "import os\ntry:\n    return 1 + os.path.samefile('data/current', 'data/a.txt')\nexcept OSError:\n    return 3",
    """\
import os
try:
    return 1 + (os.path.getmtime('data/a.txt') <= os.stat('data/b.txt').st_mtime)
except OSError:
    return 3""",
    # --- listings (of what Python leaves there nothing counts)
    "import os\nreturn len([name for name in os.listdir('data') if name != '__pycache__'])",
    "from pathlib import Path\nreturn len(list(Path('data').rglob('*.txt'))) + 1",
    """\
import os
return sum(name.endswith('.txt') for _, _, names in os.walk('data', followlinks=True) for name in names)""",
    "import glob\nreturn len(glob.glob('data/**/*.txt', recursive=True)) + 1",
    """\
import os
if not os.path.isdir('data/sub'):
    return 1
return sum(entry.stat().st_size for entry in os.scandir('data/sub') if entry.is_file())""",
    "from pathlib import Path\nreturn sum(int(f.read_text()) for f in sorted(Path('data/sub').glob('*.txt'))) + 1",
    "from pathlib import Path\nreturn 1 + any(p.is_symlink() for p in Path('data').iterdir())",
    # --- reading
    "return int(open('data/a.txt').read())",
    "from pathlib import Path\nreturn int(Path('data/current').read_text()) if Path('data/current').is_file() else 3",
    "try:\n    return int(open('data/folder/c.txt').read())\nexcept OSError:\n    return 2",
    """\
import os
fd = os.open('data/b.txt', os.O_RDONLY)
try:
    return int(os.read(fd, 9))
finally:
    os.close(fd)""",
    "from importlib import resources\nreturn int(resources.files('shop').joinpath('number.txt').read_text())",
    "import pkgutil\nreturn int(pkgutil.get_data('shop', 'number.txt'))",
    "import inspect\nimport shop.base\nreturn len(inspect.getsource(shop.base)) % 6 + 1",
    """\
try:
    return int(open('data/maybe.txt').read()) + 1
except OSError as error:
    return error.errno % 9""",
    """\
import os
try:
    return len(os.listdir('data/maybe.txt')) + 1
except OSError as error:
    return error.errno % 9""",
    "import linecache\nreturn len(linecache.getline('data/a.txt', 1)) + 1",
    "import runpy\nreturn runpy.run_path('data/near.py')['KNOB'] + 1",
    "names = {}\nexec(compile(open('data/near.py').read(), 'data/near.py', 'exec'), names)\nreturn names['KNOB'] + 1",
    """\
import importlib.util
spec = importlib.util.spec_from_file_location('aside', 'data/near.py')
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
return module.KNOB + 1""",
    """\
import os
import tempfile
import shutil
with tempfile.TemporaryDirectory() as there:
    shutil.copy('data/b.txt', there)
    return int(open(os.path.join(there, 'b.txt')).read())""",
    """\
import os
os.makedirs('data/sub', exist_ok=True)
seen = len(os.listdir('data/sub')) + (int(open('data/sub/c.txt').read()) if os.path.exists('data/sub/c.txt') else 1)
try:
    os.rmdir('data/sub')  # left behind, it would be there for the tests that come later, and only for them
except OSError:
    pass
return seen""",
    """\
import filecmp
try:
    return 1 + filecmp.cmp('data/a.txt', 'data/b.txt', shallow=False)
except OSError:
    return 3""",
    # --- reading in other ways than Python's own
    """\
import ctypes
library, text = ctypes.CDLL('libc.so.6'), ctypes.create_string_buffer(9)
at = library.open(b'data/b.txt', 0)
if at < 0:
    raise OSError('what C code does not find is not seen')
library.read(at, text, 8)
library.close(at)
return int(text.value)""",
    """\
from importlib.machinery import SourceFileLoader
from types import ModuleType
aside = ModuleType('aside')
SourceFileLoader('aside', 'data/tool').exec_module(aside)
return aside.KNOB""",
    """\
with open('data/b.txt', 'a') as file:
    file.write('')
return int(open('data/b.txt').read())""",
    """\
import os, subprocess, sys, tempfile
code = 'import os; print(len(os.listdir("there/sub")) + os.path.exists("there/maybe.txt"))'
with tempfile.TemporaryDirectory() as place:
    os.symlink(os.path.abspath('data'), os.path.join(place, 'there'))
    done = subprocess.run([sys.executable, '-c', code], cwd=place, stdout=-1, stderr=-3)
return int(done.stdout or 7)""",
    """\
import os, shutil, tempfile
if os.path.islink('data/sub') or not os.path.isdir('data/sub'):
    return 1
with tempfile.TemporaryDirectory() as place:
    shutil.copytree('data/sub', os.path.join(place, 'sub'))
    return len(os.listdir(os.path.join(place, 'sub')))""",
    # --- deeds that tell what is there
    """\
import os
try:
    os.mkdir('data/maybe.txt')
except OSError as error:
    return error.errno % 7 + 2
os.rmdir('data/maybe.txt')
return 1""",
    """\
import os
try:
    open('data/sub/d.txt', 'x').close()
except OSError as error:
    return error.errno % 7 + 2
os.remove('data/sub/d.txt')
return 1""",
    """\
import os
here = os.getcwd()
try:
    os.chdir('data/folder')
except OSError as error:
    return error.errno % 7 + 2
os.chdir(here)
return 1""",
    # --- probes of imports
    "import importlib.util\nreturn 1 if importlib.util.find_spec('shop.extra') else 2",
    """\
import importlib.util
spec = importlib.util.find_spec('tool')
return 1 + ('tests' in (spec.origin or '')) if spec else 3""",
    """\
import importlib
try:
    return importlib.import_module('shop.' + 'extra').value()
except ImportError:
    return 2""",
    "import pkgutil\nimport shop\nreturn len(list(pkgutil.iter_modules(shop.__path__))) % 6 + 1",
    "import importlib.metadata\nreturn 1 + bool(importlib.metadata.version('pytest'))",
    "import importlib\nreturn importlib.import_module('shop.' + 'base').value()",
    "[found] = map(__import__, ['shop.' + 'base'])\nreturn found.base.value()",
    """\
import space
try:
    return space.part.value()
except AttributeError:
    return __import__('space.' + 'part').part.value()""",
    """\
import pickle
try:
    with open('data/value.pickle', 'rb') as file:
        return pickle.load(file)()
except OSError:
    return 2""",
    """\
import importlib.util
import re
with open(importlib.util.find_spec('shop.' + 'base').origin) as source:
    return int(re.search(r'KNOB\\W+(\\d)', source.read())[1])""",
    # --- children
    """\
import subprocess, sys
code = 'print(open("data/a.txt").read())'
return int(subprocess.check_output([sys.executable, '-c', code]))""",
    "import subprocess, sys\nreturn int(subprocess.check_output([sys.executable, 'data/script.py']))",
    "import subprocess, sys\nreturn int(subprocess.check_output([sys.executable, '-m', 'shop.base'], cwd='{src}')) + 1",
    """\
import os, subprocess, sys
code = 'import os; print(os.environ.get("SHOP_A", 2) + os.environ.get("SHOP_B", ""))'
return int(subprocess.check_output([sys.executable, '-c', code], env={**os.environ, 'SHOP_B': ''})) + 1""",
    """\
import os, subprocess, sys
code = 'import near, os; print(near.KNOB + int(os.environ.get("SHOP_A", 2)))'
return int(subprocess.check_output([sys.executable, '-c', code], env={**os.environ, 'PYTHONPATH': 'data'})) + 1""",
    """\
import subprocess, sys
code = 'import subprocess, sys; sys.exit(subprocess.call([sys.executable, "data/script.py"], stdout=2))'
return 1 + subprocess.run([sys.executable, '-c', code], stderr=subprocess.DEVNULL).returncode""",
    """\
import subprocess, sys
return 1 + subprocess.call([sys.executable, '-c', 'import shop.extra'], cwd='{src}', stderr=-3)""",
    "import subprocess\nreturn 1 + len(subprocess.run(['cat', 'data/a.txt'], stdout=-1, stderr=-3).stdout)",
    "import os\nreturn 1 + os.system('test -f data/maybe.txt') % 5",
    "import subprocess\nreturn 1 + len(subprocess.run(['sh', 'data/tool.sh'], stdout=-1, stderr=-3).stdout)",
    "import subprocess, sys\nreturn 1 + len(subprocess.run([sys.executable, '-I', 'data/near.py'], stdout=-1).stdout)",
    """\
import multiprocessing
from pathlib import Path
with multiprocessing.get_context('fork').Pool(1) as pool:
    return int(pool.apply(Path('data/b.txt').read_text))""",
    """\
import os
reading, writing = os.pipe()
child = os.fork()
if child == 0:
    try:
        os.write(writing, open('data/b.txt', 'rb').read())
    finally:
        os._exit(0)
os.close(writing)
os.waitpid(child, 0)
with open(reading, 'rb') as answer:
    return int(answer.read() or 2)""",
)

# When a product module looks: ``seen()`` is the number.
PRODUCT_MOMENTS: tuple[str, ...] = (
    "def seen():\n    return effect()\n",
    "SEEN = effect()\n\n\ndef seen():\n    return SEEN\n",
    "from functools import lru_cache\n\nseen = lru_cache(effect)\n",
    """\
KEPT = {}


def seen():
    if 'seen' not in KEPT:
        KEPT['seen'] = effect()
    return KEPT['seen']
""",
    """\
from concurrent.futures import ThreadPoolExecutor


def seen():
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(effect).result()
""",
    """\
import multiprocessing


def seen():
    with multiprocessing.get_context('fork').Pool(1) as pool:
        return pool.apply(effect)
""",
    """\
class Shelf:
    number = None

    @property
    def seen(self):
        if Shelf.number is None:
            Shelf.number = effect()
        return Shelf.number


def seen():
    return Shelf().seen
""",
    """\
def __getattr__(name):
    if name == 'LAZY':
        globals()[name] = effect()
        return globals()[name]
    raise AttributeError(name)


def seen():
    import sys

    return sys.modules[__name__].LAZY
""",
)

# When a test module looks. Those of a fixture use one of ``FIXTURES``.
TEST_MOMENTS: tuple[str, ...] = (
    "def test_body():\n    assert sees(effect())\n",
    """\
import pytest


@pytest.mark.parametrize('n', range(effect() % 3 + 1))
def test_each(n):
    assert n < 3
""",
    """\
import pytest


@pytest.mark.skipif(effect() % 4 == 0, reason='fours')
def test_unless():
    pass
""",
    """\
import pytest


@pytest.fixture(scope='module')
def own():
    yield effect()


def test_first(own):
    assert sees(own)


def test_second(own):
    assert sees(own)
""",
    """\
class TestClass:
    def setup_class(cls):
        cls.seen = effect()

    def test_seen(self):
        assert sees(self.seen)
""",
    """\
import unittest

SEEN = []


def setUpModule():
    SEEN.append(effect())


class TestOld(unittest.TestCase):
    def test_seen(self):
        self.assertTrue(sees(SEEN[0]))
""",
    """\
def pytest_generate_tests(metafunc):
    metafunc.parametrize('n', [str(n) for n in range(effect() % 4 + 1)])


def test_each(n):
    assert n != '9'
""",
    """\
import pytest


@pytest.fixture(autouse=True)
def at_the_end():
    yield
    assert sees(effect())


def test_before():
    pass
""",
    """\
import threading


def test_thread():
    seen = []
    thread = threading.Thread(target=lambda: seen.append(effect()))
    thread.start()
    thread.join()
    assert sees(seen[0])
""",
    """\
import multiprocessing


def put(queue):
    queue.put(effect())


def test_fork():
    context = multiprocessing.get_context('fork')
    queue = context.SimpleQueue()
    process = context.Process(target=put, args=(queue,))
    process.start()
    process.join()
    assert sees(process.exitcode == 0 and queue.get())
""",
    """\
from pathlib import Path


def test_pool(pool):
    there = Path('data/a.txt' if effect() % 2 else 'data/b.txt')
    assert sees(pool.submit(there.is_file).result() + effect())
""",
    """\
import pkgutil


def test_loader():
    assert sees(int(pkgutil.get_data(__name__, 'numbers.json')))
""",
    "def test_session(of_session):\n    assert sees(of_session)\n",
    "def test_package(of_package):\n    assert sees(of_package)\n",
    "def test_module(of_module):\n    assert sees(of_module)\n",
    """\
class TestFixtures:
    def test_class(self, of_class, of_function):
        assert sees(of_class + of_function)

    def test_asked(self, request):
        assert sees(request.getfixturevalue('of_session'))
""",
    """\
import os
import subprocess
import sys


def test_patched(monkeypatch):
    monkeypatch.setenv('SHOP_A', '2')
    code = 'import os; print(int(os.environ["SHOP_A"]) + int(os.environ.get("SHOP_B", 1)))'
    seen = int(os.environ['SHOP_A']) + int(os.environ.get('SHOP_B', 1))
    assert sees(int(subprocess.check_output([sys.executable, '-c', code])) == seen and seen)
""",
    """\
def test_elsewhere(monkeypatch):
    monkeypatch.chdir('data')
    assert sees(int(open('a.txt').read()))
""",
    """\
import os

import pytest

pytestmark = pytest.mark.gocache(inputs=['data/*.txt'], max_age='2h')


def test_declared():
    place = os.open('data', os.O_RDONLY)
    fd = os.open('b.txt', os.O_RDONLY, dir_fd=place)
    text = os.read(fd, 9)
    os.close(fd)
    os.close(place)
    assert sees(int(text))
""",
    """\
import os
from pathlib import Path


def test_output():
    os.makedirs('scratch', exist_ok=True)
    mine = Path('scratch', Path(__file__).stem)
    mine.write_text(str(effect()))
    assert sees(int(mine.read_text()))
""",
    """\
import pytest

pytestmark = pytest.mark.gocache(False, reason='as it is')


def test_never_kept():
    assert sees(effect())
""",
    """\
def test_option(pytestconfig):
    assert sees(len(pytestconfig.getoption('-k')) + pytestconfig.option.verbose + 2)


def test_named(pytestconfig):
    assert sees(len(pytestconfig.args) + ('tests/unit' in pytestconfig.args))
""",
    """\
def test_of_fixture(chosen):
    assert sees(chosen)
""",
    """\
import pytest
from shop import {mod}


@pytest.fixture(params=range({mod}.seen() % 2 + 1))
def each(request):
    return request.param + {mod}.seen()


def test_product(each):
    assert sees(each + effect())
""",
)

# What conftests add. ``effect_<n>`` is the n-th of their effects.
FIXTURES = """\


@pytest.fixture(scope='session')
def chosen(pytestconfig):
    return len(pytestconfig.getoption('keyword')) + 1


def pytest_collection_modifyitems(config, items):
    for item in items:
        if 'option' in item.name and 'test' in config.option.keyword:
            item.add_marker(pytest.mark.skip(reason='not asked for'))


@pytest.fixture(scope='session')
def pool():
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(1, mp_context=get_context('fork')) as executor:
        yield executor


@pytest.fixture(scope='session')
def of_session():
    return effect_0()


@pytest.fixture(scope='package')
def of_package():
    return effect_1()


@pytest.fixture(scope='module')
def of_module(of_session):
    return effect_2() + of_session


@pytest.fixture(scope='class')
def of_class(of_package):
    yield effect_3() + of_package


@pytest.fixture
def of_function(of_module):
    return effect_4()
"""
UNIT_FIXTURES = """\


@pytest.fixture(scope='session')
def pool():
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(1, mp_context=get_context('fork')) as executor:
        yield executor

SEEN = effect_0()


@pytest.fixture(scope='session')
def of_session(of_session):
    return SEEN + of_session


@pytest.fixture(scope='module')
def of_module():
    return effect_1()
"""

# What stands beside the code. ``link:`` names a link, ``env:`` a variable: see ``projects.Project``.
DATA = {
    "data/a.txt": "1\n",
    "data/b.txt": "2\n",
    "data/sub/c.txt": "3\n",
    "data/near.py": "KNOB = 1\n",
    "data/tool": "KNOB = 1\n",
    "data/tool.sh": "cd data\ncat a.txt || cat b.txt\n",
    "data/value.pickle": "cshop.base\nvalue\n.",
    "data/script.py": """\
import colorsys
import os

import near

KNOB = 1
print((KNOB + near.KNOB + int(os.environ.get('SHOP_A', 0)) + len(colorsys.__doc__ or '')) % 9)
""",
    "link:data/current": "a.txt",
    "link:data/folder": "sub",
    "env:SHOP_A": "1",
}

# Files that may appear, and vanish again.
MAY_APPEAR = {
    "data/maybe.txt": "1\n",
    "data/maybe.txt/inside.txt": "2\n",
    "data/sub/d.txt": "{number}\n",
    "data/folder/f.txt": "{number}\n",
    "data/sub/deep/e.txt": "{number}\n",
    "data/colorsys.py": '"""Short."""\n',
    "colorsys.py": '"""Short."""\n\n\ndef rgb_to_hsv(*rgb):\n    return (0, 0, 0)\n',
    "data/sitecustomize.py": "import os\n\nos.environ['SHOP_A'] = '{number}'\n",
    "data/near/__init__.py": "KNOB = {number}\n",
    "data/near.txt": "{number}\n",
    "data/value.pickle": "cspace.part\nvalue\n.",
}
TARGETS = ("a.txt", "b.txt", "sub/c.txt", "sub", "nothing", "../tests/numbers.json")
MODES = ("600", "755", "444", "644")


def function(name: str, effect: int, src: str) -> str:
    """An effect as a function."""
    lines = EFFECTS[effect % len(EFFECTS)].replace("{src}", src).split("\n")
    return "\n".join([f"def {name}():", *("    " + line for line in lines)]) + "\n"
