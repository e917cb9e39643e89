"""Plugins that bring other kinds of tests, settings, fakes and servers."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from case import PLAIN, Case, Edit

DRAWS = """
    from hypothesis import given, settings, strategies

    {more}@given(strategies.integers())
    def test_draws(number):
        assert number == number
"""
HYPOTHESIS = [
    Case(
        "hypothesis",
        ("hypothesispytest",),
        {"test_a.py": DRAWS.format(more=""), "test_b.py": PLAIN},
        runs={"test_a.py": "random: test_a.py::test_draws"},
    ),
    Case(
        "hypothesis derandomised",
        ("hypothesispytest",),
        {"test_a.py": DRAWS.format(more="@settings(derandomize=True)\n    ")},
        edit=Edit("test_a.py", "True", "False", "test_a.py", "module-changed"),
    ),
    Case(
        "hypothesis with a seed", ("hypothesispytest",), {"test_a.py": DRAWS.format(more="")}, ("--hypothesis-seed=3",)
    ),
    Case(
        "hypothesis allowed",
        ("hypothesispytest",),
        {"test_a.py": DRAWS.format(more=""), "pytest.ini": "[pytest]\ngocache_allow = random\n"},
        edit=Edit("pytest.ini", "= random", "=", "test_a.py", "random"),
    ),
    Case(
        "hypothesis allowed by a mark",
        ("hypothesispytest",),
        {
            "test_a.py": "import pytest\n"
            + 'pytestmark = pytest.mark.gocache(allow=["random"])\n'
            + "from hypothesis import given, strategies\n\n@given(strategies.integers())\ndef test_a(n):\n    pass\n"
        },
    ),
    Case(
        "hypothesis, a profile",
        ("hypothesispytest",),
        {
            "test_a.py": DRAWS.format(more=""),
            "conftest.py": "from hypothesis import settings\n\n"
            'settings.register_profile("fixed", derandomize=True)\nsettings.load_profile("fixed")\n',
        },
        edit=Edit("conftest.py", "True", "False", "test_a.py"),
    ),
    Case(
        "hypothesis, only examples",
        ("hypothesispytest",),
        {
            "test_a.py": DRAWS.format(more="@settings(phases=[Phase.explicit])\n    @example(1)\n    ").replace(
                "import given", "import Phase, example, given"
            )
        },
    ),
    Case(
        "hypothesis, a state machine",
        ("hypothesispytest",),
        {
            "test_a.py": """
                from hypothesis.stateful import RuleBasedStateMachine, rule

                class Machine(RuleBasedStateMachine):
                    @rule()
                    def step(self):
                        pass

                TestMachine = Machine.TestCase
            """
        },
        runs={"test_a.py": "random: test_a.py::TestMachine::runTest"},
    ),
]
SETTINGS = [
    Case(
        "pytest-env",
        ("env",),
        {
            "pytest.ini": "[pytest]\nenv = COLOUR=red\n",
            "test_a.py": 'import os\n\ndef test_a():\n    assert os.environ["COLOUR"]\n',
        },
        edit=Edit("pytest.ini", "red", "blue", "test_a.py", "flags-changed"),
    ),
    Case(
        "pytest-env, a file",
        ("env",),
        {
            "pytest.ini": "[pytest]\nenv_files = my.env\n",
            "my.env": "COLOUR=red\n",
            "test_a.py": 'import os\n\ndef test_a():\n    assert os.environ["COLOUR"]\n',
        },
        edit=Edit("my.env", "red", "blue", "test_a.py"),
    ),
    Case(
        "pytest-dotenv",
        ("dotenv",),
        {
            "pytest.ini": "[pytest]\nenv_files = my.env\n",
            "my.env": "COLOUR=red\n",
            "test_a.py": 'import os\n\ndef test_a():\n    assert os.environ["COLOUR"]\n',
        },
        edit=Edit("my.env", "red", "blue", "test_a.py"),
    ),
]
FAKES = [
    Case(
        "pyfakefs",
        ("fakefs",),
        {
            "real.txt": "one",
            "test_a.py": """
                import os
                import pathlib

                def test_made_up(fs):
                    fs.create_file("/made/up.txt", contents="x")
                    assert pathlib.Path("/made/up.txt").read_text() == "x" and os.listdir("/made") == ["up.txt"]

                def test_real(fs):
                    real = os.path.join(os.path.dirname(__file__), "real.txt")
                    fs.add_real_file(real)
                    assert pathlib.Path(real).read_text()
            """,
            "test_b.py": PLAIN,
        },
        edit=Edit("real.txt", "one", "two", "test_a.py"),
    ),
    Case(
        "freezegun",
        (),
        {
            "test_a.py": """
                import datetime
                from freezegun import freeze_time

                @freeze_time("2001-02-03")
                def test_a():
                    assert datetime.date.today().year == 2001
            """
        },
        needs="freezegun",
    ),
    Case(
        "time-machine",
        ("time_machine",),
        {
            "test_a.py": """
                import datetime

                def test_a(time_machine):
                    time_machine.move_to(datetime.datetime(2001, 2, 3))
                    assert datetime.date.today().year == 2001
            """
        },
    ),
    Case(
        "pytest-mock",
        ("pytest_mock",),
        {
            "data.txt": "one",
            "test_a.py": """
                import os

                def test_a(mocker):
                    mocker.patch("os.getcwd", return_value="/nowhere")
                    assert os.getcwd() == "/nowhere"

                def test_b(mocker):
                    spy = mocker.spy(os, "listdir")
                    os.listdir(os.path.dirname(__file__))
                    assert open(os.path.join(os.path.dirname(__file__), "data.txt")).read() and spy.call_count == 1
            """,
        },
        edit=Edit("data.txt", "one", "two", "test_a.py"),
    ),
    Case(
        "pytest-socket",
        ("socket",),
        {
            "test_a.py": """
                import socket
                import pytest
                from pytest_socket import SocketBlockedError

                def test_a():
                    with pytest.raises(SocketBlockedError):
                        socket.socket()
            """
        },
        ("--disable-socket",),
    ),
]
SERVED = "import urllib.request\n\n" + "def get(url):\n    return urllib.request.urlopen(url).read()\n"
KINDS = [
    Case("pytest-timeout", ("timeout",), {"test_a.py": PLAIN}, ("--timeout=20",)),
    Case(
        "pytest-asyncio",
        ("asyncio",),
        {
            "test_a.py": "import asyncio\nimport pytest_asyncio\n\n"
            "@pytest_asyncio.fixture\nasync def one():\n    yield 1\n\n"
            "async def test_a(one):\n    await asyncio.sleep(0)\n    assert one == 1\n"
        },
        ("-oasyncio_mode=auto",),
        edit=Edit("test_a.py", "one == 1", "one == 2", "test_a.py", "module-changed"),
    ),
    Case(
        "anyio",
        ("anyio",),
        {
            "test_a.py": "import anyio\nimport pytest\n\npytestmark = pytest.mark.anyio\n\n"
            "async def test_a():\n    await anyio.sleep(0)\n",
            "conftest.py": 'import pytest\n\n@pytest.fixture\ndef anyio_backend():\n    return "asyncio"\n',
        },
    ),
    Case(
        "pytest-subtests",
        ("subtests",),
        {
            "test_a.py": "def test_a(subtests):\n    for n in range(2):\n"
            '        with subtests.test("s", n=n):\n            assert n < 2\n'
        },
    ),
    Case(
        "pytest-check",
        ("check",),
        {"test_a.py": "from pytest_check import check\n\ndef test_a():\n    check.equal(1, 1)\n    check.is_true(1)\n"},
        edit=Edit("test_a.py", "check.equal(1, 1)", "check.equal(1, 2)", "test_a.py", "module-changed"),
    ),
    Case(
        "pytest-cases",
        ("cases",),
        {
            "test_a.py": "from pytest_cases import parametrize_with_cases\n\n"
            '@parametrize_with_cases("n")\ndef test_a(n):\n    assert n\n',
            "test_a_cases.py": "def case_one():\n    return 1\n\ndef case_two():\n    return 2\n",
        },
        until=(9,),
        edit=Edit("test_a_cases.py", "return 2", "return 3", "test_a.py"),
    ),
    Case(
        "pytest-httpserver",
        ("pytest_httpserver",),
        {
            "test_a.py": SERVED + "\ndef test_a(httpserver):\n"
            '    httpserver.expect_request("/").respond_with_data("hi")\n'
            '    assert get(httpserver.url_for("/")) == b"hi"\n'
        },
    ),
    Case(
        "pytest-xprocess",
        ("xprocess", "cacheprovider"),
        {
            "server.py": """
                import http.server
                import sys

                server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
                print("listens at", server.server_port, flush=True)
                server.serve_forever()
            """,
            "test_a.py": """
                import os
                import sys
                import pytest
                from xprocess import ProcessStarter

                @pytest.fixture
                def server(xprocess):
                    class Starter(ProcessStarter):
                        pattern = "listens at"
                        args = [sys.executable, os.path.join(os.path.dirname(__file__), "server.py")]

                    yield xprocess.ensure("server", Starter)
                    xprocess.getinfo("server").terminate()

                def test_a(server):
                    assert server
            """,
        },
        edit=Edit("server.py", '"listens at"', '"now listens at"', "test_a.py"),
    ),
]
DJANGO = {
    "pytest.ini": "[pytest]\nDJANGO_SETTINGS_MODULE = site_settings\npythonpath = .\n",
    "site_settings.py": """
        SECRET_KEY = "x"
        INSTALLED_APPS = ["django.contrib.contenttypes", "books"]
        DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "books.sqlite3"}}
        DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
        ROOT_URLCONF = "books.urls"
        TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
        ALLOWED_HOSTS = ["testserver"]
    """,
    "books/__init__.py": "",
    "books/models.py": """
        from django.db import models

        class Book(models.Model):
            title = models.CharField(max_length=20)
    """,
    "books/urls.py": """
        from django.shortcuts import render
        from django.urls import path
        from books.models import Book

        def shelf(request):
            return render(request, "shelf.html", {"books": Book.objects.all()})

        urlpatterns = [path("", shelf)]
    """,
    "books/templates/shelf.html": "{% for book in books %}<p>{{ book.title }}</p>{% endfor %}\n",
    "books/migrations/__init__.py": "",
    "books/migrations/0001_initial.py": """
        from django.db import migrations, models

        class Migration(migrations.Migration):
            initial = True
            operations = [
                migrations.CreateModel(
                    name="Book",
                    fields=[
                        ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False)),
                        ("title", models.CharField(max_length=20)),
                    ],
                )
            ]
    """,
    "tests/test_shelf.py": """
        import pytest
        from books.models import Book

        @pytest.mark.django_db
        def test_shelf(client):
            Book.objects.create(title="one")
            assert b"<p>one</p>" in client.get("/").content
    """,
    "tests/test_titles.py": """
        import pytest

        @pytest.mark.django_db
        def test_titles():
            from books.models import Book

            Book.objects.create(title="one")
            assert Book.objects.count() == 1
    """,
    "tests/test_plain.py": PLAIN,
}
SITES = [
    Case(
        f"pytest-django, {name}",
        ("django",),
        DJANGO,
        edit=Edit(name, old, new, module, reason),
        any_order=True,
    )
    for name, old, new, module, reason in (
        ("books/templates/shelf.html", "<p>", "<li>", "tests/test_shelf.py", "input-changed"),
        ("books/models.py", "max_length=20", "max_length=30", "tests/test_titles.py", "input-changed"),
        ("books/migrations/0001_initial.py", "max_length=20", "max_length=30", "tests/test_titles.py", "input-changed"),
        ("books/urls.py", '"shelf.html"', '"none.html"', "tests/test_shelf.py", "input-changed"),
        ("site_settings.py", '"x"', '"y"', "tests/test_shelf.py", "input-changed"),
    )
]
PG_CTL = shutil.which("pg_ctl") or str(max(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), default=""))
"""Debian has it in no directory of ``PATH``."""


def no_server() -> str:
    """Why no PostgreSQL can be started here."""
    if not PG_CTL:
        return "PostgreSQL is not installed: there is no pg_ctl"
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return "PostgreSQL's pg_ctl refuses to run as root: try it as another user" if as_root else ""


DATABASE = {
    "schema.sql": "CREATE TABLE books (title text);\nINSERT INTO books VALUES ('one');\n",
    "test_a.py": """
        def test_a(postgresql):
            with postgresql.cursor() as cursor:
                cursor.execute("SELECT title FROM books")
                assert len(cursor.fetchall()) == 1
    """,
    "test_b.py": PLAIN,
}
SERVERS = [
    Case(
        "pytest-postgresql",
        ("pytest_postgresql",),
        DATABASE,
        (f"--postgresql-exec={PG_CTL}", "--postgresql-load=schema.sql"),
        runs=dict.fromkeys(("test_a.py", "test_b.py"), "subprocess: pg_ctl"),
        needs="psycopg",
        cannot=no_server(),
    ),
    Case(
        "pytest-postgresql, allowed",
        ("pytest_postgresql",),
        DATABASE | {"pytest.ini": "[pytest]\ngocache_allow = subprocess:pg_ctl\n"},
        (f"--postgresql-exec={PG_CTL}", "--postgresql-load=schema.sql"),
        needs="psycopg",
        cannot=no_server(),
        edit=Edit("schema.sql", "VALUES ('one')", "VALUES ('one'), ('two')", "test_a.py"),
    ),
]
CASES = [*SITES, *HYPOTHESIS, *SETTINGS, *FAKES, *KINDS, *SERVERS]
