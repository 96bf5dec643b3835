// One page at a time, by the address behind '#'. Everything is read from hostd; nothing is ever changed.
import {announce, el, setText} from './dom.js';
import {get, setToken, takeToken} from './api.js';
import {GuestPage} from './guest.js';
import {GuestsPage} from './guests.js';
import {HostPage} from './host.js';
import {Poller} from './poll.js';
import {SavingsPage} from './savings.js';

const PAGES = [['#/', 'Guests', 2000], ['#/host', 'Host', 2000], ['#/savings', 'Savings', 30000]];
const GUEST = '#/guest/';
const main = document.getElementById('main');
let page = null;
let poller = null;

function nameOf(hash) {
  try {
    return decodeURIComponent(hash.slice(GUEST.length));
  } catch {
    return '';
  }
}

function pageFor(hash) {
  const again = () => poller.soon();
  if (hash.startsWith(GUEST)) return [new GuestPage(nameOf(hash), again), 2000, nameOf(hash)];
  const [address, title, every] = PAGES.find(([address]) => address === hash) ?? PAGES[0];
  if (address === '#/host') return [new HostPage(), every, title];
  if (address === '#/savings') return [new SavingsPage(again), every, title];
  return [new GuestsPage(), every, title];
}

function linkState(text, good) {
  const node = document.getElementById('link');
  setText(node, text);
  node.className = good ? 'good' : 'bad';
}

function askToken(why) {
  if (main.querySelector('form')) return;
  const field = el('input', {type: 'password', id: 'token', autocomplete: 'off', required: true});
  const form = el('form', {onsubmit: (event) => {
    event.preventDefault();
    setToken(field.value.trim());
    show();
  }}, el('h1', {text: 'A token is needed'}), el('p', {text: why}),
  el('label', {for: 'token', text: 'Token'}), field, el('button', {text: 'Use it'}));
  main.replaceChildren(form);
  field.focus();
}

function failed(error) {
  linkState(error.message, false);
  if (error.status === 401) askToken('It is in the file that [dashboard] token_file names on the host.');
}

async function refresh(signal) {
  const current = page;
  await current.refresh((path) => get(path, signal));
  if (current !== page) return;
  if (!current.node.isConnected) main.replaceChildren(current.node);
  linkState('live', true);
}

function show(moved = false) {
  poller?.stop();
  page?.close();
  const [next, every, title] = pageFor(location.hash || '#/');
  page = next;
  document.title = `${title} – dynascale`;
  for (const link of document.querySelectorAll('#pages a')) {
    const here = link.getAttribute('href') === (location.hash || '#/');
    if (here) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  main.replaceChildren(page.node);
  if (moved) {
    main.focus();
    announce(title);
  }
  poller = new Poller(every, refresh, failed);
  poller.start();
}

takeToken(location, history, sessionStorage);
document.getElementById('pages').append(...PAGES.map(([address, title]) =>
  el('li', {}, el('a', {href: address, text: title}))));
document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});
window.addEventListener('hashchange', () => show(true));
show();
