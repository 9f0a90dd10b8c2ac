"""Modules that notebooks import but that have no business here: inert, cheap, silent."""

from __future__ import annotations

import importlib.util
import io
import json
import sys
import types
from pathlib import Path
from typing import Any, Self

from grader.worker.data import Resolver
from grader.worker.fetchers import install_fetchers


def install_stubs(resolver: Resolver) -> None:
    """Register all stand-ins in `sys.modules`."""
    _install_colab(resolver)
    _install_requests(resolver)
    install_fetchers(resolver)
    _quieten_grader()
    _quieten_tqdm()
    _quieten_pyplot()


def _module(name: str, **members: Any) -> types.ModuleType:
    module = types.ModuleType(name)
    vars(module).update(members)
    sys.modules[name] = module
    return module


def nothing(*_: Any, **__: Any) -> None:
    """Accept everything, do nothing."""


def _install_colab(resolver: Resolver) -> None:
    """`google.colab`, which sits in the cell with all other imports."""

    def upload(*_: Any, **__: Any) -> dict[str, bytes]:
        if resolver.files:
            resolver.note("`files.upload()` gave the assignment's data")
        return {name: Path(path).read_bytes() for name, path in resolver.files.items()}

    if "google" not in sys.modules and importlib.util.find_spec("google") is None:
        _module("google", __path__=[])
    parts: dict[str, dict[str, Any]] = {
        "drive": {"mount": nothing, "flush_and_unmount": nothing},
        "files": {"upload": upload, "download": nothing, "view": nothing},
        "output": {"clear": nothing, "eval_js": nothing, "enable_custom_widget_manager": nothing},
        "userdata": {"get": nothing},
        "auth": {"authenticate_user": nothing},
        "patches": {"cv2_imshow": nothing},
    }
    modules = {name: _module(f"google.colab.{name}", **members) for name, members in parts.items()}
    colab = _module("google.colab", __path__=[], **modules)
    google = sys.modules.get("google") or importlib.import_module("google")
    vars(google)["colab"] = colab


def _install_requests(resolver: Resolver) -> None:
    """`requests`, of which only fetching a data file works."""
    exceptions = _module(
        "requests.exceptions",
        RequestException=OSError,
        ConnectionError=OSError,
        HTTPError=OSError,
        Timeout=OSError,
    )

    def fetch(url: str, *_: Any, **__: Any) -> Response:
        found = resolver.find(url)
        if found is None:
            raise OSError(f"there is no network while grading: {url}")
        return Response(url, Path(found).read_bytes())

    def ask(_: str, url: str, *__: Any, **___: Any) -> Response:
        return fetch(url)

    class FetchingSession(_Session):
        get = head = post = staticmethod(fetch)
        request = staticmethod(ask)

    _module("requests.adapters", HTTPAdapter=_Session, Retry=_Session)
    _module("requests.sessions", Session=FetchingSession)
    _module(
        "requests",
        __path__=[],
        get=fetch,
        head=fetch,
        post=fetch,
        request=ask,
        Session=FetchingSession,
        session=FetchingSession,
        Response=Response,
        adapters=sys.modules["requests.adapters"],
        sessions=sys.modules["requests.sessions"],
        exceptions=exceptions,
        RequestException=OSError,
        ConnectionError=OSError,
        HTTPError=OSError,
    )


class _Session:
    """What stays open between requests: headers that nobody reads."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.headers: dict[str, str] = {}
        self.cookies: dict[str, str] = {}
        self.params: dict[str, str] = {}
        self.verify = True

    def mount(self, *_: Any) -> None:
        """There is one way to fetch only."""

    def close(self) -> None:
        """Nothing is open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Response:
    """What `requests.get` returns for a data file."""

    status_code = 200
    ok = True
    reason = "OK"
    encoding = apparent_encoding = "utf-8"

    def __init__(self, url: str, content: bytes) -> None:
        self.url = url
        self.content = content
        self.headers = {"Content-Length": str(len(content)), "content-length": str(len(content))}

    @property
    def raw(self) -> io.BytesIO:
        return io.BytesIO(self.content)

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", errors="replace")

    def json(self) -> Any:
        return json.loads(self.content)

    def raise_for_status(self) -> None:
        """Nothing went wrong."""

    def iter_content(self, chunk_size: int | None = None, **_: Any) -> Any:
        size = chunk_size or len(self.content) or 1
        return (self.content[i : i + size] for i in range(0, len(self.content), size))

    def iter_lines(self, *_: Any, **options: Any) -> Any:
        decoded = options.get("decode_unicode", False)
        return iter((self.text if decoded else self.content).splitlines())

    def close(self) -> None:
        """Nothing is open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _quieten_grader() -> None:
    """The package's own helpers for notebooks: whoever calls them is being graded already, and
    the rest of the package is out of reach.
    """
    vars(sys.modules["grader"]).update(cmp=nothing, check=nothing, load_ipython_extension=nothing)


def _quieten_tqdm() -> None:
    """Widgets need a front end: the notebook's bar is the plain one, which is disabled."""
    if "tqdm" not in sys.modules:
        return
    from tqdm import std  # type: ignore[import-untyped]

    _module("tqdm.notebook", tqdm=std.tqdm, trange=std.trange, tqdm_notebook=std.tqdm)


def _quieten_pyplot() -> None:
    """Showing a figure draws nothing, and closes it as notebooks do."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:

        def show(*_: Any, **__: Any) -> None:
            pyplot.close("all")

        vars(pyplot)["show"] = show
