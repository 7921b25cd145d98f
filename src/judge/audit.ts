import * as z from 'zod';
import { plainText } from '../state/outputText.js';

/** What an audit found, and of what. */
export interface Audited {
  readonly vulnerabilities: number;
  /** One line for each package that has some. */
  readonly packages: readonly string[];
}

/** `npm audit --json`, of npm 7 and newer. */
const npm = z
  .object({
    metadata: z.object({ vulnerabilities: z.object({ total: z.number() }) }),
    vulnerabilities: z.record(z.string(), z.object({ severity: z.string() })),
  })
  .transform(({ metadata, vulnerabilities }) => ({
    vulnerabilities: metadata.vulnerabilities.total,
    packages: Object.entries(vulnerabilities).map(([name, { severity }]) => `${name}: ${severity}`),
  }));

/** `pip-audit --format json`; a dependency that it skipped has no list. */
const pip = z
  .object({
    dependencies: z.array(z.object({ name: z.string(), vulns: z.array(z.object({ id: z.string() })).default([]) })),
  })
  .transform(({ dependencies }) => ({
    vulnerabilities: dependencies.reduce((sum, { vulns }) => sum + vulns.length, 0),
    packages: dependencies
      .filter(({ vulns }) => vulns.length > 0)
      .map(({ name, vulns }) => `${name}: ${vulns.map(({ id }) => id).join(', ')}`),
  }));

/** `cargo audit --json` */
const cargo = z
  .object({
    vulnerabilities: z.object({
      count: z.number(),
      list: z.array(z.object({ advisory: z.object({ id: z.string() }), package: z.object({ name: z.string() }) })),
    }),
  })
  .transform(({ vulnerabilities: { count, list } }) => ({
    vulnerabilities: count,
    packages: list.map((found) => `${found.package.name}: ${found.advisory.id}`),
  }));

const report = z.union([npm, pip, cargo]);

/** What an audit printed; undefined when it is no report, as without a network. Other lines may stand around it. */
export function parseAudit(output: string): Audited | undefined {
  const text = plainText(output);
  const begin = /^\{/m.exec(text)?.index;
  if (begin === undefined) return undefined;
  try {
    return report.safeParse(JSON.parse(text.slice(begin, text.lastIndexOf('}') + 1))).data;
  } catch {
    return undefined;
  }
}
