// A private valkey-server and an orderd for the browser test.
import { spawn, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const patienceMs = 30_000;

// Polls until `condition` returns something truthy, and returns that.
export async function until(what, condition) {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const answer = await condition();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`timed out waiting for ${what}`);
    await new Promise((go) => setTimeout(go, 20));
  }
}

export class Shop {
  constructor(orderd) {
    this.orderd = orderd;
    this.directory = mkdtempSync(join(tmpdir(), "orderd-browser."));
    this.socket = join(this.directory, "s");
    this.children = [];
  }

  async start() {
    this.server = this.child("valkey-server", ["--port", "0", "--unixsocket", this.socket, "--dir", this.directory, "--save", ""]);
    await until("valkey-server", () => {
      try {
        return this.ask("PING") === "PONG";
      } catch {
        return false;
      }
    });
    await this.startDaemon();
  }

  // The first start picks a free port, later starts reuse it.
  async startDaemon() {
    const environment = {
      ORDERD_VALKEY_URL: `unix://${this.socket}`,
      ORDERD_PROCESSING_NAME: "shop-1",
      ORDERD_PROCESSING_LEASE: "500ms",
      ORDERD_ADMIN_LISTEN: `127.0.0.1:${this.port ?? 0}`,
    };
    this.daemon = this.child(this.orderd, [], environment);
    let log = "";
    this.daemon.stderr.on("data", (bytes) => (log += bytes));
    const place = /http:\/\/127\.0\.0\.1:(\d+)/;
    await until("orderd", () => place.test(log) && log.includes("ready: "));
    this.port = Number(place.exec(log)[1]);
    this.url = `http://127.0.0.1:${this.port}/`;
  }

  child(program, words, environment = {}) {
    const child = spawn(program, words, { env: { ...process.env, ...environment }, stdio: ["ignore", "ignore", "pipe"] });
    child.ended = new Promise((go) => child.on("exit", go));
    this.children.push(child);
    return child;
  }

  ask(...words) {
    return execFileSync("valkey-cli", ["-s", this.socket, ...words], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
  }

  push(id, sku, quantity = 1) {
    return this.ask("XADD", "orders", "*", "id", id, "sku", sku, "quantity", String(quantity));
  }

  // Some hundred orders a second, until stop().
  produce() {
    const skus = ["shoe", "shoe", "shoe", "sock", "sock", "hat", "scarf", "umbrella", "glove", "none"];
    const producer = net.connect(this.socket);
    producer.resume();
    let number = 0;
    let words = [];
    const timer = setInterval(() => {
      const wave = 20 + 15 * Math.sin(number / 4000);
      for (let i = 0; i < wave; ++i) {
        // Each 25th is a retry.
        if (++number % 25 !== 0) {
          const [sku, quantity] = [skus[number % skus.length], number % 97 === 0 ? "x" : "1"];
          words = ["XADD", "orders", "*", "id", `order-${number}`, "customer", "c-7", "sku", sku, "quantity", quantity];
        }
        producer.write(`*${words.length}\r\n` + words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join(""));
      }
    }, 50);
    this.stopProducing = () => {
      clearInterval(timer);
      producer.destroy();
    };
  }

  async stop() {
    this.stopProducing?.();
    for (const child of this.children) child.kill("SIGKILL");
    await Promise.all(this.children.map((child) => child.ended));
    rmSync(this.directory, { recursive: true });
  }
}
