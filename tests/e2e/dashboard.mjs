// What Chromium shows of a real guest: URL of a running hostd's dashboard, the guest's name, how many vCPUs it has. Prints
// the guest's row and its page as text, for the test that runs this to judge; complaints of the page end it with an error.
import {createRequire} from 'node:module';
import path from 'node:path';

const [url, guest, vcpus] = process.argv.slice(2);
const puppeteer = createRequire(path.join(process.env.DASHBOARD_MODULES, 'package.json'))('puppeteer-core');
const patience = {timeout: 120000};  // Emulated guests beside it leave the browser little of the machine.
const complaints = [];

const chromium = await puppeteer.launch({executablePath: '/usr/bin/chromium', headless: true, ...patience,
  protocolTimeout: patience.timeout, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking',
    '--disable-component-update', '--no-first-run', '--disable-dev-shm-usage',
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1']});
try {
  const page = await chromium.newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  const shown = async (what, ...given) => (await page.waitForFunction(what, patience, ...given)).jsonValue();
  await page.goto(url, {waitUntil: 'load', ...patience});
  const row = await shown((name, count) => [...document.querySelectorAll('#guests tbody tr')].map((one) => one.textContent)
      .find((text) => text.startsWith(name) && text.includes(`${count} of `)), guest, vcpus);
  await page.goto(`${url}#/guest/${guest}`, {waitUntil: 'load', ...patience});
  const whole = await shown(() => {
    const drawn = [...document.querySelectorAll('.chart canvas')].filter((canvas) => {
      const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return new Set(new Uint32Array(data.buffer)).size > 10;
    });
    const text = document.querySelector('main').textContent;
    return drawn.length === 2 && text.includes('Re-tuned') && text;
  });
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
  console.log(JSON.stringify({row, whole}));
} finally {
  await chromium.close();
}
