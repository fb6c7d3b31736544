<?php
// Logs in and sends one command: php phpredis.php WORD...
$client = new Redis();
$client->connect('127.0.0.1', (int) getenv('VALKEY_PORT'));
$client->auth([getenv('VALKEY_USER'), getenv('VALKEY_PASSWORD')]);
$reply = $client->rawCommand(...array_slice($argv, 1));
echo $client->getLastError() ?? json_encode($reply), "\n";
