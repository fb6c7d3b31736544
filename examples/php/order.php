#!/usr/bin/env php
<?php
// Pushes an order and waits for its result: php order.php ID SKU QUANTITY
declare(strict_types=1);

if ($argc !== 4) {
    fwrite(STDERR, "usage: php order.php ID SKU QUANTITY\n");
    exit(64);
}
[, $id, $sku, $quantity] = $argv;
const TRIES = 3;
const TIMEOUT = 5; // seconds

function variable(string $name): ?string
{
    return getenv($name) === false ? null : getenv($name);
}

function connect(): Redis
{
    $client = new Redis();
    $socket = variable('VALKEY_SOCKET');
    if ($socket !== null) {
        $client->connect($socket, 0, 2.0);
    } else {
        $client->connect(variable('VALKEY_HOST') ?? '127.0.0.1', (int) (variable('VALKEY_PORT') ?? 6379), 2.0);
    }
    // Must exceed BLPOP's timeout, or waiting looks like a lost connection.
    $client->setOption(Redis::OPT_READ_TIMEOUT, TIMEOUT + 5);
    if (variable('VALKEY_PASSWORD') !== null) {
        $client->auth([variable('VALKEY_USER') ?? 'default', variable('VALKEY_PASSWORD')]);
    }
    return $client;
}

function ask(string $id, string $sku, string $quantity): array
{
    $client = connect();
    // The quantity of a form is a string, and "1" is malformed. (int) makes 2 of "2.5"; this makes false of it.
    $integer = filter_var($quantity, FILTER_VALIDATE_INT);
    $order = ['id' => $id, 'sku' => $sku, 'quantity' => $integer, 'reply_to' => $id];
    $request = $client->xAdd('orders', '*', ['order' => json_encode($order, JSON_THROW_ON_ERROR)]);
    if ($request === false) {
        throw new RedisException((string) $client->getLastError()); // an error reply does not throw by itself
    }
    for (;;) {
        $reply = $client->blPop(["orders:reply:$id"], TIMEOUT);
        if (!$reply) {
            throw new RedisException($client->getLastError() ?? 'no result within ' . TIMEOUT . ' s');
        }
        $result = json_decode($reply[1], true, 512, JSON_THROW_ON_ERROR);
        if ($result['request'] === $request) {
            return $result; // else: a late result of an earlier try
        }
    }
}

// After a timeout or a lost connection the outcome is unknown. With the same ID a retry cannot order twice.
$result = null;
for ($n = 1; $n <= TRIES && $result === null; $n++) {
    try {
        $result = ask($id, $sku, $quantity);
    } catch (RedisException $error) {
        fwrite(STDERR, "try $n of " . TRIES . ": {$error->getMessage()}\n");
        usleep(200_000);
    }
}

if ($result === null) {
    echo "$id: unknown; retry with the same ID\n";
    exit(2);
}
// A duplicate carries the original decision: the one that counts.
$duplicate = $result['status'] === 'duplicate';
$decision = $duplicate ? $result['outcome'] : $result['status'];
$words = [$decision . ($duplicate ? ' (duplicate)' : ''), $result['reason'] ?? '', $result['detail'] ?? ''];
echo "$id: ", implode(': ', array_filter($words)), "\n";
exit($decision === 'accepted' ? 0 : 1);
