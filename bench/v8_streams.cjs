// Loaded before js_bench.mjs, so that a run's output can be compared with the recorded one.
const fs = require('node:fs');

// A guest that closes its standard streams has closed what js_bench closes again after the run.
const close = fs.closeSync;
fs.closeSync = (fd) => {
  try {
    close(fd);
  } catch (error) {
    if (error.code !== 'EBADF') throw error;
  }
};

// js_bench appends the guest's standard error to its output.
const open = fs.openSync;
fs.openSync = (path, flags, ...rest) => open(flags === 'a' ? '/dev/null' : path, flags, ...rest);
