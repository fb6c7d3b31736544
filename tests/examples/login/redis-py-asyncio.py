"""Logs in and sends one command: redis-py-asyncio.py WORD..."""
import asyncio
import os
import sys

import redis.asyncio as redis


async def main():
    client = redis.Redis(
        port=int(os.environ["VALKEY_PORT"]),
        username=os.environ["VALKEY_USER"],
        password=os.environ["VALKEY_PASSWORD"],
        client_name="login",  # sent at login, too
    )
    print(await client.execute_command(*sys.argv[1:]))
    await client.close()


asyncio.run(main())
