"""The MCP server: a store's collections as tools of any client of the Model Context Protocol.

Imports the SDK, what comes with it, and the core.
"""

try:
    import mcp as _mcp
    import starlette as _starlette
    import uvicorn as _uvicorn
except ImportError as error:
    from clip_embeddings.errors import MissingExtraError

    raise MissingExtraError('the MCP server needs mcp: pip install "clip-embeddings[mcp]"') from error
del _mcp, _starlette, _uvicorn
