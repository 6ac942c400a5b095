// pg-boss: its own workers, or a hand-written loop of fetch and complete, by the sweep. Keys: policy key_strict_fifo.
// Tenants: its groups, with a limit a group.
import { PgBoss } from "pg-boss";
import pg from "pg";
import { run } from "./common.mjs";

const QUEUE = "noop";

class BossPeer {
  constructor(url, options) { Object.assign(this, { url, options }); }
  boss(more) {
    const made = new PgBoss({ connectionString: this.url, schedule: false, max: 16, ...more });
    made.on("error", (error) => console.error(error));
    return made;
  }
  async install() {
    const boss = this.boss({ supervise: false });
    await boss.start();
    const policy = this.options.shape === "keyed" ? { policy: "key_strict_fifo" } : {};
    const { style, partition = false } = this.options.settings;
    for (let n = 0; n < this.options.queues; n++) {
      await boss.createQueue(n ? `${QUEUE}-${n}` : QUEUE, { notify: style === "work", partition, ...policy });
    }
    await boss.stop({ graceful: false });
  }
  async open() {
    this.client = this.boss({ supervise: false, migrate: false, useListenNotify: false });
    await this.client.start();
  }
  async close() { await this.client.stop({ graceful: false }); }
  spec(item) {
    return { ...(item.key === null ? {} : { singletonKey: item.key }), ...(item.tenant === null ? {} : { group: { id: item.tenant } }) };
  }
  async one(item) { await this.client.send(QUEUE, item.payload, this.spec(item)); }
  async many(items) { await this.client.insert(QUEUE, items.map((item) => ({ data: item.payload, ...this.spec(item) }))); }
  async work(counter, ended) {
    const { style, batch, workers = 1, group } = this.options.settings;
    const limit = group ? { groupConcurrency: group } : {};
    const boss = this.boss({ migrate: false, useListenNotify: true });
    await boss.start();
    if (style === "work") {
      for (let n = 0; n < this.options.queues; n++) {
        const options = { batchSize: batch, localConcurrency: workers, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5, ...limit };
        await boss.work(n ? `${QUEUE}-${n}` : QUEUE, options, async (jobs) => { for (const job of jobs) counter.ran(job.data.sent, job.data.order); });
      }
      await ended;
      await boss.stop({ graceful: true, timeout: 10_000 });
      return;
    }
    let stopped = false;
    void ended.then(() => (stopped = true));
    const loop = async () => {
      while (!stopped) {
        const jobs = await boss.fetch(QUEUE, { batchSize: batch, ...limit });
        if (!jobs.length) { await new Promise((resolve) => setTimeout(resolve, 2)); continue; }
        for (const job of jobs) counter.ran(job.data.sent, job.data.order);
        await boss.complete(QUEUE, jobs.map((job) => job.id));
      }
    };
    await Promise.all(Array.from({ length: workers }, loop));
    await boss.stop({ graceful: true, timeout: 10_000 });
  }
  async left() {
    const client = new pg.Client(this.url);
    await client.connect();
    const found = await client.query("select count(*)::int as n from pgboss.job where name like 'noop%' and state in ('created', 'retry', 'active')");
    await client.end();
    return found.rows[0].n;
  }
}

await run(BossPeer);
