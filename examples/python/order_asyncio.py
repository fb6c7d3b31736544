#!/usr/bin/env python3
"""Pushes an order and waits for its result: order_asyncio.py ID SKU QUANTITY"""
import asyncio
import json
import os
import sys

import redis.asyncio as redis

TRIES = 3
TIMEOUT = 5  # seconds


def integer(text):
    """The quantity of a form is a string, and a quantity of "1" or 1.0 is malformed."""
    try:
        return int(text)
    except ValueError:
        return 0  # malformed, too


async def ask(client, order_id, sku, quantity):
    order = {"id": order_id, "sku": sku, "quantity": integer(quantity), "reply_to": order_id}
    request = await client.xadd("orders", {"order": json.dumps(order)})
    while True:
        # Let BLPOP time out by itself: a reply that arrives while asyncio cancels it is lost.
        reply = await client.blpop("orders:reply:" + order_id, timeout=TIMEOUT)
        if reply is None:
            raise redis.TimeoutError(f"no result within {TIMEOUT} s")
        result = json.loads(reply[1])
        if result["request"] == request:  # else: a late result of an earlier try
            return result


async def main(order_id, sku, quantity):
    client = redis.Redis(
        host=os.environ.get("VALKEY_HOST", "127.0.0.1"),
        port=int(os.environ.get("VALKEY_PORT", "6379")),
        unix_socket_path=os.environ.get("VALKEY_SOCKET"),
        username=os.environ.get("VALKEY_USER"),
        password=os.environ.get("VALKEY_PASSWORD"),
        socket_connect_timeout=2,
        socket_timeout=TIMEOUT + 5,  # must exceed BLPOP's timeout, or waiting looks like a lost connection
        decode_responses=True,
    )
    # After a timeout or a lost connection the outcome is unknown. With the same ID a retry cannot order twice.
    result = None
    for n in range(1, TRIES + 1):
        try:
            result = await ask(client, order_id, sku, quantity)
            break
        except redis.RedisError as error:
            print(f"try {n} of {TRIES}: {error}", file=sys.stderr)
            await asyncio.sleep(0.2)
    await client.close()

    if result is None:
        print(f"{order_id}: unknown; retry with the same ID")
        return 2
    # A duplicate carries the original decision: the one that counts.
    duplicate = result["status"] == "duplicate"
    decision = result["outcome"] if duplicate else result["status"]
    words = [decision + (" (duplicate)" if duplicate else ""), result.get("reason"), result.get("detail")]
    print(f"{order_id}: " + ": ".join(word for word in words if word))
    return 0 if decision == "accepted" else 1


if len(sys.argv) != 4:
    print(__doc__, file=sys.stderr)
    sys.exit(64)
sys.exit(asyncio.run(main(*sys.argv[1:])))
