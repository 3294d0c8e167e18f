"""Docstrings of the standard library, told by an interpreter that has loaded nothing else.

Run as a script by `stdlib.py`: libraries patch functions of the standard library once they are imported, so
that a corpus read in their company would depend on the company.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
import types
import warnings
from collections.abc import Iterator

SHORTEST = 30

# Modules that every CPython from 3.11 on has on every platform, without those that open windows or browsers
# when imported. Names that a release adds or drops only change how many judgements find their document.
MODULES = tuple(
    """
    abc argparse array ast asyncio atexit base64 bdb binascii bisect builtins bz2 calendar cmath cmd
    code codecs codeop collections collections.abc colorsys compileall concurrent.futures configparser
    contextlib contextvars copy copyreg cProfile csv ctypes ctypes.util dataclasses datetime dbm
    dbm.dumb decimal difflib dis doctest email email.charset email.encoders email.errors email.generator
    email.header email.headerregistry email.message email.mime.base email.mime.image
    email.mime.multipart email.mime.text email.parser email.policy email.utils encodings ensurepip enum
    errno faulthandler filecmp fileinput fnmatch fractions ftplib functools gc getopt getpass gettext
    glob graphlib gzip hashlib heapq hmac html html.entities html.parser http http.client http.cookiejar
    http.cookies http.server imaplib importlib importlib.abc importlib.machinery importlib.metadata
    importlib.resources importlib.util inspect io ipaddress itertools json json.decoder json.encoder
    keyword linecache locale logging logging.config logging.handlers lzma mailbox marshal math mimetypes
    mmap modulefinder multiprocessing multiprocessing.connection multiprocessing.managers
    multiprocessing.pool multiprocessing.shared_memory multiprocessing.synchronize netrc numbers
    operator optparse os os.path pathlib pdb pickle pickletools pkgutil platform plistlib poplib pprint
    profile pstats py_compile pyclbr pydoc queue quopri random re reprlib rlcompleter runpy sched
    secrets select selectors shelve shlex shutil signal site smtplib socket socketserver sqlite3 ssl
    stat statistics string stringprep struct subprocess symtable sys sysconfig tabnanny tarfile tempfile
    textwrap threading time timeit token tokenize tomllib trace traceback tracemalloc types typing
    unicodedata unittest unittest.async_case unittest.case unittest.loader unittest.mock unittest.runner
    unittest.suite urllib.error urllib.parse urllib.request urllib.response urllib.robotparser uuid venv
    warnings wave weakref webbrowser wsgiref wsgiref.handlers wsgiref.headers wsgiref.simple_server
    wsgiref.types wsgiref.util wsgiref.validate xml.dom xml.dom.minidom xml.dom.pulldom
    xml.etree.ElementTree xml.parsers.expat xml.sax xml.sax.handler xml.sax.saxutils xml.sax.xmlreader
    xmlrpc.client xmlrpc.server zipapp zipfile zipimport zlib zoneinfo
    """.split()  # noqa: SIM905 - two hundred names read best as a paragraph
)


def docstrings() -> Iterator[tuple[str, str, bool]]:
    """Yield id, docstring, and whether the object is listed by the module that defines it."""
    for name in MODULES:
        try:
            module = importlib.import_module(name)
        except ImportError:  # an interpreter built without an optional library, such as lzma
            continue
        yield from _own(name, module, at_home=True)
        for attribute in _public_names(module):
            member = getattr(module, attribute, None)
            if isinstance(member, types.ModuleType) or not callable(member):
                continue
            at_home = getattr(member, "__module__", None) == name
            yield from _own(f"{name}.{attribute}", member, at_home=at_home)
            if inspect.isclass(member):
                yield from _methods(f"{name}.{attribute}", member, at_home=at_home)


def _public_names(module: types.ModuleType) -> list[str]:
    stated = getattr(module, "__all__", None)
    if stated is not None:
        return sorted(stated)
    return sorted(
        name
        for name, member in vars(module).items()
        if not name.startswith("_") and getattr(member, "__module__", None) in (module.__name__, None)
    )


def _methods(prefix: str, kind: type, *, at_home: bool) -> Iterator[tuple[str, str, bool]]:
    for name, member in sorted(vars(kind).items()):
        if name.startswith("_"):
            continue
        inner = member.__func__ if isinstance(member, staticmethod | classmethod) else member
        if callable(inner) or isinstance(inner, property):
            yield from _own(f"{prefix}.{name}", inner, at_home=at_home)


def _own(identity: str, thing: object, *, at_home: bool) -> Iterator[tuple[str, str, bool]]:
    """Yield the id and the docstring that `thing` itself carries, not one inherited from its type."""
    text = thing.__doc__
    if not isinstance(text, str) or (text == type(thing).__doc__ and not inspect.isclass(thing)):
        return
    text = inspect.cleandoc(text)
    if len(text) >= SHORTEST:
        yield identity, text, at_home


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    json.dump(list(docstrings()), sys.stdout)
