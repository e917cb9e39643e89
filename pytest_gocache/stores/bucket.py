"""A bucket of Amazon S3 (and what speaks like it), Google Cloud Storage or Azure, through obstore.

    <address>/ac/<64 hex digits>    an entry, as a server that speaks HTTP has it

So what a CI writes with its credentials others may read through ``https://``, where the bucket is to be read that way.
Credentials and places are those that obstore finds in the environment: ``AWS_ACCESS_KEY_ID`` and the like.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta

from pytest_gocache.stores.bazel import unwrapped, wrapped
from pytest_gocache.stores.child import Refusal
from pytest_gocache.stores.seal import MAX_BLOB

SECONDS = timedelta(seconds=2)
ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT", "AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT")
INSTALL = "it needs obstore: pip install 'pytest-gocache[s3]'"
METADATA = ("169.254.169.254", "metadata.google.internal")
"""Whom obstore asks for credentials where the environment has none."""

NOWHERE = ("NoSuchBucket", "ContainerNotFound")


class Bucket:
    """``Backend`` for ``s3://bucket/path``, ``gs://bucket/path``, ``az://container/path``."""

    THREADS = 32
    BATCH = 1

    def __init__(self, address: str) -> None:
        try:
            import obstore
            from obstore.store import from_url
        except ImportError:
            raise Refusal(INSTALL) from None
        self._obstore = obstore
        try:
            self._store = from_url(
                address,
                client_options={"timeout": SECONDS, "connect_timeout": SECONDS, "allow_http": _is_plain(os.environ)},
                retry_config={"max_retries": 0, "retry_timeout": SECONDS},
            )
        except Exception as error:
            raise Refusal(told(error)) from None

    def get_many(self, names: Sequence[str]) -> Sequence[bytes | None]:
        """What lies under each of the names."""
        return [self._get(name) for name in names]

    def put_many(self, items: Sequence[tuple[str, bytes]]) -> None:
        """Keeps them all."""
        for name, blob in items:
            try:
                self._obstore.put(self._store, f"ac/{name}", wrapped(blob), use_multipart=False)
            except Exception as error:
                raise Refusal(told(error)) from None

    def _get(self, name: str) -> bytes | None:
        try:
            found = self._obstore.get(self._store, f"ac/{name}")
            if found.meta["size"] > MAX_BLOB:
                return None
            return unwrapped(bytes(found.bytes()))
        except Exception as error:
            if _is_absent(error):
                return None
            raise Refusal(told(error)) from None


def _is_absent(error: Exception) -> bool:
    """Whether the bucket is there, and the entry is not."""
    missing = isinstance(error, FileNotFoundError) or type(error).__name__ == "NotFoundError"
    return missing and not any(word in str(error) for word in NOWHERE)


def told(error: Exception) -> str:
    """What went wrong, of several lines that may hold an answer of the server with the name of a key in it."""
    text = str(error)
    if any(place in text for place in METADATA):
        return "there are no credentials in the environment"
    if any(word in text for word in NOWHERE):
        return "there is no such bucket"
    if status := re.search(r"status (?:code: )?(\d{3}(?: [A-Z][A-Za-z ]+)?)", text):
        return f"it answered {status[1].strip()}"
    if system := re.search(r'message: "([^"\n]{1,80})"', text):
        return system[1]
    if "TimedOut" in text or "timed out" in text:
        return f"no answer within {SECONDS.seconds} seconds"
    return " ".join([f"{type(error).__name__}:", text.partition("\n")[0].rpartition(" - ")[2][:200]])


def _is_plain(environ: Mapping[str, str]) -> bool:
    """Whether whoever named the server said that it speaks without TLS."""
    emulated = environ.get("AZURE_STORAGE_USE_EMULATOR", "").lower() in ("true", "1")
    return emulated or any(environ.get(name, "").startswith("http://") for name in ENDPOINTS)
