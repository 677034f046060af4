// What Node itself takes.
const rssMb = process.memoryUsage.rss() / 1e6;
console.log(JSON.stringify({ rssMb }));
