#!/usr/bin/python3
"""What somebody would write with aiohttp: as many requests at once as are asked for, nothing recorded.

    aiohttp_client.py CA_FILE IN_FLIGHT < requests          lines as for bare_client.c
"""
import asyncio
import socket
import ssl
import sys

import aiohttp
from aiohttp.abc import AbstractResolver


class Loopback(AbstractResolver):
    """Names that end in .localhost mean this machine, as libcurl knows and the C library does not."""

    async def resolve(self, host, port=0, family=socket.AF_INET):
        return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": family, "proto": 0, "flags": socket.AI_NUMERICHOST}]

    async def close(self):
        pass


async def post_all(session, requests):
    """One of those that go on at once: takes the next that nobody has taken."""
    for url, body in requests:
        async with session.post(url, data=body.encode()) as answer:
            await answer.read()
            answer.raise_for_status()


async def main():
    context = ssl.create_default_context(cafile=sys.argv[1])
    in_flight = int(sys.argv[2])
    requests = iter([line.rstrip("\n").split("\t", 1) for line in sys.stdin])
    connector = aiohttp.TCPConnector(limit=in_flight, ssl=context, resolver=Loopback())
    async with aiohttp.ClientSession(connector=connector) as session:
        await asyncio.gather(*(post_all(session, requests) for _ in range(in_flight)))


if __name__ == "__main__":
    asyncio.run(main())
