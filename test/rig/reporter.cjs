const { writeFileSync } = require('node:fs');
const Mocha = require('mocha');

/** Mocha's own report for people, and the counts in the file that STORYLOOP_TEST_COUNTS names for `npm test`. */
class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const file = process.env.STORYLOOP_TEST_COUNTS;
    if (!file) return;
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats;
      writeFileSync(file, JSON.stringify({ passed: passes, failed: failures, skipped: pending }));
    });
  }
}

module.exports = CountingReporter;
