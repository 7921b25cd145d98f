// `npm run docs`: writes docs/asyncapi.json and docs/schemas from the catalogue of events and the frames.
import { build } from 'esbuild';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { root } from './root.mjs';
import { step } from './step.mjs';

const outfile = path.join(root, 'out', 'documents.mjs');
await step('Building', () =>
  build({
    ...{ absWorkingDir: root, entryPoints: ['test/rig/documents/documents.ts'], outfile, logLevel: 'warning' },
    ...{ bundle: true, platform: 'node', target: 'node20', format: 'esm', packages: 'external' },
  }),
);
const { documents, schemaFolder } = await import(outfile);
await rm(outfile);

const generated = documents();
for (const [name, content] of generated) {
  const file = path.join(root, name);
  await mkdir(path.dirname(file), { recursive: true });
  const text = await format(JSON.stringify(content), { ...(await resolveConfig(file)), parser: 'json' });
  await writeFile(file, text);
}
for (const name of await readdir(path.join(root, schemaFolder), { recursive: true })) {
  const file = path.posix.join(schemaFolder, name.split(path.sep).join('/'));
  if (file.endsWith('.json') && !generated.has(file)) await rm(path.join(root, file));
}
console.log(`${generated.size} documents are written`);
