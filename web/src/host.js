// The host: what may be given, to whom it went, who waits, and what it cannot meet.
import {bytes, lastDay, moment, number, percent, size, UNKNOWN, vcpus} from './format.js';
import {el, facts, table} from './dom.js';

const LEDGER = [{label: 'Guest'}, {label: 'Shares', number: true}, {label: 'Granted'}, {label: 'Entitled'},
  {label: 'Waits for'}, {label: 'Asked to give'}];
const EVENTS = [{label: 'What'}, {label: 'State'}, {label: 'Guest'}, {label: 'Raised'}, {label: 'Cleared'}];

function pressureText(pressure) {
  if (!pressure.known) return 'not known: libvirt is on another machine';
  const memory = pressure.memory_why ? `memory ${pressure.memory}: ${pressure.memory_why}` : `memory ${pressure.memory}`;
  const cpus = pressure.cpus === 'bottleneck' ? `cores are the bottleneck: ${pressure.cpus_why}` : 'cores have room';
  return `${memory}; ${cpus}${pressure.stale ? '; figures are old' : ''}`;
}

export function historyText(history) {
  if (history.state === 'paused') return `paused: ${history.why}`;
  return history.dropped > 0 ? `${history.state}; ${history.dropped} entries were dropped` : history.state;
}

export function hostSummary(status) {
  const {host} = status;
  const active = host.scale_out.filter((event) => event.state === 'raised').length;
  return el('section', {'aria-label': 'The host in short'}, facts([
    ['libvirt', status.hypervisor_error ? `does not answer: ${status.hypervisor_error}` : 'answers'],
    ['vCPUs granted', `${number(host.granted.vcpus, 1)} of ${number(host.limit.vcpus, 1)}`],
    ['Memory granted', `${bytes(host.granted.memory_bytes)} of ${bytes(host.limit.memory_bytes)}`],
    ['Guests that change', String(host.in_flight_guests)], ['Guests that wait', String(host.waiting_guests)],
    ['Needs not met', String(active)], ['Pressure', pressureText(host.pressure)],
    ['In the last day', lastDay(host.last_day).join('. ') || UNKNOWN],
    ['History', historyText(status.history)]]));
}

function meter(label, host, key, format) {
  const [limit, granted, moving] = [host.limit[key], host.granted[key], host.in_flight[key]];
  const bar = el('div', {class: 'stack', 'aria-hidden': 'true'});
  for (const [name, value] of [['granted', granted - moving], ['moving', moving]]) {
    const piece = el('span', {class: name});
    piece.style.width = `${limit > 0 ? Math.max(0, Math.min(100, value / limit * 100)) : 0}%`;
    bar.append(piece);
  }
  return el('div', {}, el('h3', {text: label}), bar, facts([['May be given', format(limit)],
    ['Granted', format(granted)], ['Of it in flight', format(moving)], ['Free', format(host.free[key])]]));
}

function ledgerRow(guest) {
  const share = guest.share ?? {};
  const wanted = share.waiting ? `${size(share.waiting.wanted)}: ${share.waiting.why}` : UNKNOWN;
  return [guest.name, String(share.shares ?? UNKNOWN), size(share.granted), size(share.entitled), wanted,
    share.asked_to_give?.why ?? UNKNOWN];
}

function eventRow(event) {
  return [event.text, event.state, event.guest ?? UNKNOWN, moment(event.raised_ms), moment(event.cleared_ms)];
}

export class HostPage {
  constructor() {
    this.content = el('div');
    this.node = el('div', {}, el('h1', {text: 'Host'}), this.content);
  }

  async refresh(api) {
    const status = await api('/v1/status');
    const text = JSON.stringify([status.host, status.history, status.hypervisor_error,
      status.guests.map((guest) => [guest.name, guest.share])]);
    if (text === this.drawn) return;
    this.drawn = text;
    const {host} = status;
    const unreadable = status.unreadable_guests.map((guest) => `${guest.uuid}: ${guest.error}`);
    this.content.replaceChildren(hostSummary(status),
        el('h2', {text: 'Ledger'}),
        el('p', {text: `The host has ${vcpus(host.cpus).replace('vCPU', 'CPU')} and ${bytes(host.memory_bytes)}; it keeps ` +
          `${host.reserve_cpus} and ${bytes(host.reserve_memory_bytes)} for itself. Pressure of its cores: ` +
          `${percent(host.pressure.cpu_pressure_percent)}, of its memory: ${percent(host.pressure.memory_pressure_percent)}.`}),
        el('div', {class: 'pair'}, meter('vCPUs', host, 'vcpus', (value) => number(value, 1)),
            meter('Memory', host, 'memory_bytes', bytes)),
        table('What each guest stands for', LEDGER, status.guests.map(ledgerRow)),
        el('h2', {text: 'Needs that this host cannot meet'}),
        host.scale_out.length > 0 ? table('Scale-out events', EVENTS, host.scale_out.map(eventRow)) :
          el('p', {text: 'None.'}),
        ...unreadable.map((text) => el('p', {class: 'bad', text})));
  }

  close() {}
}
