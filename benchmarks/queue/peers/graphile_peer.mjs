// graphile-worker 0.17: local queue 500, batched completion, 24 jobs at once: its own recommended fast settings.
import { makeWorkerUtils, run } from "graphile-worker";

const [url, verb, countText] = process.argv.slice(2);
const count = Number(countText);
const payload = { order: "0197f2c0-0000-7000-8000-000000000000", note: "x".repeat(130) };
const seconds = () => Number(process.hrtime.bigint()) / 1e9;
const quiet = { logger: undefined };

const utils = await makeWorkerUtils({ connectionString: url, ...quiet });
await utils.migrate();
let result;
const began = seconds();
if (verb === "bulk") {
  for (let start = 0; start < count; start += 1000) {
    const n = Math.min(1000, count - start);
    await utils.addJobs(Array.from({ length: n }, () => ({ identifier: "noop", payload })));
  }
  result = { per_s: count / (seconds() - began) };
} else if (verb === "one") {
  for (let i = 0; i < count; i++) await utils.addJob("noop", payload);
  result = { per_s: count / (seconds() - began) };
} else {
  let done = 0, first = 0, last = 0, finish;
  const finished = new Promise((resolve) => (finish = resolve));
  const runner = await run({
    connectionString: url,
    noHandleSignals: true,
    preset: {
      worker: { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0, concurrentJobs: 24, pollInterval: 2000, maxPoolSize: 12 },
    },
    taskList: {
      noop: () => {
        last = seconds();
        if (!first) first = last;
        if (++done === count) finish();
      },
    },
  });
  await finished;
  await runner.stop();
  const left = await utils.withPgClient((c) => c.query("select count(*)::int as n from graphile_worker._private_jobs"));
  result = { per_s: (done - 1) / (last - first), done, left: left.rows[0].n };
}
await utils.release();
console.log(JSON.stringify(result));
