// What `npm run mutation` breaks, one line at a time, and the tests that have to notice.
export default {
  mutate: ['src/gate/**/*.ts', 'src/records/**/*.ts', 'src/session/**/*.ts', 'src/hub/ingest.ts', 'src/hub/replay.ts'],
  buildCommand: 'node esbuild.mjs --tests',
  plugins: ['./test/mutation/mochaRunner.mjs'],
  testRunner: 'bundled mocha',
  mocha: {
    timeout: 10_000,
    tests: [
      'out/unit/gate',
      'out/unit/records',
      'out/unit/session',
      'out/unit/hub/ingest.test.js',
      'out/unit/hub/replay.test.js',
    ],
  },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  timeoutMS: 10_000,
  ignorePatterns: ['.vscode-test', 'dist', 'out'],
  tempDirName: '.vscode-test/stryker',
  incrementalFile: '.vscode-test/mutation/incremental.json',
  reporters: ['clear-text', 'progress-append-only', 'json', 'html'],
  jsonReporter: { fileName: '.vscode-test/mutation/report.json' },
  htmlReporter: { fileName: '.vscode-test/mutation/report.html' },
  clearTextReporter: { allowEmojis: false, logTests: false, reportTests: false },
  thresholds: { high: 90, low: 85, break: 85 },
};
