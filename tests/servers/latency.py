"""A server that answers each chat completion after a fixed time and does nothing else: ``python latency.py SECONDS``.

It prints its port and runs until killed. No framework and no parsing of bodies, so that it is not the one measured.
"""

import asyncio
import json
import sys
from contextlib import suppress

BODY = json.dumps(
    {
        "choices": [{"message": {"content": "A man walks along the sea. " * 8}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1200, "completion_tokens": 64},
    }
).encode()
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(BODY), BODY)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or b"0")
            await reader.readexactly(length)
            await asyncio.sleep(float(sys.argv[1]))
            writer.write(ANSWER)
    writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 22, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
