// A stand-in for the server while the viewer is being built: `npm run mock [-- --port 8090 --side 1024 --fps 20 --dtype uint8 --lag 0]`.
// A small crystal of cubes shakes and drifts; overlay and tracks are the truth, so that any misregistration on the screen is the viewer's.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { encode } from '@msgpack/msgpack';
import { WebSocketServer } from 'ws';

const { values: options } = parseArgs({ options: {
  port: { type: 'string', default: '8090' }, side: { type: 'string', default: '1024' }, fps: { type: 'string', default: '20' },
  dtype: { type: 'string', default: 'uint8' }, lag: { type: 'string', default: '0' }, bin: { type: 'string', default: '1' },
  uncalibrated: { type: 'boolean', default: false },
} });
const side = Number(options.side);
const bin = Number(options.bin);
const fps = Number(options.fps);
const dist = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist');
const session = `mock-${Date.now().toString(36)}`;
const started = Date.now();
const pitch = side / 10;
const edge = pitch * 0.62;
const events = [];
let recording = 'on';
let segment = 0;
let model = { name: 'none', sha256: null, provider: null, first_frame: null };
let pending = null;
let disk = { id: 1, kind: 'disk_space', severity: 'warning', frame: 12, frame_last: 12, time_s: 0.6, state: 'raised', count: 1, value: 4.2, threshold: 5, unit: 'GB', message: 'Disk has 4.2 GB left: 36 min at this rate' };
const nm = options.uncalibrated ? null : { value: 0.42, origin: 'MRC header', err: null };

let seed = 7;
const random = () => ((seed = (seed * 1664525 + 1013904223) >>> 0) / 2 ** 32);
const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const cubes = [];
for (let row = 0; row < 9; row++) {
  for (let column = 0; column < 9; column++) {
    cubes.push({ id: cubes.length, x0: (column + 0.7) * pitch + pitch * 0.1 * gauss(), y0: (row + 0.7) * pitch + pitch * 0.1 * gauss(), a0: 8 * gauss(), dx: 0, dy: 0, da: 0 });
  }
}

const Types = { uint8: Uint8Array, uint16: Uint16Array, float32: Float32Array };
const noise = Float32Array.from({ length: 1 << 20 }, gauss);

function advance() {
  for (const c of cubes) {
    c.dx += gauss() * 0.6 - c.dx * 0.05;
    c.dy += gauss() * 0.6 - c.dy * 0.05;
    c.da += gauss() * 0.8 - c.da * 0.03;
  }
}

const poses = () => cubes.map((c) => ({ id: c.id, x: c.x0 + c.dx, y: c.y0 + c.dy, a: c.a0 + c.da }));

function paint(now) {
  const n = side / bin;
  const pixels = new Types[options.dtype](n * n);
  const gain = options.dtype === 'uint8' ? 1 : 12;
  const shift = Math.floor(random() * noise.length);
  for (let i = 0; i < pixels.length; i++) {
    pixels[i] = gain * Math.max(0, 140 + 11 * noise[(i + shift) & (noise.length - 1)]);
  }

  for (const { x, y, a } of now) {
    const cos = Math.cos((a * Math.PI) / 180);
    const sin = Math.sin((a * Math.PI) / 180);
    const reach = Math.ceil(edge * 0.75);
    for (let v = Math.max(0, Math.floor((y - reach) / bin)); v < Math.min(n, (y + reach) / bin); v++) {
      for (let u = Math.max(0, Math.floor((x - reach) / bin)); u < Math.min(n, (x + reach) / bin); u++) {
        const dx = u * bin + (bin - 1) / 2 - x;
        const dy = v * bin + (bin - 1) / 2 - y;
        if (Math.abs(dx * cos + dy * sin) <= edge / 2 && Math.abs(dy * cos - dx * sin) <= edge / 2) {
          pixels[v * n + u] *= 0.55;
        }
      }
    }
  }

  return new Uint8Array(pixels.buffer);
}

function corners({ x, y, a }) {
  const cos = Math.cos((a * Math.PI) / 180);
  const sin = Math.sin((a * Math.PI) / 180);
  const h = edge / 2;
  return [[h, h], [-h, h], [-h, -h], [h, -h]].flatMap(([u, v]) => [x + u * cos - v * sin, y + u * sin + v * cos]);
}

const clients = new Set();
const seqs = {};
const send = (client, topic, header, payload) => {
  seqs[topic] = (seqs[topic] ?? 0) + 1;
  client.send(encode([topic, { v: 1, session, seq: seqs[topic], frame: null, t_unix_ns: Date.now() * 1e6, ...header }, payload]));
};

const status = (frame) => ({
  session, source: 'sim:cubes (mock)', state: frame < 40 ? 'learning' : 'live', elapsed_s: (Date.now() - started) / 1000, height: side, width: side, dtype: options.dtype,
  received_fps: fps, analysed_fps: fps * 0.97, latency_ms: { count: 20, mean: 21, p50: 20.4, p95: 27.5, p99: 31.2, max: 36 }, particles: cubes.length, tracks: cubes.length + 3,
  learnt: frame < 40 ? null : 'dark particles, 26.3 nm across, noise 11.2 counts, edge blur 1.2 px', detector: model.name === 'none' ? 'classical' : model.name,
  model, models: ['auto', 'none', 'segment', 'layers'], model_pending: pending,
  calibration: { pixel_size_nm: nm, frame_time_s: { value: 1 / fps, origin: 'sim', err: null } },
  dose: options.uncalibrated ? 'no dose: pixel size, counts per electron and dark level are missing' : 'specimen dose, from counts, dark level 12 (typed), transmission 0.2', dose_kind: options.uncalibrated ? null : 'specimen', segment,
  recording: { state: recording, folder: 'sessions/2026-01-01T10-00-00', frames: frame, bytes: frame * side * side, not_recorded: 0, disk_free_bytes: 412e9, problem: null },
  subscribers: [{ kind: 'web', name: '127.0.0.1', sent: 100, dropped: 0 }], notes: [], alerts_missing: ['dose_rate_high: no limit is set (alerts.dose_rate_high.threshold)'],
  ledger: { received: frame, lost: 0, repeated: 0, recorded: frame, processed: Math.floor(frame * 0.97), shown: frame, skipped: [], failed: [] },
  edges: [
    { name: 'recording', policy: 'wait', capacity: 256, queued: 1, peak_queued: 9, written: frame, dropped: 0, level: 'normal', held_back_s: 0 },
    { name: 'analysis', policy: 'latest', capacity: 1, queued: 0, peak_queued: 1, written: frame, dropped: Math.floor(frame * 0.03), level: 'normal', held_back_s: 0 },
    { name: 'preview', policy: 'latest', capacity: 1, queued: 0, peak_queued: 1, written: frame, dropped: 0, level: 'normal', held_back_s: 0 },
  ],
});

const lagged = [];
let frame = 0;
setInterval(() => {
  advance();
  frame++;
  const now = poses();
  const pixels = clients.size > 0 ? paint(now) : null;
  for (const client of clients) {
    if (client.unacked < 2) {
      client.unacked++;
      send(client, 'frame', { frame, dtype: options.dtype, shape: [side / bin, side / bin], full_shape: [side, side], bin, encoding: 'raw', t_received_unix_ns: Date.now() * 1e6 }, pixels);
    }
  }

  lagged.push({ frame, now });
  if (lagged.length <= Number(options.lag)) {
    return;
  }

  const done = lagged.shift();
  const contours = done.now.map((c) => [c.id, 0, corners(c)]);
  const columns = {
    frame: done.now.map(() => done.frame), particle: done.now.map((c) => c.id), x: done.now.map((c) => c.x), y: done.now.map((c) => c.y),
    angle_deg: done.now.map((c) => ((c.a % 90) + 90) % 90), rotation_deg: done.now.map((c) => c.a), symmetry: done.now.map(() => 4), layer: done.now.map(() => 0),
    area_px: done.now.map(() => edge * edge * (1 - done.frame * 2e-5)), major_px: done.now.map(() => edge), minor_px: done.now.map(() => edge), score: done.now.map(() => 0.98),
    x_err: done.now.map(() => 0.06), y_err: done.now.map(() => 0.06), angle_err_deg: done.now.map(() => 0.3), state: done.now.map(() => null),
    flags: done.now.map((c) => (c.x < edge * 0.75 || c.y < edge * 0.75 ? 'border' : c.id % 17 === 0 ? 'contact' : c.id % 23 === 0 ? 'gap|rotation_ambiguous' : '')),
    time_s: done.now.map(() => done.frame / fps), dose_e_A2: done.now.map(() => done.frame * 0.01),
  };
  const known = !options.uncalibrated;
  for (const client of clients) {
    send(client, 'overlay', { frame: done.frame }, { height: side, width: side, contours });
    send(client, 'tracks', { frame: done.frame }, columns);
    send(client, 'dose', { frame }, { frame, time_s: frame / fps, dose_rate_e_A2_s: known ? 0.21 : null, dose_e_A2: known ? frame * 0.0105 : null, mean_counts: 118, snr: 4.1, particles: 78 + Math.round(2 * Math.sin(frame / 60)), saturated_fraction: 0, dropped_before: 0, processed: true, latency_ms: 21 });
    if (frame % 10 === 0) {
      send(client, 'status', {}, status(frame));
    }
  }
}, 1000 / fps);

function add(event) {
  const whole = { id: events.length + 1, t_unix_ns: Date.now() * 1e6, frame, ...event };
  events.push(whole);
  clients.forEach((client) => send(client, 'event', { frame }, whole));
  return whole;
}

const types = { html: 'text/html', js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml', txt: 'text/plain', json: 'application/json' };
const server = createServer(async (request, response) => {
  if (request.method === 'POST') {
    let text = '';
    for await (const part of request) {
      text += part;
    }

    const body = JSON.parse(text);
    let answer;
    if (request.url === '/api/annotate') {
      answer = add({ kind: 'annotation', frame: body.frame ?? frame, text: body.text, x: body.x ?? null, y: body.y ?? null, particle: body.particle ?? null, author: null });
    } else if (request.url === '/api/recording') {
      recording = body.on ? 'on' : 'off';
      answer = add({ kind: 'recording', state: recording, reason: null });
    } else if (request.url === '/api/acknowledge') {
      disk = { ...disk, state: 'acknowledged' };
      add({ kind: 'alert', alert: disk });
      answer = disk;
    } else if (request.url === '/api/model') {
      pending = body.name;
      await new Promise((resolve) => setTimeout(resolve, 3000));
      pending = null;
      model = body.name === 'none' ? { name: 'none', sha256: null, provider: null, first_frame: frame + 1 } : { name: body.name, sha256: '0badcafe', provider: 'CPU', first_frame: frame + 1 };
      add({ kind: 'model', ...model });
      answer = model;
    } else {
      answer = add({ kind: 'conditions', segment: ++segment, note: body.note ?? null });
    }

    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    return;
  }

  const path = normalize(new URL(request.url, 'http://x').pathname).replace(/^[/\\]+/, '') || 'index.html';
  try {
    const file = await readFile(join(dist, path));
    response.writeHead(200, { 'content-type': types[path.split('.').pop()] ?? 'application/octet-stream', 'content-security-policy': "default-src 'self'", 'cache-control': 'no-store' }).end(file);
  } catch {
    response.writeHead(404).end();
  }
});
new WebSocketServer({ server, path: '/live', perMessageDeflate: false }).on('connection', (client) => {
  client.unacked = 0;
  client.on('message', (data) => {
    const message = JSON.parse(String(data));
    if (message.type === 'ack') {
      client.unacked = Math.max(0, client.unacked - 1);
    }
  });
  client.on('close', () => clients.delete(client));
  send(client, 'hello', {}, { v: 1, session, source: 'sim:cubes (mock)', height: side, width: side, dtype: options.dtype });
  send(client, 'status', {}, status(frame));
  events.forEach((event) => send(client, 'event', {}, event));
  send(client, 'alert', {}, disk);
  clients.add(client);
});
server.listen(Number(options.port), '127.0.0.1', () => console.log(`http://127.0.0.1:${options.port}/`));
