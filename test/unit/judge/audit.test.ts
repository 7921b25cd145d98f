import assert from 'node:assert/strict';
import { withVulnerabilities } from '../../../src/judge/gateRun.js';
import { verdictOnAudit } from '../../../src/judge/gateVerdict.js';

/** As npm 7 to 11 print it (auditReportVersion 2), shortened. */
const npm = {
  auditReportVersion: 2,
  vulnerabilities: {
    lodash: { name: 'lodash', severity: 'high', isDirect: true, via: [{ source: 1, title: 'Prototype Pollution' }] },
    minimist: { name: 'minimist', severity: 'critical', isDirect: false, via: [] },
  },
  metadata: { vulnerabilities: { info: 0, low: 0, moderate: 0, high: 1, critical: 1, total: 2 } },
};
/** As pip-audit 2 prints it. */
const pip = {
  dependencies: [
    { name: 'flask', version: '0.5', vulns: [{ id: 'PYSEC-2019-179' }, { id: 'PYSEC-2018-66' }] },
    { name: 'attrs', version: '23.1.0', vulns: [] },
    { name: 'mine', skip_reason: 'not found on PyPI' },
  ],
  fixes: [],
};
/** As cargo-audit 0.2x prints it, shortened. */
const cargo = {
  database: { 'advisory-count': 600 },
  vulnerabilities: {
    found: true,
    count: 1,
    list: [{ advisory: { id: 'RUSTSEC-2020-0071' }, package: { name: 'time', version: '0.1.43' } }],
  },
  warnings: {},
};
/** As npm 10 prints it without a network. */
const offline = {
  message: 'request to https://audit.example/quick failed, reason: getaddrinfo ENOTFOUND',
  error: { summary: '', detail: '' },
};

const run = (report: string, exitCode: number) =>
  withVulnerabilities(
    {
      end: { kind: 'exited', exitCode, survivors: 0 },
      passed: exitCode === 0,
      output: report,
      durationMs: 1,
      outputFile: '',
    },
    report,
  );
const json = (report: object): string => JSON.stringify(report, undefined, 2);
const finding = (total: number) =>
  run(json({ vulnerabilities: {}, metadata: { vulnerabilities: { total } } }), total === 0 ? 0 : 1);

describe('An audit', () => {
  it('counts and names what npm, pip-audit and cargo-audit report, whatever they say around it', () => {
    const told = (report: object) => {
      const { problems, output, passed } = run(`npm warn it\n${json(report)}\nFound 2 known vulnerabilities\n`, 1);
      return [problems.vulnerabilities, output, passed];
    };
    assert.deepEqual(told(npm), [2, 'lodash: high\nminimist: critical', false]);
    assert.deepEqual(told(pip), [2, 'flask: PYSEC-2019-179, PYSEC-2018-66', false]);
    assert.deepEqual(told(cargo), [1, 'time: RUSTSEC-2020-0071', false]);
    assert.equal(finding(0).passed, true);
  });

  it('does not pass while something is found, whatever its exit code', () => {
    assert.equal(run(json(npm), 0).passed, false);
  });

  it('is inconclusive, and claims no number, when it has no report: without a network, or cut off', () => {
    for (const report of [json(offline), json(npm).slice(0, -1), 'npm error code ENOLOCK', '', '{}', '[]']) {
      for (const exitCode of [0, 1]) {
        const { passed, isInconclusive, problems } = run(report, exitCode);
        assert.deepEqual([passed, isInconclusive, problems], [false, true, {}], report);
      }
    }
    assert.equal(run(json({ vulnerabilities: {}, metadata: { vulnerabilities: { total: 0 } } }), 1).passed, false);
    assert.equal(verdictOnAudit(run(json(offline), 1), finding(1)).verdict.kind, 'inconclusive');
  });

  it('warns of more than the base has; the rest was there before', () => {
    assert.equal(verdictOnAudit(finding(3), finding(2)).verdict.kind, 'warning');
    assert.equal(verdictOnAudit(finding(2), finding(2)).verdict.kind, 'old-failure');
    assert.equal(verdictOnAudit(finding(1), finding(0)).verdict.kind, 'warning');
    assert.equal(verdictOnAudit(finding(1), undefined).verdict.kind, 'warning');
    assert.equal(verdictOnAudit(finding(1), run(json(offline), 1)).verdict.kind, 'warning');
  });
});
