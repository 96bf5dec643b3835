// What the listener answers, and to whom it refuses.
import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import fs from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {ask, Lab} from './lab.mjs';

const TOKEN = 'a-token-that-is-long-enough';

describe('the listener on loopback', () => {
  let lab;
  let here;
  before(async () => {
    lab = await Lab.start('names = ["vm.example.org"]');
    here = {host: '127.0.0.1', port: lab.port};
  });
  after(() => lab.stop());

  it('serves the pages and the API, with headers that keep browsers in their place', async () => {
    for (const target of ['/', '/main.js', '/style.css', '/icon.svg', '/v1/status', '/v1/usage', '/metrics']) {
      const answer = await ask(here, target);
      assert.equal(answer.status, 200, target);
      assert.match(answer.headers['content-security-policy'], /default-src 'none'; script-src 'self'/);
      assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    }
  });

  it('serves the same on the socket', async () => {
    assert.match((await ask(lab.socket, '/')).body, /<title>dynascale<\/title>/);
  });

  it('changes nothing', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      assert.equal((await ask(here, '/v1/guests/shop/pause', {}, method)).status, 405, method);
    }
    assert.notEqual((await lab.json('/v1/guests/shop')).mode, 'paused');
  });

  it('takes no body', async () => {
    const answer = await ask(here, '/v1/status', {'Content-Length': '9'}).catch((error) => error);
    assert.notEqual(answer.status, 200);
  });

  it('knows its own names only', async () => {
    const status = async (host) => (await ask(here, '/v1/status', {Host: host})).status;
    assert.equal(await status(`localhost:${lab.port}`), 200);
    assert.equal(await status('vm.example.org'), 200);
    assert.equal(await status('VM.example.org:8443'), 200);
    for (const host of ['evil.example', `evil.example:${lab.port}`, 'vm.example.org.evil.example', '127.0.0.1:1']) {
      assert.equal(await status(host), 421, host);
    }
  });

  it('answers no page of another site', async () => {
    const status = async (headers) => (await ask(here, '/v1/status', headers)).status;
    assert.equal(await status({Origin: `http://127.0.0.1:${lab.port}`}), 200);
    assert.equal(await status({'Sec-Fetch-Site': 'same-origin'}), 200);
    assert.equal(await status({Origin: 'https://evil.example'}), 403);
    assert.equal(await status({Origin: 'null'}), 403);
    assert.equal(await status({'Sec-Fetch-Site': 'cross-site'}), 403);
  });

  it('lets no page change anything through a forwarded socket', async () => {
    const pause = async (headers) => (await ask(lab.socket, '/v1/guests/shop/pause', headers, 'POST')).status;
    assert.equal(await pause({Host: 'localhost:9188', Origin: 'http://localhost:9188'}), 403);
    assert.equal(await pause({Host: 'evil.example'}), 421);
    assert.equal(await pause({Host: 'localhost'}), 200);
    assert.equal((await ask(lab.socket, '/v1/guests/shop/resume', {Host: 'localhost'}, 'POST')).status, 200);
  });

  it('keeps the socket free while its own connections are all taken', async () => {
    const idle = Array.from({length: 60}, () => net.connect(lab.port, '127.0.0.1').on('error', () => {}));
    await Promise.all(idle.map((socket) => new Promise((resolve) => socket.on('connect', resolve))));
    assert.equal((await ask(lab.socket, '/v1/status')).status, 200);
    for (const socket of idle) socket.destroy();
  });

  it('answers a flood with 429 and goes on', async () => {
    const seen = new Map();
    for (let round = 0; round < 40; round += 1) {
      const answers = await Promise.all(Array.from({length: 10}, () => ask(here, '/v1/host')));
      for (const {status} of answers) seen.set(status, (seen.get(status) ?? 0) + 1);
    }
    assert.deepEqual([...seen.keys()].sort(), [200, 429]);
    assert.equal((await ask(lab.socket, '/v1/status')).status, 200);
  });
});

describe('the listener with TLS and a token', () => {
  let lab;
  before(async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'dynascale-tls-'));
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days',
      '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', `${folder}/key`, '-out',
      `${folder}/cert`], {stdio: 'ignore'});
    Lab.files = {cert: fs.readFileSync(`${folder}/cert`), key: fs.readFileSync(`${folder}/key`), token: `${TOKEN}\n`};
    fs.rmSync(folder, {recursive: true});
    lab = await Lab.start('token_file = "FOLDER/token"\ntls_certificate = "FOLDER/cert"\ntls_key = "FOLDER/key"');
  });
  after(() => lab.stop());

  function status(target, authorization) {
    const headers = authorization ? {Authorization: authorization} : {};
    return new Promise((resolve, reject) => https.get({host: 'localhost', port: lab.port, path: target, headers,
      family: 4, agent: false, ca: Lab.files.cert}, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).on('error', reject));
  }

  it('gives the page to everyone and figures to those with the token', async () => {
    assert.equal(await status('/'), 200);
    assert.equal(await status('/v1/status'), 401);
    assert.equal(await status('/v1/status', `Bearer ${TOKEN}x`), 401);
    assert.equal(await status('/v1/status', 'Bearer '), 401);
    assert.equal(await status('/metrics'), 401);
    assert.equal(await status('/v1/status', `Bearer ${TOKEN}`), 200);
  });

  it('speaks no plain HTTP', async () => {
    await assert.rejects(ask({host: '127.0.0.1', port: lab.port}, '/'));
  });

  it('does not start with a token that others can read, and says why', () => {
    const config = fs.readFileSync(path.join(lab.folder, 'hostd.toml'), 'utf8');
    const folder = path.join(lab.folder, 'second');
    fs.mkdirSync(folder);
    fs.writeFileSync(path.join(folder, 'token'), `${TOKEN}\n`, {mode: 0o644});
    fs.writeFileSync(path.join(folder, 'hostd.toml'), config.replace(`${lab.folder}/hostd.sock`, `${folder}/hostd.sock`)
        .replace(`${lab.folder}/token`, `${folder}/token`));
    const done = spawnSync(process.env.DYNASCALE_HOSTD, ['--config', path.join(folder, 'hostd.toml')],
        {encoding: 'utf8', timeout: 30000});
    assert.equal(done.status, 1, done.stderr);
    assert.match(done.stderr, /second\/token must belong to .* chmod 600/);
  });

  it('writes no token into its log', () => {
    assert.ok(!fs.readFileSync(path.join(lab.folder, 'log'), 'utf8').includes(TOKEN));
  });
});
