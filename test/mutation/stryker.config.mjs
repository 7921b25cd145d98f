// What `npm run mutation` breaks, and the tests that have to notice. Every mutator is on, texts for people included.
export default {
  mutate: ['src/{gate,records,session}/*.ts', 'src/hub/{ingest,replay}.ts'],
  buildCommand: 'node esbuild.mjs --tests',
  plugins: ['./test/mutation/mochaRunner.mjs', './test/mutation/failpointNames.mjs'],
  ignorers: ['failpoint names'],
  testRunner: 'bundled mocha',
  mocha: {
    timeout: 6_000,
    last: ['ownership.test.js', 'terms.test.js'],
    tests: {
      'src/gate': ['out/unit/gate'],
      'src/records': ['out/unit/records'],
      'src/session': ['out/unit/session'],
      'src/hub': ['ingest', 'ingestBatches', 'replay'].map((name) => `out/unit/hub/${name}.test.js`),
    },
  },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  timeoutMS: 5_000,
  // Somewhere that git, eslint, prettier and the packed extension do not look at.
  tempDirName: '.vscode-test/stryker',
  incrementalFile: '.vscode-test/mutation/incremental.json',
  ignorePatterns: ['.vscode-test', 'dist', 'out'],
  reporters: ['clear-text', 'progress-append-only', 'json', 'html'],
  jsonReporter: { fileName: '.vscode-test/mutation/report.json' },
  htmlReporter: { fileName: '.vscode-test/mutation/report.html' },
  clearTextReporter: { allowEmojis: false, logTests: false, reportTests: false },
  thresholds: { high: 90, low: 85, break: 85 },
};
