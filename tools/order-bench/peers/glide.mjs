// Valkey GLIDE: one client blocks in reads, one works. Decisions are single calls, which GLIDE pipelines; results and
// acknowledgements of a page go in one non-atomic batch.
import { Batch, GlideClient, Script } from '@valkey/valkey-glide';
import { decision, serve, settings } from './work.mjs';

const { port, concurrency } = settings();
const options = {
  addresses: [{ host: '127.0.0.1', port }],
  inflightRequestsLimit: 2 * concurrency + 16,
  requestTimeout: 10_000,
};
const reader = await GlideClient.createClient(options);
const worker = await GlideClient.createClient(options);
const script = new Script(decision);

await serve({
  concurrency,
  async read(count) {
    const reply = await reader.xreadgroup('orderd', 'bench-1', { orders: '>' }, { count, block: 1000 });
    const entries = reply?.find(({ key }) => key === 'orders')?.value ?? {};
    return Object.entries(entries).map(([request, fields]) => ({ request, text: fields[0][1] }));
  },
  decide({ keys, quantities }) {
    return worker.invokeScript(script, { keys, args: quantities });
  },
  async finish(settled) {
    const batch = new Batch(false);
    for (const { request, id, accepted } of settled) {
      batch.xadd('results', [['order', id], ['request', request], ['status', accepted ? 'accepted' : 'rejected']]);
    }
    batch.xack('orders', 'orderd', settled.map(({ request }) => request));
    await worker.exec(batch, true);
  },
});
