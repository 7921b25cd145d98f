// Loaded into each program that a test starts while coverage is measured: says at its end which mutants it met.
const { writeFileSync } = require('node:fs');
const path = require('node:path');

process.on('exit', () => {
  const met = globalThis.__stryker__?.mutantCoverage?.static;
  const folder = process.env.STORYLOOP_MUTANTS_MET;
  if (met && folder) writeFileSync(path.join(folder, String(process.pid)), JSON.stringify(Object.keys(met)));
});
