// All guests at a glance.
import {bytes, number, part, UNKNOWN} from './format.js';
import {el, setText, table, tableRow} from './dom.js';
import {hostSummary} from './host.js';

const SHOWN = 500;
const COLUMNS = [{label: 'Guest'}, {label: 'State'}, {label: 'vCPUs', number: true}, {label: 'busy', number: true},
  {label: 'Memory', number: true}, {label: 'used', number: true}, {label: 'Agent'}, {label: 'Noted'}];

/** What an operator should know of a guest, in one sentence each. Pure. */
export function notes(guest) {
  const all = [];
  if (guest.policy_error) all.push(`policy refused: ${guest.policy_error}`);
  if (guest.share?.waiting) all.push(`waits: ${guest.share.waiting.why}`);
  if (guest.share?.asked_to_give) all.push(`asked to give: ${guest.share.asked_to_give.why}`);
  for (const floor of Object.values(guest.floors ?? {})) all.push(`floor: ${floor.cause}`);
  const missing = guest.degradations?.length ?? 0;
  if (missing > 0) all.push(`${missing} ${missing === 1 ? 'thing' : 'things'} missing`);
  return all;
}

/** Guests that may need eyes first: those that wait, then those that change, then by name. Pure. */
export function inOrder(guests) {
  const rank = (guest) => (guest.share?.waiting || guest.policy_error ? 0 : guest.resize === 'idle' ? 2 : 1);
  return [...guests].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

export const guestHash = (name) => `#/guest/${encodeURIComponent(name)}`;

function withBar(text, fraction) {
  const fill = el('span');
  fill.style.width = `${Math.round((fraction ?? 0) * 100)}%`;
  return el('span', {class: 'figure'}, text, el('span', {class: 'bar', 'aria-hidden': 'true'}, fill));
}

function cells(guest) {
  const load = guest.load ?? {};
  const available = load.memory_available_bytes;
  const used = available === undefined ? null : Math.max(0, guest.size.memory_bytes - available);
  const state = guest.resize === 'idle' ? guest.mode : `${guest.mode}, ${guest.resize}`;
  return [
    el('a', {href: guestHash(guest.name), text: guest.name}), state,
    withBar(`${guest.size.vcpus} of ${guest.max.vcpus}`, part(guest.size.vcpus, guest.max.vcpus)),
    withBar(number(load.busy_vcpus, 2), part(load.busy_vcpus, guest.size.vcpus)),
    withBar(`${bytes(guest.size.memory_bytes)} of ${bytes(guest.max.memory_bytes)}`,
        part(guest.size.memory_bytes, guest.max.memory_bytes)),
    withBar(bytes(used), part(used, guest.size.memory_bytes)),
    guest.agent?.connected ? 'reports' : 'silent',
    notes(guest).join('; ') || UNKNOWN];
}

export class GuestsPage {
  constructor() {
    this.rows = new Map();
    this.summary = el('div');
    this.filter = el('input', {type: 'search', id: 'filter', autocomplete: 'off', oninput: () => this.draw()});
    this.count = el('p', {id: 'count', role: 'status'});
    this.table = table('Guests', COLUMNS, [], {id: 'guests'});
    this.node = el('div', {}, el('h1', {text: 'Guests'}), this.summary,
        el('p', {class: 'tools'}, el('label', {for: 'filter', text: 'Show names with'}), this.filter), this.count,
        this.table);
  }

  async refresh(api) {
    this.status = await api('/v1/status');
    this.summary.replaceChildren(hostSummary(this.status));
    this.draw();
  }

  draw() {
    if (!this.status) return;
    const asked = this.filter.value.toLowerCase();
    const fitting = inOrder(this.status.guests).filter((guest) => guest.name.toLowerCase().includes(asked));
    const shown = fitting.slice(0, SHOWN);
    const more = fitting.length > shown.length ? `; the first ${shown.length} are shown` : '';
    setText(this.count, `${fitting.length} of ${this.status.guests.length} guests${more}`);
    const body = this.table.querySelector('tbody');
    const kept = new Map();
    shown.forEach((guest, index) => {
      const row = this.row(guest);
      kept.set(guest.uuid, row);
      if (body.children[index] !== row.node) body.insertBefore(row.node, body.children[index] ?? null);
    });
    for (const [uuid, row] of this.rows) if (!kept.has(uuid)) row.node.remove();
    this.rows = kept;
  }

  /** Rows stay the same elements, so that focus and selection survive a refresh. */
  row(guest) {
    const text = JSON.stringify([guest.name, guest.mode, guest.resize, guest.size, guest.max, guest.load,
      guest.agent?.connected, notes(guest)]);
    const before = this.rows.get(guest.uuid);
    if (before?.text === text) return before;
    const fresh = tableRow(COLUMNS, cells(guest));
    if (!before || before.name !== guest.name) return {node: fresh, text, name: guest.name};
    [...fresh.cells].slice(1).forEach((cell, index) => before.node.cells[index + 1].replaceWith(cell));
    return {node: before.node, text, name: guest.name};
  }

  close() {}
}

