// Runs the bundled tests against one mutant after another, in one process. Stryker's own runner for mocha cannot load
// mocha 12 (stryker-js#6205), and gives tests no time limit.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { INSTRUMENTER_CONSTANTS as NAMES } from '@stryker-mutator/api/core';
import { commonTokens, declareClassPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin';
import {
  determineHitLimitReached,
  DryRunStatus,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';
import Mocha from 'mocha';

/** What the configuration says to this runner. */
export const strykerValidationSchema = {
  properties: {
    mocha: {
      type: 'object',
      required: ['tests', 'last', 'timeout'],
      properties: {
        tests: { type: 'object', additionalProperties: { type: 'array', items: { type: 'string' } } },
        last: { type: 'array', items: { type: 'string' } },
        timeout: { type: 'number' },
      },
    },
  },
};

class MochaRunner {
  static inject = tokens(commonTokens.options);

  #options;
  #mocha;
  #collect = () => {};
  #begin = () => {};
  #isLoaded = false;
  #isDisturbed = false;
  /** The file of each test that is loaded, by its title. */
  #fileOf = new Map();
  /** What the instrumented code reads and counts in. */
  #context = (globalThis[NAMES.NAMESPACE] ??= {});

  constructor({ mocha }) {
    this.#options = mocha;
  }

  capabilities() {
    return { reloadEnvironment: false };
  }

  init() {
    const require = createRequire(path.resolve('package.json'));
    const collect = (event) => this.#collect(event);
    this.#mocha = new Mocha({
      timeout: this.#options.timeout,
      rootHooks: require('./out/rig/leakCheck.js').mochaHooks,
      reporter: function (runner) {
        runner.on('pass', (test) => collect({ test, status: TestStatus.Success }));
        runner.on('pending', (test) => collect({ test, status: TestStatus.Skipped }));
        runner.on('fail', (test, error) => collect({ test, status: TestStatus.Failed, error }));
      },
    });
    this.#mocha.cleanReferencesAfterRun(false);
    const begin = (test) => this.#begin(test);
    this.#mocha.suite.beforeEach('its coverage', function () {
      begin(this.currentTest);
    });
  }

  /** Measures which mutants each test meets, itself or in programs that it starts. */
  async dryRun({ disableBail }) {
    const met = mkdtempSync(path.join(os.tmpdir(), 'storyloop-mutants-'));
    process.env.STORYLOOP_MUTANTS_MET = met;
    process.env.NODE_OPTIONS = `--require "${startedProgram}"`;
    this.#begin = (test) => {
      this.#addMet(met);
      this.#context.currentTestId = test.fullTitle();
    };
    const result = await this.#run(disableBail);
    this.#begin = () => {};
    this.#addMet(met);
    rmSync(met, { recursive: true });
    delete process.env.NODE_OPTIONS;
    return { ...result, mutantCoverage: this.#context.mutantCoverage };
  }

  #addMet(folder) {
    const { mutantCoverage, currentTestId } = this.#context;
    for (const file of readdirSync(folder).map((name) => path.join(folder, name))) {
      const counts = (mutantCoverage.perTest[currentTestId] ??= {});
      for (const id of JSON.parse(readFileSync(file, 'utf8'))) counts[id] = (counts[id] ?? 0) + 1;
      rmSync(file);
    }
  }

  async mutantRun({ activeMutant, testFilter, disableBail, hitLimit, mutantActivation }) {
    this.#context.hitLimit = hitLimit;
    this.#context.hitCount = hitLimit === undefined ? undefined : 0;
    // One that is met while files are loaded has a process of its own; files without it need not be run.
    const isStatic = mutantActivation === 'static';
    const own = this.#testsOf(activeMutant.fileName);
    this.#context.activeMutant = isStatic ? activeMutant.id : undefined;
    await this.#load((file) => !isStatic || (own.includes(file) && hasMutant(file, activeMutant.id)));
    this.#mocha.suite.suites.sort((a, b) => this.#rank(a, activeMutant) - this.#rank(b, activeMutant));
    const titles = [...this.#fileOf.keys()].filter((title) => own.includes(this.#fileOf.get(title)));
    this.#mocha.grep(exactly(testFilter ? titles.filter((title) => testFilter.includes(title)) : titles));
    // Programs that a test starts are broken in the same place.
    process.env[NAMES.ACTIVE_MUTANT_ENV_VARIABLE] = activeMutant.id;
    return toMutantRunResult(await this.#run(disableBail, activeMutant.id));
  }

  /** The tests that have to notice that a file is broken: those of its folder. */
  #testsOf(file) {
    const inFolder = Object.entries(this.#options.tests).filter(([folder]) => file.includes(`/${folder}/`));
    return inFolder.flatMap(([, tests]) => tests).flatMap(testFiles);
  }

  /** Who most likely notices comes first: the tests of the same name, and last those that take long. */
  #rank({ file }, { fileName }) {
    if (path.basename(file, '.test.js') === path.basename(fileName, '.ts')) return 0;
    return this.#options.last.includes(path.basename(file)) ? 2 : 1;
  }

  async #load(isWanted = () => true) {
    if (this.#isLoaded) return;
    this.#isLoaded = true;
    const files = Object.values(this.#options.tests).flat().flatMap(testFiles);
    for (const file of files.filter(isWanted)) this.#mocha.addFile(file);
    await this.#mocha.loadFilesAsync();
    this.#mocha.suite.eachTest((test) => this.#fileOf.set(test.fullTitle(), test.file));
  }

  /** Runs the tests again when one of an earlier run, which did not end in time, ended only now. */
  async #run(disableBail, mutant) {
    for (;;) {
      const result = await this.#runOnce(disableBail, mutant);
      if (!this.#isDisturbed) return result;
    }
  }

  async #runOnce(disableBail, mutant) {
    this.#isDisturbed = false;
    const tests = [];
    this.#collect = ({ test, status, error }) => {
      this.#isDisturbed ||= error?.code === 'ERR_MOCHA_MULTIPLE_DONE';
      // A hook fails for the test that it belongs to.
      const id = (test.ctx?.currentTest ?? test).fullTitle();
      const about = { id, name: id, fileName: test.file, timeSpentMs: test.duration ?? 0 };
      tests.push({ ...about, status, ...(error && { failureMessage: error.stack ?? String(error) }) });
    };
    await this.#load();
    this.#context.activeMutant = mutant;
    setBail(this.#mocha.suite, !disableBail);
    await new Promise((resolve) => this.#mocha.run(resolve));
    const { hitCount, hitLimit } = this.#context;
    return determineHitLimitReached(hitCount, hitLimit) ?? { status: DryRunStatus.Complete, tests };
  }
}

function setBail(suite, bail) {
  suite.bail(bail);
  for (const inner of suite.suites) setBail(inner, bail);
}

function exactly(titles) {
  const escaped = titles.map((title) => title.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&'));
  return new RegExp(`^(${escaped.join('|')})$`);
}

/** A file of tests, or all that stand in a folder. */
function testFiles(name) {
  if (name.endsWith('.js')) return [path.resolve(name)];
  const files = readdirSync(name).filter((file) => file.endsWith('.test.js'));
  return files.sort().map((file) => path.resolve(name, file));
}

const startedProgram = fileURLToPath(import.meta.resolve('./startedProgram.cjs'));

/** Whether a bundle can switch on this mutant: in its own code, or in that of a program that it has as text. */
function hasMutant(file, id) {
  return new RegExp(`\\(\\\\?["'\`]${id}\\\\?["'\`]\\)`).test(readFileSync(file, 'utf8'));
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'bundled mocha', MochaRunner)];
