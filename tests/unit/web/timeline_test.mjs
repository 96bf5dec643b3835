import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {bytes, change, duration, lastDay, number, UNKNOWN, vcpus} from '../../../web/src/format.js';
import {events, livePoint, points, pointAt, readout, stepEvent} from '../../../web/src/timeline.js';
import {nextWait} from '../../../web/src/poll.js';

const GIB = 1 << 30;
const at = (vcpus, memory_bytes = GIB) => ({vcpus, memory_bytes});

describe('figures', () => {
  it('are dashes when they are not known, never zero', () => {
    for (const format of [bytes, number, vcpus, duration]) assert.equal(format(undefined), UNKNOWN);
    assert.equal(bytes(0), '0 B');
    assert.equal(number(0), '0');
  });

  it('have units that fit', () => {
    assert.equal(bytes(1.5 * GIB), '1.5 GiB');
    assert.equal(bytes(200 * (1 << 20)), '200 MiB');
    assert.equal(duration(950), '950 ms');
    assert.equal(duration(5400000), '1.5 h');
    assert.equal(vcpus(1), '1 vCPU');
  });

  it('tell only what differs', () => {
    assert.equal(change(at(1), at(2)), '1 → 2 vCPUs');
    assert.equal(change(at(1), at(1)), 'stays at 1 vCPU, 1 GiB');
  });

  it('of the last day tell a resource only when it is known, and its cost only when there is one', () => {
    assert.deepEqual(lastDay(undefined), []);
    assert.deepEqual(lastDay({}), []);
    const vcpu_hours = {had: 24, over_demand: 6.25, unserved: 0.5, relative_cost: 1.234};
    assert.deepEqual(lastDay({vcpu_hours}),
        ['24 vCPU-hours, 6.3 above demand, 0.5 of demand unserved; 1.23 times the cost in hindsight']);
    assert.deepEqual(lastDay({gib_hours: {had: 48, over_demand: 0, unserved: 0}}),
        ['48 GiB-hours, 0 above demand, 0 of demand unserved']);
  });
});

describe('points', () => {
  const history = {step_s: 10, usage: [0, 10000, 60000].map((start_ms) => ({start_ms, vcpus: 1, memory_bytes: GIB}))};

  it('have a gap where nothing was recorded', () => {
    const all = points(history, [], 0);
    assert.deepEqual(all.map((point) => point.vcpus), [1, 1, null, 1]);
  });

  it('go on with live ones after the record', () => {
    const live = [{at: 65000, vcpus: 9}, {at: 71000, vcpus: 2}];
    assert.deepEqual(points(history, live, 0).at(-1), live[1]);
    assert.equal(points(history, live, 0).filter((point) => point.vcpus === 9).length, 0);
  });

  it('know nothing of load that was not reported', () => {
    const point = livePoint({size: at(2), load: {}}, 5);
    assert.deepEqual([point.busy, point.used], [null, null]);
  });

  it('are found by time', () => {
    assert.equal(pointAt(points(history, [], 0), 15000).at, 10000);
    assert.equal(pointAt([], 15000), null);
  });
});

const resize = {number: 1, started_ms: 1000, ended_ms: 1500, from: at(1), target: at(2), reason: 'busy', ending: 'complete',
  steps: [], retuned: [{at_ms: 1400, application: 'gunicorn', result: 'verified', before: {workers: 3},
    after: {workers: 5}}]};
const wish = {first_ms: 900, current: at(1), target: at(2), reasons: [{text: 'busy 1 of 1'}]};
const hold = {first_ms: 2000, current: at(2), target: at(2), reasons: [{text: 'in between'}]};

describe('events', () => {
  it('are told once, whoever knows of them', () => {
    const told = events({decisions: [wish], resizes: [resize]}, {decisions: [wish, hold], resizes: [resize]}, 0);
    assert.deepEqual(told.map((event) => event.kind), ['decision', 'resize', 'retuned', 'decision']);
  });

  it('leave out what ended before', () => {
    assert.equal(events(null, {decisions: [wish], resizes: [resize]}, 1600).length, 0);
  });

  it('tell under a time what happened there, and why', () => {
    const told = readout([], events(null, {decisions: [wish, hold], resizes: [resize]}, 0), 1200, 250);
    const text = told.map((line) => line.text).join('\n');
    assert.match(text, /Wanted 1 → 2 vCPUs: busy 1 of 1/);
    assert.match(text, /Resize 1 → 2 vCPUs: busy \(complete after 500 ms\)/);
    assert.match(text, /Re-tuned gunicorn: verified: workers = 3 → workers = 5/);
  });

  it('tell the decision that was in force where nothing happened', () => {
    const told = readout([], events(null, {decisions: [wish, hold]}, 0), 9000, 10);
    assert.match(told.at(-1).text, /Held 2 vCPUs, 1 GiB: in between/);
  });

  it('are walked without the holds', () => {
    const all = events(null, {decisions: [wish, hold], resizes: [resize]}, 0);
    assert.equal(stepEvent(all, 5000, false).kind, 'retuned');
    assert.equal(stepEvent(all, 5000, true), undefined);
  });
});

describe('polling', () => {
  it('leaves hostd nine tenths of its time, and waits longer while it fails', () => {
    assert.equal(nextWait(2000, 50, 0), 2000);
    assert.equal(nextWait(2000, 700, 0), 7000);
    assert.equal(nextWait(2000, 0, 3), 16000);
    assert.equal(nextWait(2000, 0, 30), 30000);
  });
});
