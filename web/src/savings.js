// What each guest had, used and lacked over a time, against its peak and its size at start.
import {number, UNKNOWN} from './format.js';
import {el, table} from './dom.js';
import {choice} from './choice.js';

const DAY_MS = 86400000;
const TIMES = [['1 hour', DAY_MS / 24], ['24 hours', DAY_MS], ['7 days', 7 * DAY_MS], ['30 days', 30 * DAY_MS],
  ['365 days', 365 * DAY_MS]];
const HEADS = ['had', 'used', 'at its peak', 'saved', 'at start size', 'saved', 'lacked'];

/** What all guests together had, and what their peaks all the time would have been. Pure. */
export function sums(guests, key) {
  const total = {had: 0, at_peak: 0, at_boot_size: 0, lacking: 0};
  for (const guest of guests) for (const name of Object.keys(total)) total[name] += guest[key][name];
  return total;
}

function sentence(guests, key, unit) {
  const total = sums(guests, key);
  const saved = total.at_peak - total.had;
  const share = total.at_peak > 0 ? `${number(saved / total.at_peak * 100, 1)} %` : UNKNOWN;
  return `${number(total.had, 2)} ${unit} given instead of ${number(total.at_peak, 2)} at peak size all the time: ` +
    `${number(saved, 2)} saved (${share}); ${number(total.lacking, 2)} were lacking.`;
}

function row(guest, key) {
  const it = guest[key];
  return [guest.name, ...[it.had, it.used, it.at_peak, it.saved_against_peak, it.at_boot_size,
    it.saved_against_boot_size, it.lacking].map((value) => number(value, 2))];
}

export class SavingsPage {
  constructor(again) {
    this.span = DAY_MS;
    this.content = el('div', {id: 'savings'});
    this.node = el('div', {}, el('h1', {text: 'Savings'}), choice('Time', TIMES, this.span, (span) => {
      this.span = span;
      again();
    }), this.content);
  }

  async refresh(api) {
    const now = Date.now();
    const usage = await api(`/v1/usage?from_ms=${now - this.span}&to_ms=${now}`);
    const columns = [{label: 'Guest'}, ...HEADS.map((label) => ({label, number: true}))];
    const part = (title, key, unit) => [el('h2', {text: title}), el('p', {text: sentence(usage.guests, key, unit)}),
      table(`${title}, in ${unit}`, columns, usage.guests.map((guest) => row(guest, key)))];
    const scrolled = [...this.content.querySelectorAll('.scroll')].map((box) => box.scrollLeft);
    this.content.replaceChildren(...part('vCPUs', 'vcpu_hours', 'vCPU-hours'), ...part('Memory', 'gib_hours', 'GiB-hours'));
    [...this.content.querySelectorAll('.scroll')].forEach((box, index) => { box.scrollLeft = scrolled[index] ?? 0; });
  }

  close() {}
}
