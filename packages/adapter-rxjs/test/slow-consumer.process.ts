/** A slow consumer in a process of its own, for its memory: `node … slow-consumer.process.ts <changes>`. */
import { slowConsumer } from './slow-consumer.ts';

const figures = await slowConsumer(Number(process.argv[2]));
const peakRssMb = Math.round(process.resourceUsage().maxRSS / 1024);
process.stdout.write(JSON.stringify({ ...figures, peakRssMb }));
