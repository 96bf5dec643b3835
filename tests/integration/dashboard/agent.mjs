// An agent at the guest's end of the channel, as docs/protocol.md describes it: busy, obedient, with one application.
import net from 'node:net';

const numbers = (count) => Array.from({length: count}, (_, index) => index);
const MIB = 1 << 20;

export class Agent {
  constructor(path) {
    Object.assign(this, {vcpus: 1, busy: 1, workers: 1, sequence: 0, socket: null});
    this.server = net.createServer((socket) => this.connected(socket)).listen(path);
    this.timer = setInterval(() => this.report(), 300);
  }

  connected(socket) {
    this.socket = socket;
    let rest = '';
    socket.on('error', () => {});
    socket.on('data', (data) => {
      const lines = (rest + data).split('\n');
      rest = lines.pop();
      for (const line of lines.filter(Boolean)) this.heard(JSON.parse(line), line);
    });
  }

  send(message) {
    if (this.socket?.writable) this.socket.write(`${JSON.stringify(message)}\n`);
  }

  heard(message, line) {
    if (message.type === 'sync') {
      // A nonce has 64 bits, more than a number here: the text is given back as it came.
      this.socket.write(`${line.replace('"sync"', '"sync_reply"')}\n`);
      this.send({type: 'hello', versions: {min: 1, max: 1}, program: 'scripted-agent', boot_id: 'b', capabilities: []});
    } else if (message.type === 'resize_intent') {
      this.vcpus = message.vcpus;
      this.send({type: 'ready', id: message.id, vcpus_online: numbers(this.vcpus), memory_available_bytes: 900 * MIB});
      this.report();
      this.retune(message.id);
    }
  }

  retune(id) {
    const before = {workers: this.workers};
    this.workers = 2 * this.vcpus + 1;
    this.send({type: 'retuned', resize_id: id, application: 'gunicorn:/shop', before, after: {workers: this.workers},
      result: 'verified', duration_ms: 12});
  }

  report() {
    const pressed = this.busy > this.vcpus - 0.2;
    const pressure = {some_avg10_percent: pressed ? 60 : 0, full_avg10_percent: 0};
    this.send({type: 'report', sequence: this.sequence++, vcpus_present: numbers(this.vcpus),
      vcpus_online: numbers(this.vcpus), busy_vcpus: Math.min(this.busy, this.vcpus), runnable_tasks: this.busy,
      load1: this.busy, cpu_pressure: pressure, memory_pressure: {some_avg10_percent: 0, full_avg10_percent: 0},
      memory_total_bytes: 1024 * MIB, memory_available_bytes: 600 * MIB, applications: [{id: 'gunicorn:/shop',
        adapter: 'gunicorn', state: 'following', settings: {workers: this.workers}, memory_floor_bytes: 100 * MIB,
        note: '<b>not bold</b>'}]});
  }

  close() {
    clearInterval(this.timer);
    this.socket?.destroy();
    this.server.close();
  }
}
