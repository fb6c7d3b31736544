// iovalkey with automatic pipelining: calls made in one turn of the event loop are sent together.
import { Redis } from 'iovalkey';
import { decision, serve, settings } from './work.mjs';

const { port, concurrency } = settings();
const reader = new Redis({ host: '127.0.0.1', port });
const worker = new Redis({ host: '127.0.0.1', port, enableAutoPipelining: true });
worker.defineCommand('decide', { lua: decision });

await serve({
  concurrency,
  async read(count) {
    const reply = await reader.xreadgroup('GROUP', 'orderd', 'bench-1', 'COUNT', count, 'BLOCK', 1000,
      'STREAMS', 'orders', '>');
    return (reply?.[0][1] ?? []).map(([request, fields]) => ({ request, text: fields[1] }));
  },
  decide({ keys, quantities }) {
    return worker.decide(keys.length, ...keys, ...quantities);
  },
  async finish(settled) {
    await Promise.all(settled.map(({ request, id, accepted }) =>
      worker.xadd('results', '*', 'order', id, 'request', request, 'status', accepted ? 'accepted' : 'rejected')));
    await worker.xack('orders', 'orderd', ...settled.map(({ request }) => request));
  },
});
