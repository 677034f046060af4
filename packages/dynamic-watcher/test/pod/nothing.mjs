// What Node itself takes.
const startedMs = performance.now();
const rssMb = process.memoryUsage.rss() / 1e6;
console.log(JSON.stringify({ startedMs, firstEventMs: startedMs, rssMb }));
