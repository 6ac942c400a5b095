// BullMQ on Redis: finished jobs removed; jobs at once by the sweep.
import { Queue, Worker } from "bullmq";
import Redis from "ioredis";
import { run } from "./common.mjs";

class BullPeer {
  constructor(url, options) { Object.assign(this, { url, options }); }
  redis() { return new Redis(this.url, { maxRetriesPerRequest: null }); }
  async install() {}
  async open() {
    this.connection = this.redis();
    this.queue = new Queue("bench", { connection: this.connection, defaultJobOptions: { removeOnComplete: true } });
    await this.queue.waitUntilReady();
  }
  async close() { await this.queue.close(); this.connection.disconnect(); }
  async one(item) { await this.queue.add("noop", item.payload); }
  async many(items) { await this.queue.addBulk(items.map((item) => ({ name: "noop", data: item.payload }))); }
  async work(counter, ended) {
    const noop = async (job) => { counter.ran(job.data.sent); };
    const workers = Array.from({ length: this.options.queues }, (_, n) =>
      new Worker(n ? `bench-${n}` : "bench", noop, { connection: this.redis(), concurrency: this.options.settings.concurrency }));
    await ended;
    await Promise.all(workers.map((worker) => worker.close()));
  }
  async left() { return await this.queue.getJobCountByTypes("waiting", "active", "delayed", "prioritized"); }
}

await run(BullPeer);
