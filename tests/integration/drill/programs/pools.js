// Writes what the runtime says of the machine, again and again.
const fs = require('fs');
const os = require('os');
const v8 = require('v8');
const now = process.argv[2];
setInterval(() => {
  fs.writeFileSync(now + '.new', `cpus ${os.cpus().length}\navailableParallelism ${os.availableParallelism()}\n` +
    `totalmem ${Math.floor(os.totalmem() / 1048576)}\nheapLimit ${Math.floor(v8.getHeapStatistics().heap_size_limit / 1048576)}\n`);
  fs.renameSync(now + '.new', now);
}, 100);
