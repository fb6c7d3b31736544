// Adds the jobs for bullmq.mjs: one line, one SKU. node bullmq_fill.mjs PORT COUNT
import { Queue } from 'bullmq';
import { settings } from './work.mjs';

const { port, concurrency: count } = settings();
const queue = new Queue('orders', { connection: { host: '127.0.0.1', port } });
for (let first = 1; first <= count; first += 1000) {
  const jobs = [];
  for (let i = first; i < first + 1000 && i <= count; i++) {
    jobs.push({ name: 'order', data: { order: `{"id":"o-${i}","sku":"sku-0","quantity":1}` } });
  }
  await queue.addBulk(jobs);
}
await queue.close();
