// Logs in and sends one command: node node-redis.mjs WORD...
import { createClient } from 'redis';

const { VALKEY_PORT, VALKEY_USER: username, VALKEY_PASSWORD: password } = process.env;
const socket = { host: '127.0.0.1', port: Number(VALKEY_PORT), reconnectStrategy: false };
const client = createClient({ socket, username, password });
client.on('error', console.error);
await client.connect();
console.log(JSON.stringify(await client.sendCommand(process.argv.slice(2))));
client.destroy();
