// Logs in and sends one command: node glide.mjs WORD...
import { GlideClient } from '@valkey/valkey-glide';

const { VALKEY_PORT, VALKEY_USER: username, VALKEY_PASSWORD: password } = process.env;
const client = await GlideClient.createClient({
  addresses: [{ host: '127.0.0.1', port: Number(VALKEY_PORT) }],
  credentials: { username, password },
  clientName: 'login', // sent at login, too
});
console.log(JSON.stringify(await client.customCommand(process.argv.slice(2))));
client.close();
