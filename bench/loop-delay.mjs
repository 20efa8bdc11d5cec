// Loaded into the program with --import: answers the message "loop-delay" with the event-loop delay since the last such message.
import { monitorEventLoopDelay } from 'node:perf_hooks';

const NANOSECONDS = 1e6;
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();

process.on('message', (message) => {
  if (message !== 'loop-delay') return;
  process.send({ p99: delay.percentile(99) / NANOSECONDS, max: delay.max / NANOSECONDS, samples: delay.count });
  delay.reset();
});
process.channel?.unref(); // listening must not keep the program from ending
