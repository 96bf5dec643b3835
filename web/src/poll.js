// Asks again and again, one request at a time: never while the page is hidden, slower while hostd is busy or gone.

const SHARE_OF_TIME = 10;
const LONGEST_MS = 30000;

/** How long to wait: at least ten times what the last answer took, doubling while it fails. Pure. */
export function nextWait(every, took, failures) {
  return Math.min(LONGEST_MS, Math.max(every, took * SHARE_OF_TIME, failures ? every * 2 ** failures : 0));
}

export class Poller {
  /** `work(signal)` may throw; `failed(error)` is told. */
  constructor(every, work, failed) {
    Object.assign(this, {every, work, failed, failures: 0, timer: 0, stopper: new AbortController()});
    this.shown = () => document.hidden || this.soon();
  }

  start() {
    document.addEventListener('visibilitychange', this.shown);
    this.soon();
  }

  stop() {
    document.removeEventListener('visibilitychange', this.shown);
    clearTimeout(this.timer);
    this.stopper.abort();
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.once(), 0);
  }

  async once() {
    if (this.busy || this.stopper.signal.aborted || document.hidden) return;
    this.busy = true;
    const began = performance.now();
    try {
      await this.work(this.stopper.signal);
      this.failures = 0;
    } catch (error) {
      if (this.stopper.signal.aborted) return;
      this.failures += 1;
      this.failed(error);
    } finally {
      this.busy = false;
    }
    if (this.stopper.signal.aborted) return;
    this.timer = setTimeout(() => this.once(), nextWait(this.every, performance.now() - began, this.failures));
  }
}
