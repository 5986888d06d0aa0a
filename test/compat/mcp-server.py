# An MCP server of Python's SDK (pip install mcp) that demands OAuth: python3 mcp-server.py ISSUER. It prints its address.
import json
import socket
import sys
import urllib.error
import urllib.request

import anyio
import uvicorn
from mcp.server import MCPServer
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings

issuer = sys.argv[1]
with urllib.request.urlopen(f"{issuer}/.well-known/oauth-authorization-server") as response:
    metadata = json.load(response)

listener = socket.create_server(("127.0.0.1", 0))
address = f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"


class Verifier:
    """Asks the authorization server whether it knows the token."""

    async def verify_token(self, token):
        return await anyio.to_thread.run_sync(ask, token)


def ask(token):
    request = urllib.request.Request(metadata["userinfo_endpoint"], headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request) as response:
            subject = json.load(response)["sub"]
    except urllib.error.HTTPError:
        return None
    return AccessToken(token=token, client_id="unknown", scopes=[], subject=subject)


server = MCPServer(
    "test",
    token_verifier=Verifier(),
    auth=AuthSettings(issuer_url=issuer, resource_server_url=address, validate_token_resource=False),
    log_level="ERROR",
)


@server.tool()
def greet(name: str) -> str:
    return f"Hello, {name}, from {get_access_token().subject}"


print(address, flush=True)
uvicorn.Server(uvicorn.Config(server.streamable_http_app(), log_level="error")).run(sockets=[listener])
