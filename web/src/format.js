// Figures as people read them. Pure. A figure that is not known is "–", never 0.

export const UNKNOWN = '–';
const KIB = 1024;
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

const known = (value) => typeof value === 'number' && Number.isFinite(value);

export function bytes(value) {
  if (!known(value)) return UNKNOWN;
  let unit = 0;
  let size = value;
  while (Math.abs(size) >= KIB && unit < UNITS.length - 1) {
    size /= KIB;
    unit += 1;
  }
  return `${number(size, unit < 2 || Math.abs(size) >= 100 ? 0 : 1)} ${UNITS[unit]}`;
}

export function number(value, digits = 1) {
  if (!known(value)) return UNKNOWN;
  const rounded = Number(value.toFixed(digits));
  return String(Object.is(rounded, -0) ? 0 : rounded);
}

export const percent = (value) => (known(value) ? `${number(value, 0)} %` : UNKNOWN);

export function vcpus(value) {
  return known(value) ? `${number(value, 2)} ${value === 1 ? 'vCPU' : 'vCPUs'}` : UNKNOWN;
}

export const size = (value) => (value ? `${vcpus(value.vcpus)}, ${bytes(value.memory_bytes)}` : UNKNOWN);

/** "1 → 2 vCPUs, 1 → 1.5 GiB": only what differs. */
export function change(from, to) {
  const parts = [];
  if (from.vcpus !== to.vcpus) parts.push(`${from.vcpus} → ${vcpus(to.vcpus)}`);
  if (from.memory_bytes !== to.memory_bytes) parts.push(`${bytes(from.memory_bytes)} → ${bytes(to.memory_bytes)}`);
  return parts.length > 0 ? parts.join(', ') : `stays at ${size(to)}`;
}

export function duration(ms) {
  if (!known(ms)) return UNKNOWN;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 90) return `${number(seconds, seconds < 10 ? 1 : 0)} s`;
  const minutes = seconds / 60;
  if (minutes < 90) return `${number(minutes, 0)} min`;
  return minutes < 48 * 60 ? `${number(minutes / 60, 1)} h` : `${number(minutes / 1440, 1)} d`;
}

export function time(ms) {
  return known(ms) ? new Date(ms).toLocaleTimeString() : UNKNOWN;
}

export function moment(ms) {
  return known(ms) ? new Date(ms).toLocaleString() : UNKNOWN;
}

/** A part of a whole from 0 to 1; nothing when either is not known. */
export function part(value, whole) {
  return known(value) && known(whole) && whole > 0 ? Math.min(1, Math.max(0, value / whole)) : null;
}

/** How sizes met demand in the last day, of one guest or of the host's guests together; nothing where not known. */
export function lastDay(day) {
  return [['vcpu_hours', 'vCPU-hours'], ['gib_hours', 'GiB-hours']].flatMap(([key, unit]) => {
    const it = day?.[key];
    if (!it) return [];
    const relative = known(it.relative_cost) ? `; ${number(it.relative_cost, 2)} times the cost in hindsight` : '';
    return [`${number(it.had, 1)} ${unit}, ${number(it.over_demand, 1)} above demand, ` +
      `${number(it.unserved, 1)} of demand unserved${relative}`];
  });
}
