"""Logs in and sends one command: redis-py.py WORD..."""
import os
import sys

import redis

client = redis.Redis(
    port=int(os.environ["VALKEY_PORT"]),
    username=os.environ["VALKEY_USER"],
    password=os.environ["VALKEY_PASSWORD"],
    client_name="login",  # sent at login, too
)
print(client.execute_command(*sys.argv[1:]))
