// BullMQ: the requests are jobs, the result is the job's return value, kept in the set of completed jobs.
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { decision, parse, settings } from './work.mjs';

const { port, concurrency } = settings();
const client = new Redis({ host: '127.0.0.1', port, enableAutoPipelining: true });
client.defineCommand('decide', { lua: decision });

const worker = new Worker('orders', async (job) => {
  const order = parse(job.data.order);
  const accepted = await client.decide(order.keys.length, ...order.keys, ...order.quantities);
  return { status: accepted === 1 ? 'accepted' : 'rejected' };
}, { connection: { host: '127.0.0.1', port, maxRetriesPerRequest: null }, concurrency });
worker.on('error', (error) => { console.error(error); process.exit(1); });
worker.on('failed', (job, error) => { console.error(job?.id, error); process.exit(1); });
