// One guest's time: what it had, what it used, what was decided and done. Pure.
import {bytes, change, duration, number, size, time, UNKNOWN, vcpus} from './format.js';

const LIVE_MAX = 1800;
const TOLD_EVENTS = 6;

/** What `status` says now, as a point of the timeline. */
export function livePoint(guest, nowMs) {
  const load = guest.load ?? {};
  const used = load.memory_available_bytes === undefined ? null :
    Math.max(0, guest.size.memory_bytes - load.memory_available_bytes);
  return {at: nowMs, vcpus: guest.size.vcpus, busy: load.busy_vcpus ?? null, memory: guest.size.memory_bytes, used};
}

export function addLive(points, point) {
  points.push(point);
  if (points.length > LIVE_MAX) points.splice(0, points.length - LIVE_MAX);
}

function recordedPoint(point) {
  return {at: point.start_ms, vcpus: point.vcpus, busy: point.busy_vcpus ?? null, memory: point.memory_bytes,
    used: point.used_bytes ?? null, seconds: point.seconds};
}

const gap = (at) => ({at, vcpus: null, busy: null, memory: null, used: null});

/** Recorded points, then live ones. A time without points is a gap, not zero. */
export function points(history, live, fromMs) {
  const step = (history?.step_s ?? 0) * 1000;
  const recorded = (history?.usage ?? []).map(recordedPoint);
  const lastRecorded = recorded.length > 0 ? recorded[recorded.length - 1].at + step : fromMs;
  const all = [];
  const add = (point, longest) => {
    const before = all[all.length - 1];
    if (before && point.at - before.at > longest) all.push(gap(before.at + longest / 2));
    all.push(point);
  };
  for (const point of recorded) if (point.at >= fromMs) add(point, step * 2.5);
  const patience = Math.max(step * 2.5, 15000);
  for (const point of live) if (point.at >= Math.max(fromMs, lastRecorded)) add(point, patience);
  return all;
}

export const reasonText = (decision) => decision.reasons.map((reason) => reason.text).join('; ') || 'no reason told';

const differs = (one, other) => one.vcpus !== other.vcpus || one.memory_bytes !== other.memory_bytes;

function settings(values) {
  return Object.entries(values ?? {}).map(([name, value]) => `${name} = ${value}`).join(', ');
}

function decisionEvent(decision) {
  const wants = differs(decision.current, decision.target);
  return {kind: 'decision', at: decision.first_ms, wants, from: decision.current, target: decision.target,
    title: wants ? `Wanted ${change(decision.current, decision.target)}` : `Held ${size(decision.current)}`,
    why: reasonText(decision)};
}

function resizeEvent(resize) {
  const ending = resize.ending ?? 'under way';
  const broken = resize.broken_link ? `; the link ${resize.broken_link} broke` : '';
  const took = resize.ended_ms ? ` after ${duration(resize.ended_ms - resize.started_ms)}` : '';
  const outcome = `${ending}${took}${broken}${resize.ending_reason ? `: ${resize.ending_reason}` : ''}`;
  return {kind: 'resize', at: resize.started_ms, end: resize.ended_ms ?? null, ending, outcome, target: resize.target,
    title: `Resize ${change(resize.from, resize.target)}`, why: resize.reason, steps: resize.steps ?? []};
}

function retunedEvent(retuned) {
  const failed = retuned.error ? `; ${retuned.error}` : '';
  return {kind: 'retuned', at: retuned.at_ms, title: `Re-tuned ${retuned.application}: ${retuned.result}`,
    why: `${settings(retuned.before) || UNKNOWN} → ${settings(retuned.after) || UNKNOWN}${failed}`};
}

function floorEvent(floor) {
  const what = floor.resource === 'memory' ? bytes(floor.at_least) : vcpus(floor.at_least);
  return {kind: 'floor', at: floor.at_ms, title: `Learned not to go below ${what}`,
    why: `${floor.cause}; for ${duration(floor.hold_ms)}`};
}

/** Everything that happened, oldest first; what both history and memory know is told once. */
export function events(history, guest, fromMs) {
  const decisions = new Map();
  const resizes = new Map();
  for (const source of [history, guest]) {
    for (const decision of source?.decisions ?? []) decisions.set(decision.first_ms, decision);
    for (const resize of source?.resizes ?? []) resizes.set(resize.started_ms, resize);
  }
  const all = [...decisions.values()].map(decisionEvent);
  for (const resize of resizes.values()) {
    all.push(resizeEvent(resize));
    for (const retuned of resize.retuned ?? []) all.push(retunedEvent(retuned));
  }
  for (const floor of history?.floors ?? []) all.push(floorEvent(floor));
  return all.filter((event) => (event.end ?? event.at) >= fromMs).sort((a, b) => a.at - b.at);
}

/** The last point at or before a time. */
export function pointAt(all, at) {
  let found = null;
  for (const point of all) {
    if (point.at > at) break;
    found = point;
  }
  return found;
}

function near(event, at, reach) {
  const end = event.kind === 'resize' ? event.end ?? event.at : event.at;
  return event.at - reach <= at && at <= end + reach;
}

/** What is told of a time: the figures, the decision that was in force, and what happened within `reach`. */
export function readout(all, happened, at, reach) {
  const point = pointAt(all, at);
  const lines = [{kind: 'time', text: time(at)}];
  if (point) {
    lines.push({kind: 'vcpus', text: `${vcpus(point.vcpus)}, ${number(point.busy, 2)} busy`});
    lines.push({kind: 'memory', text: `${bytes(point.memory)}, ${bytes(point.used)} used`});
  }
  const close = happened.filter((event) => near(event, at, reach));
  const told = close.filter((event) => event.kind !== 'decision').slice(0, TOLD_EVENTS);
  const before = happened.filter((event) => event.kind === 'decision' && event.at <= at + reach);
  const wanted = close.filter((event) => event.kind === 'decision' && event.wants);
  const decision = wanted[wanted.length - 1] ?? before[before.length - 1];
  for (const event of decision ? [decision, ...told] : told) {
    const why = event !== decision && event.why === decision?.why ? 'as decided' : event.why;
    const outcome = event.outcome ? ` (${event.outcome})` : '';
    lines.push({kind: event.kind, text: `${event.title}: ${why}${outcome}`});
  }
  return lines;
}

/** For the chart: seconds, then one column a series. */
export function columns(all, allocated, used) {
  return [all.map((point) => point.at / 1000), all.map((point) => point[allocated]), all.map((point) => point[used])];
}

/** The next event after, or the last before a time; holds are passed over. */
export function stepEvent(happened, at, forward) {
  const marks = happened.filter((event) => event.kind !== 'decision' || event.wants);
  return forward ? marks.find((event) => event.at > at) : marks.findLast((event) => event.at < at);
}
