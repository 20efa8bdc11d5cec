// A process of its own: `node bench/load.mjs <port> <path> <connections>` asks again and again over connections that stay open until it is told to
// stop, and then says how many answers it got. Written on bare sockets, so that it takes little of the machine it measures on.
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';

const [, , port, path, connections] = process.argv;
const REQUEST = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;
const LATENCIES_KEPT = 1_000_000;

let counted = { answers: 0, failures: 0, since: performance.now(), latencies: [] };

/** The length of the answer at the start of the text, or -1 while it is not complete. */
function answerLength(text) {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return -1;
  const body = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? Number.NaN);
  if (Number.isNaN(body)) throw new Error('An answer without a length cannot be counted.');
  return text.length >= head + 4 + body ? head + 4 + body : -1;
}

function keepAsking() {
  const socket = connect(Number(port), '127.0.0.1');
  let pending = '';
  let asked = 0;
  const ask = () => {
    asked = performance.now();
    socket.write(REQUEST);
  };
  socket.setNoDelay(true).setEncoding('latin1');
  socket.once('connect', ask);
  socket.on('error', (error) => {
    throw error;
  });
  socket.on('data', (piece) => {
    pending += piece;
    const length = answerLength(pending);
    if (length < 0) return;
    if (pending.startsWith('HTTP/1.1 200')) counted.answers++;
    else counted.failures++;
    if (counted.latencies.length < LATENCIES_KEPT) counted.latencies.push(performance.now() - asked);
    pending = pending.slice(length);
    ask();
  });
}

process.on('message', () => {
  const { answers, failures, since, latencies } = counted;
  const now = performance.now();
  latencies.sort((a, b) => a - b);
  const p99 = latencies[Math.floor(latencies.length * 0.99)] ?? 0;
  process.send({ perSecond: (answers / (now - since)) * 1000, failures, p99 });
  counted = { answers: 0, failures: 0, since: now, latencies: [] };
});
process.on('disconnect', () => process.exit(0));
for (let opened = 0; opened < Number(connections); opened++) keepAsking();
