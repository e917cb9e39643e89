"""``python -m pytest_gocache`` is ``pytest-gocache``."""

from pytest_gocache.shell import main

if __name__ == "__main__":
    raise SystemExit(main())
