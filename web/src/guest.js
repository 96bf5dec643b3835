// One guest: its timeline, what happened and why, its applications.
import {addLive, events, livePoint, points} from './timeline.js';
import {announce, el, facts, setText, table} from './dom.js';
import {bytes, duration, lastDay, moment, number, size, UNKNOWN} from './format.js';
import {Chart} from './chart.js';
import {choice} from './choice.js';
import {guestPath} from './api.js';

const MINUTE_MS = 60000;
const SPANS = [['15 minutes', 15 * MINUTE_MS], ['1 hour', 60 * MINUTE_MS], ['6 hours', 360 * MINUTE_MS],
  ['24 hours', 1440 * MINUTE_MS], ['7 days', 10080 * MINUTE_MS], ['30 days', 43200 * MINUTE_MS]];
const SHARE_OF_SPAN = 90;
const WITHOUT_HISTORY_MS = 60000;
const LISTED = 200;
const KINDS = [
  {name: 'vcpus', label: 'vCPUs', allocated: 'vcpus', used: 'busy', unit: 1, format: (value) => number(value, 2),
    scaled: (target) => target.vcpus},
  {name: 'memory', label: 'Memory', allocated: 'memory', used: 'used', unit: 1 << 30,
    format: (value) => `${number(value, 2)} GiB`, scaled: (target) => target.memory_bytes / (1 << 30)}];
const EVENTS = [{label: 'When'}, {label: 'What'}, {label: 'Why'}, {label: 'How it went'}];
const POINTS = [{label: 'When'}, {label: 'vCPUs', number: true}, {label: 'busy', number: true},
  {label: 'Memory', number: true}, {label: 'used', number: true}];
const APPLICATIONS = [{label: 'Application'}, {label: 'Adapter'}, {label: 'State'}, {label: 'Settings'},
  {label: 'Needs at least'}, {label: 'Note'}];

function overview(guest) {
  const waiting = guest.share?.waiting;
  const floors = Object.entries(guest.floors ?? {}).map(([key, floor]) =>
    `${key === 'vcpus' ? number(floor.at_least, 0) + ' vCPUs' : bytes(floor.at_least)} for ` +
    `${duration(floor.ends_in_ms)}: ${floor.cause}`);
  return facts([['Size', size(guest.size)], ['Range', `${size(guest.min)} to ${size(guest.max)}`],
    ['Mode', guest.mode], ['Resize', guest.resize],
    ['Agent', guest.agent.connected ? `reports (${guest.agent.program ?? UNKNOWN})` : 'silent'],
    ['Part of the host', size(guest.share?.entitled)],
    ['Waits for', waiting ? `${size(waiting.wanted)}: ${waiting.why}` : UNKNOWN],
    ['Floors', floors.join('; ') || UNKNOWN],
    ['In the last day', lastDay(guest.last_day).join('. ') || UNKNOWN]]);
}

function links(event) {
  if (!event.steps || event.steps.length === 0) return event.outcome ?? UNKNOWN;
  return el('details', {}, el('summary', {text: event.outcome}), el('ol', {}, ...event.steps.map((step) =>
    el('li', {text: `${duration(step.after_start_ms)}: ${step.link} ${step.state}${step.text ? ` – ${step.text}` : ''}`}))));
}

const eventRow = (event) => [moment(event.at), event.title, event.why, links(event)];
const pointRow = (point) => [moment(point.at), number(point.vcpus, 2), number(point.busy, 2), bytes(point.memory),
  bytes(point.used)];
const applicationRow = (one) => [one.id, one.adapter, one.state,
  Object.entries(one.settings).map(([name, value]) => `${name} = ${value}`).join(', ') || UNKNOWN,
  one.memory_floor_bytes > 0 ? bytes(one.memory_floor_bytes) : UNKNOWN, one.note || UNKNOWN];

/** Replaces only what changed: what is open, selected or focused stays so. */
function redraw(holder, key, make) {
  const text = JSON.stringify(key);
  if (holder.drawn === text) return;
  holder.drawn = text;
  holder.node.replaceChildren(...make());
}

export class GuestPage {
  constructor(name, again) {
    Object.assign(this, {name, span: SPANS[0][1], live: [], history: null, askedAt: 0, told: null});
    this.charts = KINDS.map((kind) => new Chart(kind));
    this.parts = Object.fromEntries(['facts', 'events', 'points', 'rest'].map((part) => [part, {node: el('div')}]));
    this.note = el('p', {class: 'bad', role: 'status'});
    this.figures = el('details', {ontoggle: () => this.draw()}, el('summary', {text: 'The figures as a table'}),
        this.parts.points.node);
    this.node = el('div', {}, el('p', {}, el('a', {href: '#/', text: 'All guests'})), el('h1', {text: name}), this.note,
        this.parts.facts.node, el('h2', {text: 'Timeline'}), choice('Time', SPANS, this.span, (span) => {
          Object.assign(this, {span, askedAt: 0});
          again();
        }), this.key(), ...this.charts.flatMap((chart) => [el('h3', {text: chart.kind.label}), chart.node]),
        this.figures, el('h2', {text: 'What happened'}), this.parts.events.node, this.parts.rest.node);
  }

  key() {
    return el('ul', {class: 'key', 'aria-label': 'Key'}, ...[['allocation', 'allocated'], ['demand', 'in use'],
      ['decision', 'a decision to change'], ['band', 'a resize'], ['band-bad', 'a resize that did not reach'],
      ['retuned', 'an application re-tuned'], ['floor', 'a floor learned']].map(([name, text]) =>
      el('li', {}, el('span', {class: `swatch ${name}`, 'aria-hidden': 'true'}), text)));
  }

  async refresh(api) {
    const now = Date.now();
    await this.readHistory(api, now);
    this.guest = await this.readGuest(api);
    if (this.guest) addLive(this.live, livePoint(this.guest, Date.now()));
    this.draw();
  }

  /** A guest that no longer runs still has its history. */
  async readGuest(api) {
    try {
      const guest = await api(guestPath(this.name));
      this.gone = '';
      return guest;
    } catch (error) {
      if (error.status !== 404 || !this.history) throw error;
      this.gone = error.message;
      return null;
    }
  }

  async readHistory(api, now) {
    const pause = this.lost ? WITHOUT_HISTORY_MS : Math.max(10000, this.span / SHARE_OF_SPAN);
    if (now - this.askedAt < pause) return;
    this.askedAt = now;
    try {
      this.history = await api(guestPath(this.name, `/history?from_ms=${now - this.span}&to_ms=${now}`));
      this.lost = '';
    } catch (error) {
      if (error.status !== 404 && error.status !== 503) throw error;
      this.history = null;
      this.lost = `No record of the past: ${error.message}`;
    }
  }

  draw() {
    const {guest, parts} = this;
    setText(this.note, [this.gone, this.lost].filter(Boolean).join('. '));
    const now = Date.now();
    const range = [now - this.span, now];
    const all = points(this.history, this.live, range[0]);
    const happened = events(this.history, guest, range[0]);
    for (const chart of this.charts) chart.update(all, happened, range);
    const newest = happened.slice(-LISTED).reverse();
    const more = happened.length > newest.length ? ` (the last ${LISTED})` : '';
    redraw(parts.events, newest, () => [newest.length > 0 ? table(`Events, newest first${more}`, EVENTS,
        newest.map(eventRow)) : el('p', {text: 'Nothing in this time.'})]);
    if (this.figures.open) {
      redraw(parts.points, all, () => [table('Figures, newest first', POINTS,
          all.filter((point) => point.vcpus !== null).slice(-LISTED * 3).reverse().map(pointRow))]);
    }
    if (guest) this.drawGuest(guest);
    this.announceNew(newest);
  }

  drawGuest(guest) {
    const {parts} = this;
    redraw(parts.facts, [guest.size, guest.min, guest.max, guest.mode, guest.resize, guest.agent.connected, guest.share,
      guest.floors, lastDay(guest.last_day)], () => [overview(guest)]);
    redraw(parts.rest, [guest.applications, guest.degradations, guest.policy_error], () => [
      el('h2', {text: 'Applications'}), guest.applications.length > 0 ?
        table('Applications', APPLICATIONS, guest.applications.map(applicationRow)) : el('p', {text: 'None is known.'}),
      el('h2', {text: 'What is missing'}), guest.degradations.length > 0 ?
        el('ul', {}, ...guest.degradations.map((text) => el('li', {text}))) : el('p', {text: 'Nothing.'})]);
  }

  announceNew(newest) {
    const last = newest.find((event) => event.kind === 'resize');
    if (!last) return;
    const text = `${last.title}: ${last.outcome}`;
    if (this.told !== null && this.told !== text) announce(text);
    this.told = text;
  }

  close() {
    for (const chart of this.charts) chart.close();
  }
}
