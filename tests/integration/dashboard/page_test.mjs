// The page as people use it: with eyes, with a keyboard, in the dark, and with guests that mean ill.
import assert from 'node:assert/strict';
import {after, afterEach, before, beforeEach, describe, it} from 'node:test';
import {axeSource, browser, HOSTILE, Lab, until} from './lab.mjs';

let chromium;
let lab;
let page;
let complaints;
let requests;

async function open(hash = '') {
  await page.goto(`${lab.url}${hash}`, {waitUntil: 'load'});
  await page.waitForFunction(() => document.getElementById('link').textContent === 'live', {timeout: 30000});
}

const text = (selector) => page.$eval(selector, (node) => node.textContent);
const SHOP = '#/guest/shop';

before(async () => {
  lab = await Lab.start();
  await lab.grown();
  await lab.recorded();
  chromium = await browser();
});

after(async () => {
  await chromium?.close();
  await lab?.stop();
});

beforeEach(async () => {
  complaints = [];
  requests = [];
  page = await chromium.newPage();
  await page.setViewport({width: 1280, height: 900});
  page.on('console', (message) => {
    if (['error', 'warn'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on('request', (request) => requests.push(request.url()));
});

afterEach(async () => {
  await page.close();
});

/** Nothing was complained about, and nothing was asked of anybody else. */
function assertQuiet() {
  assert.deepEqual(complaints, []);
  assert.ok(requests.length > 3);
  assert.deepEqual(requests.filter((url) => !url.startsWith(lab.url)), []);
}

async function seriousViolations() {
  await page.evaluate(axeSource);
  const found = await page.evaluate(async () => {
    const result = await window.axe.run(document, {resultTypes: ['violations']});
    return result.violations.map(({id, impact, nodes}) => ({id, impact, where: nodes[0].html.slice(0, 200)}));
  });
  return found.filter(({impact}) => ['serious', 'critical'].includes(impact));
}

describe('the dashboard', () => {
  it('shows all guests, and hides a guest that is filtered away', async () => {
    await open();
    const names = await page.$$eval('#guests tbody th', (cells) => cells.map((cell) => cell.textContent));
    assert.deepEqual(names.sort(), [HOSTILE, 'shop'].sort());
    const shop = await page.$$eval('#guests tbody tr', (rows) => rows.map((row) => row.textContent)
        .find((row) => row.startsWith('shop')));
    assert.match(shop, /2 of 4/);
    assert.match(shop, /reports/);
    await page.type('#filter', 'SHO');
    assert.equal(await text('#count'), '1 of 2 guests');
    assertQuiet();
  });

  it('follows what changes without being asked', async () => {
    await open();
    const paused = await fetchPause('pause');
    assert.equal(paused, 200);
    await page.waitForFunction(() => document.getElementById('guests').textContent.includes('paused'), {timeout: 20000});
    assert.equal(await fetchPause('resume'), 200);
    await page.waitForFunction(() => !document.getElementById('guests').textContent.includes('paused'), {timeout: 20000});
    assertQuiet();
  });

  it('tells on a guest\'s page what was decided, done and re-tuned, and why', async () => {
    await open(SHOP);
    await page.waitForFunction(() => document.querySelectorAll('main table tbody tr').length > 2, {timeout: 20000});
    const whole = await text('main');
    assert.match(whole, /Wanted 1 → 2 vCPUs/);
    assert.match(whole, /Resize 1 → 2 vCPUs/);
    assert.match(whole, /Re-tuned gunicorn:\/shop: verified/);
    assert.match(whole, /workers = 1 → workers = 5/);
    assert.match(whole, /<b>not bold<\/b>/);
    assert.equal(await page.$('main b'), null);
    assertQuiet();
  });

  it('draws the timeline', async () => {
    await open(SHOP);
    await page.waitForSelector('.chart canvas');
    const colours = await page.$$eval('.chart canvas', (all) => all.map((canvas) => {
      const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return new Set(new Uint32Array(data.buffer)).size;
    }));
    assert.equal(colours.length, 2);
    for (const count of colours) assert.ok(count > 10, `${count} colours`);
    assertQuiet();
  });

  it('tells under the pointer why', async () => {
    await open(SHOP);
    const at = await eventPosition();
    await page.mouse.move(at.x, at.y);
    const told = await page.waitForFunction(() => {
      const tip = document.querySelector('.chart .tip');
      return !tip.hidden && tip.textContent.includes('Resize') ? tip.textContent : false;
    }, {timeout: 10000});
    assert.match(await told.jsonValue(), /Resize 1 → 2 vCPUs: /);
    await page.mouse.move(5, 5);
    await page.waitForFunction(() => document.querySelector('.chart .tip').hidden, {timeout: 10000});
    assertQuiet();
  });

  it('is used with the keyboard alone', async () => {
    await open(SHOP);
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to content');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
    await until('the chart has focus', async () => {
      await page.keyboard.press('Tab');
      return page.evaluate(() => document.activeElement.classList.contains('chart'));
    });
    const value = () => page.evaluate(() => document.activeElement.getAttribute('aria-valuetext'));
    const first = await value();
    await page.keyboard.press('ArrowLeft');
    assert.notEqual(await value(), first);
    await page.keyboard.press('PageUp');
    await until('what happened is told', async () => {
      if (/Resize 1 → 2/.test(await value())) return true;
      await page.keyboard.press('PageUp');
      return false;
    });
    assert.equal(await page.$eval('.chart .tip', (tip) => tip.hidden), false);
    await page.keyboard.press('Escape');
    assert.equal(await page.$eval('.chart .tip', (tip) => tip.hidden), true);
    assertQuiet();
  });

  it('has the chart\'s figures as a table, too', async () => {
    await open(SHOP);
    await page.click('summary');
    await page.waitForFunction(() => document.querySelectorAll('details[open] td').length > 4, {timeout: 20000});
    assert.match(await text('details[open] table'), /vCPUs/);
    assertQuiet();
  });

  it('takes a hostile name for what it is: a text', async () => {
    await open();
    await page.evaluate((name) => [...document.querySelectorAll('#guests a')].find((link) =>
      link.textContent === name).click(), HOSTILE);
    await page.waitForFunction((name) => document.querySelector('h1')?.textContent === name, {timeout: 20000}, HOSTILE);
    await page.waitForFunction(() => document.querySelector('main').textContent.includes('not known: hold'),
        {timeout: 20000});
    assert.equal(await page.$('main img'), null);
    assert.equal(await page.title(), `${HOSTILE} – dynascale`);
    for (const hash of ['#/host', '#/savings']) {
      await open(hash);
      await page.waitForFunction((name) => document.querySelector('main').textContent.includes(name),
          {timeout: 20000}, HOSTILE);
      assert.equal(await page.$('main img'), null);
    }
    assertQuiet();
  });

  it('shows the ledger and the savings', async () => {
    await open('#/host');
    await page.waitForFunction(() => document.querySelector('main table tbody tr'), {timeout: 20000});
    assert.match(await text('main'), /May be given/);
    await open('#/savings');
    await page.waitForFunction(() => document.querySelector('#savings table tbody tr'), {timeout: 30000});
    assert.match(await text('#savings'), /vCPU-hours given instead of/);
    assertQuiet();
  });

  it('is dark where the system is, and nowhere hard to read', async () => {
    for (const scheme of ['light', 'dark']) {
      await page.emulateMediaFeatures([{name: 'prefers-color-scheme', value: scheme}]);
      for (const hash of ['', SHOP, '#/host', '#/savings']) {
        await open(hash);
        await page.waitForSelector('main table tbody tr');
        assert.deepEqual(await seriousViolations(), [], `${scheme} ${hash}`);
      }
      const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const [red] = /\d+/.exec(ground);
      assert.equal(Number(red) < 128 || ground === 'rgb(20, 24, 29)', scheme === 'dark', ground);
    }
  });

  it('says so when hostd is gone, and comes back', async () => {
    await open();
    lab.hostd.kill('SIGTERM');
    await lab.ended;
    await page.waitForFunction(() => document.getElementById('link').className === 'bad', {timeout: 30000});
    await lab.run();
    await page.waitForFunction(() => document.getElementById('link').className === 'good', {timeout: 60000});
  });

  it('gives nothing to a foreign name that leads here', async () => {
    const answer = await page.goto(`http://rebound.test:${lab.port}/`);
    assert.equal(answer.status(), 421);
    assert.doesNotMatch(await answer.text(), /shop/);
  });
});

async function fetchPause(action) {
  const {ask} = await import('./lab.mjs');
  return (await ask(lab.socket, `/v1/guests/shop/${action}`, {Host: 'localhost'}, 'POST')).status;
}

/** Where the guest's resize lies on the first chart. */
async function eventPosition() {
  const guest = await lab.json('/v1/guests/shop');
  await page.waitForSelector('.chart .u-over');
  const box = await page.$eval('.chart .u-over', (node) => {
    node.scrollIntoView({block: 'center'});
    const {left, top, width, height} = node.getBoundingClientRect();
    return {left, top, width, height, now: Date.now()};
  });
  const span = 15 * 60000;
  const part = (guest.resizes[0].started_ms - (box.now - span)) / span;
  return {x: box.left + part * box.width, y: box.top + box.height / 2};
}
