// Pushes an order and waits for its result: node node-redis.mjs ID SKU QUANTITY
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'redis';

const { VALKEY_HOST = '127.0.0.1', VALKEY_PORT = '6379', VALKEY_SOCKET, VALKEY_USER, VALKEY_PASSWORD } = process.env;
const [id, sku, quantity] = process.argv.slice(2);
if (quantity === undefined) {
  console.error('usage: node node-redis.mjs ID SKU QUANTITY');
  process.exit(64);
}
const tries = 3;
const timeout = 5; // seconds

// Leave socketTimeout unset, or above BLPOP's timeout. A blocked BLPOP occupies its connection.
const client = createClient({
  socket: {
    ...(VALKEY_SOCKET ? { path: VALKEY_SOCKET } : { host: VALKEY_HOST, port: Number(VALKEY_PORT) }),
    reconnectStrategy: (retries) => (retries < 5 ? 200 : new Error('cannot connect')),
  },
  username: VALKEY_USER,
  password: VALKEY_PASSWORD,
});
client.on('error', (error) => console.error(`connection: ${error.message}`));

async function ask() {
  if (!client.isOpen) await client.connect();
  // The quantity of a form is a string, and "1" is malformed: it has to be a JSON integer.
  const order = JSON.stringify({ id, sku, quantity: Number(quantity), reply_to: id });
  // xAdd takes strings only: in the flat form, { id, sku, quantity }, the quantity would have to be a string.
  const request = await client.xAdd('orders', '*', { order });
  for (;;) {
    const reply = await client.blPop(`orders:reply:${id}`, timeout);
    if (reply === null) throw new Error(`no result within ${timeout} s`);
    const result = JSON.parse(reply.element);
    if (result.request === request) return result; // else: a late result of an earlier try
  }
}

// After a timeout or a lost connection the outcome is unknown. With the same ID a retry cannot order twice.
let result;
for (let n = 1; n <= tries && !result; ++n) {
  try {
    result = await ask();
  } catch (error) {
    console.error(`try ${n} of ${tries}: ${error.message}`);
    await sleep(200);
  }
}
if (client.isOpen) client.destroy();

if (!result) {
  console.log(`${id}: unknown; retry with the same ID`);
  process.exit(2);
}
// A duplicate carries the original decision: the one that counts.
const duplicate = result.status === 'duplicate';
const decision = duplicate ? result.outcome : result.status;
const reason = [decision + (duplicate ? ' (duplicate)' : ''), result.reason, result.detail].filter(Boolean).join(': ');
console.log(`${id}: ${reason}`);
process.exit(decision === 'accepted' ? 0 : 1);
