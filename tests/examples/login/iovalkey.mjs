// Logs in and sends one command: node iovalkey.mjs WORD...
import { Redis } from 'iovalkey';

const { VALKEY_PORT, VALKEY_USER: username, VALKEY_PASSWORD: password } = process.env;
const client = new Redis({ host: '127.0.0.1', port: Number(VALKEY_PORT), username, password, maxRetriesPerRequest: 0 });
client.on('error', console.error);
console.log(JSON.stringify(await client.call(...process.argv.slice(2))));
client.disconnect();
