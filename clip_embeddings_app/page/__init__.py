"""The page: a store's collections in a browser, to search, to look at and to try labels on.

`desk.py` answers, `routes.py` is its HTTP, static/ is what the browser runs. Imports Starlette, uvicorn and
the core.
"""

try:
    import platformdirs as _platformdirs
    import starlette as _starlette
    import uvicorn as _uvicorn
except ImportError as error:
    from clip_embeddings.errors import MissingExtraError

    raise MissingExtraError(f'the page needs {error.name}: pip install "clip-embeddings[ui]"') from error
del _platformdirs, _starlette, _uvicorn
