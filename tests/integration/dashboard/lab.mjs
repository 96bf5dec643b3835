// A running hostd with guests in libvirt's test driver, one of them with an agent, and a browser that reaches nothing else.
import {spawn} from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import {createRequire} from 'node:module';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {Agent} from './agent.mjs';

const require = createRequire(path.join(process.env.DASHBOARD_MODULES, 'package.json'));
export const axeSource = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
export const HOSTILE = `"><img src=x onerror="alert(1)"> 'é' & %2F`;
const BROWSER = '/usr/bin/chromium';
const PATIENCE_MS = 60000;

const escaped = (text) => text.replace(/[&<>"']/g, (letter) => `&#${letter.codePointAt(0)};`);

function domain(name, index, extra = '') {
  return `<domain type='test'><name>${escaped(name)}</name><uuid>11111111-1111-4111-8111-11111111111${index}</uuid>
    <memory unit='MiB'>1024</memory><vcpu current='1'>4</vcpu><os><type>hvm</type></os>
    <devices><memballoon model='virtio'/>${extra}</devices></domain>`;
}

function channel(file) {
  return `<channel type='unix'><source mode='bind' path='${file}'/><target type='virtio' name='org.dynascale.agent.0'/>
    </channel>`;
}

function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const {port} = server.address();
      server.close(() => resolve(port));
    });
  });
}

export async function until(what, condition) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** One request to a TCP port or a Unix socket. `headers` replace the usual ones. */
export function ask(where, target, headers = {}, method = 'GET') {
  return new Promise((resolve, reject) => {
    const request = http.request({...where, path: target, method, headers, agent: false}, (answer) => {
      let body = '';
      answer.on('data', (data) => { body += data; });
      answer.on('end', () => resolve({status: answer.statusCode, headers: answer.headers, body}));
    });
    request.on('error', reject);
    request.end();
  });
}

export class Lab {
  static async start(dashboard = '') {
    const lab = new Lab();
    lab.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'dynascale-dashboard-'));
    lab.port = await freePort();
    lab.socket = {socketPath: path.join(lab.folder, 'hostd.sock')};
    const agent = path.join(lab.folder, 'agent.sock');
    lab.agent = new Agent(agent);
    fs.writeFileSync(path.join(lab.folder, 'node.xml'), `<node><cpu><active>8</active><nodes>1</nodes><sockets>1</sockets>
      <cores>8</cores><threads>1</threads></cpu><memory>33554432</memory>${domain('shop', 1, channel(agent))}
      ${domain(HOSTILE, 2)}</node>`);
    fs.writeFileSync(path.join(lab.folder, 'hostd.toml'), `libvirt_uri = "test://${lab.folder}/node.xml"
      socket = "${lab.socket.socketPath}"
      period = "200ms"
      [host]
      cpu_stall_percent = 100
      [history]
      path = "${lab.folder}/history.db"
      [dashboard]
      listen = "127.0.0.1:${lab.port}"
      ${dashboard.replaceAll('FOLDER', lab.folder)}`);
    await lab.run();
    return lab;
  }

  /** Files that hostd.toml names. */
  static files = {};

  async run() {
    for (const [name, content] of Object.entries(Lab.files)) {
      fs.writeFileSync(path.join(this.folder, name), content, {mode: 0o600});
    }
    const log = fs.openSync(path.join(this.folder, 'log'), 'w');
    this.hostd = spawn(process.env.DYNASCALE_HOSTD, ['--config', path.join(this.folder, 'hostd.toml')],
        {stdio: ['ignore', log, log]});
    const ended = new Promise((resolve) => this.hostd.on('exit', resolve));
    this.ended = ended;
    await until('hostd answers', async () => {
      if (this.hostd.exitCode !== null) throw new Error(fs.readFileSync(path.join(this.folder, 'log'), 'utf8'));
      return ask(this.socket, '/v1/status').then((answer) => JSON.parse(answer.body).guests.length === 2, () => false);
    });
  }

  async json(target) {
    return JSON.parse((await ask(this.socket, target)).body);
  }

  /** Until the guest with the agent grew and its application followed. */
  async grown() {
    return until('the guest has grown', async () => {
      const guest = await this.json('/v1/guests/shop');
      const ended = guest.resizes?.find((resize) => resize.ended_ms && resize.retuned.length > 0);
      return ended ? guest : null;
    });
  }

  /** Until the guest's growth is on record. */
  async recorded() {
    return until('the history knows the guest', async () => {
      const history = await this.json('/v1/guests/shop/history');
      return history.resizes?.length > 0 && history.usage.length > 1;
    });
  }

  get url() {
    return `http://127.0.0.1:${this.port}/`;
  }

  async stop() {
    this.agent.close();
    this.hostd.kill('SIGTERM');
    await this.ended;
    fs.rmSync(this.folder, {recursive: true});
  }
}

export async function browser() {
  const puppeteer = require('puppeteer-core');
  return puppeteer.launch({executablePath: BROWSER, headless: true, args: ['--no-sandbox', '--disable-gpu',
    '--disable-background-networking', '--disable-component-update', '--no-first-run', '--disable-dev-shm-usage',
    '--host-resolver-rules=MAP rebound.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1']});
}
