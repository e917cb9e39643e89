"""Whom to believe, and who we are, where a server speaks TLS.

``PYTEST_GOCACHE_REMOTE_CA`` names a file with the certificate of one's own authority, ``PYTEST_GOCACHE_REMOTE_CERT``
one with a certificate to show (PEM), ``PYTEST_GOCACHE_REMOTE_KEY`` one with its key, if that is not in the same file.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping

AUTHORITY = "PYTEST_GOCACHE_REMOTE_CA"
CERTIFICATE = "PYTEST_GOCACHE_REMOTE_CERT"
CERTIFICATE_KEY = "PYTEST_GOCACHE_REMOTE_KEY"


def context(environ: Mapping[str, str] = os.environ) -> ssl.SSLContext:
    """What ``https`` needs. ValueError, naming the variable, for a file that is not what it should be."""
    made = ssl.create_default_context()
    authority, certificate, key = (environ.get(name) for name in (AUTHORITY, CERTIFICATE, CERTIFICATE_KEY))
    if authority:
        try:
            made.load_verify_locations(authority)
        except OSError as error:
            raise ValueError(_wrong(AUTHORITY, error)) from None
    if key and not certificate:
        raise ValueError(f"{CERTIFICATE_KEY} is set, and {CERTIFICATE} is not")
    if certificate:
        try:
            made.load_cert_chain(certificate, key or None, _no_password)
        except OSError as error:
            raise ValueError(_wrong(f"{CERTIFICATE} or {CERTIFICATE_KEY}" if key else CERTIFICATE, error)) from None
    return made


def _no_password() -> str:
    """Without it OpenSSL would ask on the terminal."""
    raise ValueError(f"the key of {CERTIFICATE} is locked with a password: give one that is not")


def _wrong(name: str, error: OSError) -> str:
    why = "there is no such file" if isinstance(error, FileNotFoundError) else error.strerror or str(error)
    return f"{name} names no file with what it needs ({why})"
