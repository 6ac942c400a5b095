// graphile-worker: local queue, batched completion and jobs at once by the sweep. Keys are its named queues.
import { makeWorkerUtils, run as runWorker } from "graphile-worker";
import pg from "pg";
import { run } from "./common.mjs";

class GraphilePeer {
  constructor(url, options) { Object.assign(this, { url, options }); }
  async install() {
    const utils = await makeWorkerUtils({ connectionString: this.url });
    await utils.migrate();
    await utils.release();
  }
  async open() {
    this.pool = new pg.Pool({ connectionString: this.url, max: 16 });
    this.utils = await makeWorkerUtils({ pgPool: this.pool });
  }
  async close() { await this.utils.release(); await this.pool.end(); }
  spec(item) { return item.key === null ? {} : { queueName: item.key }; }
  async one(item) { await this.utils.addJob("noop", item.payload, this.spec(item)); }
  async many(items) {
    await this.utils.addJobs(items.map((item) => ({ identifier: "noop", payload: item.payload, ...this.spec(item) })));
  }
  async work(counter, ended) {
    const { local, jobs, refetch } = this.options.settings;
    const localQueue = local ? { localQueue: { size: local } } : {};
    const noop = (payload) => counter.ran(payload.sent, payload.order);
    const names = Array.from({ length: this.options.queues }, (_, n) => (n ? `noop_${n}` : "noop"));
    const runner = await runWorker({
      connectionString: this.url,
      noHandleSignals: true,
      preset: {
        worker: {
          ...localQueue, completeJobBatchDelay: 0, failJobBatchDelay: 0, concurrentJobs: jobs,
          pollInterval: refetch ?? 2000, maxPoolSize: 12,
        },
      },
      taskList: Object.fromEntries(names.map((name) => [name, noop])),
    });
    await ended;
    await runner.stop();
  }
  async left() {
    const found = await this.pool.query("select count(*)::int as n from graphile_worker._private_jobs");
    return found.rows[0].n;
  }
}

await run(GraphilePeer);
