import os from "node:os";
// expect: DSC101
const numCPUs = os.cpus().length;
// expect: DSC101
const { length: cores } = os.cpus();
if (cluster.isPrimary) {
  // expect: DSC101
  for (let i = 0; i < os.cpus().length; i++) cluster.fork();
}
class Pool {
  // expect: DSC101
  size = os.availableParallelism();
  constructor(options) {
    // expect: DSC101
    this.max = options.max || os.cpus().length;
  }
}
export const settings = {
  // expect: DSC101
  workers: process.env.WORKERS || os.cpus().length,
};
// expect: DSC301
const cacheBytes = Math.floor(os.totalmem() * 0.25);
app.get('/info', (req: Request, res: Response) => {
  // ok: DSC101
  res.json({ cpus: os.cpus().length, mem: os.totalmem() });
});
// ok: DSC101
console.log(`cpus ${os.cpus().length}`);
setInterval(() => {
  // ok: DSC101
  limit = os.cpus().length;
}, 1000);
function usage() {
  // ok: DSC101
  return os.loadavg()[0] / os.cpus().length;
}
// expect: DSC101
const pool = new Piscina({ maxThreads: os.cpus().length });
// expect: DSC101
export const threads = Math.max(1, os.cpus().length - 1);
