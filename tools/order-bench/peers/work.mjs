// Shared by the peers: the decision, the steps of an order, and how a program starts and stops.

// The bare decision: checks all lines, then takes all. No record, no result, no acknowledgement.
export const decision = `
for i = 1, #KEYS do
  if tonumber(redis.call('GET', KEYS[i]) or '0') < tonumber(ARGV[i]) then return 0 end
end
for i = 1, #KEYS do redis.call('DECRBY', KEYS[i], ARGV[i]) end
return 1`;

// The request's text as its producer wrote it.
export function parse(text) {
  const order = JSON.parse(text);
  const items = order.items ?? [order];
  return {
    id: order.id,
    keys: items.map((item) => `product:${item.sku}:stock`),
    quantities: items.map((item) => String(item.quantity)),
  };
}

// Port and concurrency from the command line.
export function settings() {
  const [port, concurrency] = process.argv.slice(2).map(Number);
  if (!(port > 0 && concurrency > 0)) {
    console.error('usage: node PEER.mjs PORT CONCURRENCY');
    process.exit(2);
  }
  return { port, concurrency };
}

process.on('SIGTERM', () => process.exit(0));

// Reads entries in pages of `concurrency`, while the previous page is being processed.
//   read(count)      resolves to [{ request, text }], empty after a timeout
//   decide(order)    resolves to 1 or 0
//   finish(entries)  writes the results, then acknowledges: [{ request, id, accepted }]
export async function serve({ concurrency, read, decide, finish }) {
  const work = async (entries) => {
    const settled = await Promise.all(entries.map(async ({ request, text }) => {
      const order = parse(text);
      return { request, id: order.id, accepted: (await decide(order)) === 1 };
    }));
    await finish(settled);
  };
  let page = await read(concurrency);
  for (;;) {
    const next = read(concurrency);
    if (page.length > 0) await work(page);
    page = await next;
  }
}
