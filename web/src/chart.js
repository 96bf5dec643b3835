// Demand and allocation of one resource over time, with everything that happened on it. Hover or arrow keys tell why.
import uPlot from 'uplot';
import {columns, readout, stepEvent} from './timeline.js';
import {el} from './dom.js';

const HEIGHT = 220;
const NEAR_PX = 8;
const SYNC = uPlot.sync('timeline');

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function marks(chart, model) {
  const {ctx, bbox} = chart;
  const x = (at) => chart.valToPos(at / 1000, 'x', true);
  const ratio = uPlot.pxRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const event of model.events) {
    const left = x(event.at);
    if (event.kind === 'resize') {
      ctx.fillStyle = colour(event.ending === 'complete' || event.ending === 'under way' ? 'band' : 'band-bad');
      ctx.fillRect(left, bbox.top, Math.max(2 * ratio, x(event.end ?? Date.now()) - left), bbox.height);
    } else if (event.kind === 'decision' && model.scaled(event.from) !== model.scaled(event.target)) {
      triangle(ctx, left, chart.valToPos(model.scaled(event.target), 'y', true), 5 * ratio);
    } else if (event.kind === 'retuned') {
      dot(ctx, left, bbox.top + bbox.height - 7 * ratio, 4 * ratio);
    } else if (event.kind === 'floor') {
      ctx.fillStyle = colour('floor');
      ctx.fillRect(left - ratio, bbox.top, 2 * ratio, bbox.height);
    }
  }
  ctx.restore();
}

function triangle(ctx, x, y, reach) {
  ctx.fillStyle = colour('decision');
  ctx.beginPath();
  ctx.moveTo(x, y - reach);
  ctx.lineTo(x + reach, y + reach);
  ctx.lineTo(x - reach, y + reach);
  ctx.fill();
}

function dot(ctx, x, y, reach) {
  ctx.fillStyle = colour('retuned');
  ctx.beginPath();
  ctx.arc(x, y, reach, 0, 2 * Math.PI);
  ctx.fill();
}

function axis(format) {
  return {stroke: () => colour('quiet'), grid: {stroke: () => colour('grid'), width: 1},
    ticks: {stroke: () => colour('grid'), width: 1}, size: 80, values: format};
}

/** `kind`: {name, label, allocated, used, unit: what one on the scale is, format, scaled(size)} */
export class Chart {
  constructor(kind) {
    this.kind = kind;
    this.model = {points: [], events: [], scaled: kind.scaled};
    this.at = null;
    this.tip = el('div', {class: 'tip', hidden: true});
    this.canvas = el('div', {class: 'canvas'});
    this.node = el('div', {class: 'chart', tabindex: '0', role: 'slider', 'aria-orientation': 'horizontal',
      'aria-label': `${kind.label} over time. Left and right: one step. Page up and down: what happened before and after.`,
      onkeydown: (event) => this.key(event), onfocus: () => this.show(this.at ?? this.last()),
      onblur: () => this.hide()}, this.canvas, this.tip);
    this.resized = new ResizeObserver(() => this.plot?.setSize({width: this.width(), height: HEIGHT}));
    this.dark = matchMedia('(prefers-color-scheme: dark)');
    this.repaint = () => this.plot?.redraw(false, true);
    this.dark.addEventListener('change', this.repaint);
    this.resized.observe(this.node);
  }

  width() {
    return Math.max(200, this.node.clientWidth);
  }

  options() {
    const {kind} = this;
    const stepped = uPlot.paths.stepped({align: 1});
    return {width: this.width(), height: HEIGHT, legend: {show: false}, ms: 1e-3,
      cursor: {sync: {key: SYNC.key}, drag: {x: false, y: false}, points: {size: 6}},
      scales: {x: {time: true, range: () => this.range}, y: {range: (_, low, high) => [0, Math.max(1, high ?? 1) * 1.1]}},
      axes: [axis(), axis((_, ticks) => ticks.map((tick) => kind.format(tick)))],
      series: [{}, {stroke: () => colour('allocation'), width: 2, paths: stepped, points: {show: false}},
        {stroke: () => colour('demand'), width: 2, fill: () => colour('demand-fill'), points: {show: false}}],
      hooks: {drawAxes: [(plot) => marks(plot, this.model)], setCursor: [(plot) => this.hovered(plot)]}};
  }

  update(points, events, range) {
    this.range = [range[0] / 1000, range[1] / 1000];
    this.model = {points, events, scaled: this.kind.scaled};
    const data = columns(points, this.kind.allocated, this.kind.used);
    const scaled = [data[0], ...data.slice(1).map((column) =>
      column.map((value) => (value === null ? null : value / this.kind.unit)))];
    if (this.plot) this.plot.setData(scaled);
    else this.plot = new uPlot(this.options(), scaled, this.canvas);
    this.node.setAttribute('aria-valuemin', Math.round(this.range[0]));
    this.node.setAttribute('aria-valuemax', Math.round(this.range[1]));
    if (!this.node.hasAttribute('aria-valuenow')) this.tell(this.last());
  }

  last() {
    const {points} = this.model;
    return points.length > 0 ? points[points.length - 1].at : this.range[1] * 1000;
  }

  reach() {
    return (this.range[1] - this.range[0]) * 1000 / this.width() * NEAR_PX;
  }

  tell(at) {
    const lines = readout(this.model.points, this.model.events, at, this.reach());
    this.node.setAttribute('aria-valuenow', Math.round(at / 1000));
    this.node.setAttribute('aria-valuetext', lines.map((line) => line.text).join('. '));
    return lines;
  }

  hovered(plot) {
    if (this.moving) return;
    const {left} = plot.cursor;
    const ours = plot.cursor.event?.type?.startsWith('mouse') && this.canvas.contains(plot.cursor.event.target);
    if (left === undefined || left < 0) {
      if (document.activeElement !== this.node) this.hide();
      return;
    }
    if (ours) this.show(plot.posToVal(left, 'x') * 1000, true);
  }

  show(at, hovering = false) {
    if (!this.plot) return;
    this.at = at;
    this.tip.replaceChildren(...this.tell(at).map((line) => el('p', {class: line.kind, text: line.text})));
    this.tip.hidden = false;
    const x = this.plot.valToPos(at / 1000, 'x');
    if (!hovering) {
      this.moving = true;
      this.plot.setCursor({left: x, top: HEIGHT / 3});
      this.moving = false;
    }
    const left = x + this.plot.bbox.left / uPlot.pxRatio;
    const right = left > this.width() / 2;
    this.tip.style.left = right ? 'auto' : `${left + 12}px`;
    this.tip.style.right = right ? `${this.width() - left + 12}px` : 'auto';
  }

  hide() {
    this.tip.hidden = true;
  }

  key(event) {
    const at = this.at ?? this.last();
    const {points, events} = this.model;
    const step = {ArrowLeft: () => points.findLast((point) => point.at < at)?.at,
      ArrowRight: () => points.find((point) => point.at > at)?.at,
      PageUp: () => stepEvent(events, at, false)?.at, PageDown: () => stepEvent(events, at, true)?.at,
      Home: () => points[0]?.at, End: () => this.last(), Escape: () => this.hide()}[event.key];
    if (!step) return;
    event.preventDefault();
    const next = step();
    if (next !== undefined) this.show(next);
  }

  close() {
    this.dark.removeEventListener('change', this.repaint);
    this.resized.disconnect();
    this.plot?.destroy();
  }
}
