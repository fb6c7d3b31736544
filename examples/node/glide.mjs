// Pushes an order and waits for its result: node glide.mjs ID SKU QUANTITY
import { setTimeout as sleep } from 'node:timers/promises';
import { GlideClient } from '@valkey/valkey-glide';

const { VALKEY_HOST = '127.0.0.1', VALKEY_PORT = '6379', VALKEY_USER, VALKEY_PASSWORD } = process.env;
const [id, sku, quantity] = process.argv.slice(2);
if (quantity === undefined) {
  console.error('usage: node glide.mjs ID SKU QUANTITY');
  process.exit(64);
}
const tries = 3;
const timeout = 5; // seconds

// GLIDE connects over TCP only. It rejects requests while 1,000 are in flight (inflightRequestsLimit), and a blocked
// BLPOP delays all others of its client: push with one client, wait with others.
let client;
const connect = () =>
  GlideClient.createClient({
    addresses: [{ host: VALKEY_HOST, port: Number(VALKEY_PORT) }],
    credentials: VALKEY_PASSWORD ? { username: VALKEY_USER, password: VALKEY_PASSWORD } : undefined,
    requestTimeout: 2_000, // ms, not 250; GLIDE adds it to BLPOP's own timeout
  });

async function ask() {
  client ??= await connect();
  // The quantity of a form is a string, and "1" is malformed: it has to be a JSON integer.
  const order = JSON.stringify({ id, sku, quantity: Number(quantity), reply_to: id });
  const request = await client.xadd('orders', [['order', order]]);
  for (;;) {
    const reply = await client.blpop([`orders:reply:${id}`], timeout);
    if (reply === null) throw new Error(`no result within ${timeout} s`);
    const result = JSON.parse(reply[1]);
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
client?.close();

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
