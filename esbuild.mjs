// Builds what ships (dist/) and, with --tests, what the tests run (out/).
import { build, transform } from 'esbuild';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const production = process.argv.includes('--production');
const tests = process.argv.includes('--tests');

/**
 * `import source from './program.ts?bundle'` gives the bundled program as text, so that it can be run with `node -e`
 * and needs no file of its own: the coordinator must go on when the extension's folder is gone.
 */
const bundleAsText = (options) => ({
  name: 'bundle-as-text',
  setup(plugin) {
    plugin.onResolve({ filter: /\?bundle$/ }, ({ path: specifier, resolveDir }) => ({
      path: path.resolve(resolveDir, specifier.replace(/\?bundle$/, '')),
      namespace: 'bundle-as-text',
    }));
    plugin.onLoad({ filter: /.*/, namespace: 'bundle-as-text' }, async ({ path: entry }) => {
      const result = await build({ ...options, entryPoints: [entry], write: false, minify: true, sourcemap: false });
      return { contents: result.outputFiles[0].text, loader: 'text', watchFiles: [entry] };
    });
  },
});

const common = { bundle: true, logLevel: 'warning', minify: production, sourcemap: production ? false : 'linked' };
// jsonc-parser's UMD build cannot be bundled; its ES module can.
const node = { ...common, platform: 'node', target: 'node20', format: 'cjs', mainFields: ['module', 'main'] };
// Failpoints vanish from what ships, minified or not: esbuild drops calls of a function that has become empty.
const shipped = { ...node, define: { FAILPOINTS: 'false' }, minifySyntax: true };
const withFailpoints = { ...node, define: { FAILPOINTS: 'true' }, minify: false, sourcemap: 'linked' };

/** Wherever node finds it: a copy of this folder inside it (`npm run mutation`) has no packages of its own. */
const fileOfPackage = (specifier) => fileURLToPath(import.meta.resolve(specifier));

/**
 * The extension in pieces: `extension.js` and those it imports are read and compiled before it activates, the others when
 * they are first wanted. esbuild splits only ES modules, VS Code is surest with CommonJS: one becomes the other.
 */
async function buildExtension() {
  const sourcemap = production ? false : 'inline';
  const { outputFiles } = await build({
    ...{ ...shipped, sourcemap, format: 'esm', splitting: true },
    plugins: [bundleAsText(shipped)],
    entryPoints: ['src/extension.ts'],
    outdir: 'dist',
    chunkNames: 'extension/[name]-[hash]',
    external: ['vscode'],
    write: false,
  });
  await mkdir('dist/extension', { recursive: true });
  const commonJs = { format: 'cjs', platform: 'neutral', target: 'node20', supported: { 'dynamic-import': false } };
  await Promise.all(
    outputFiles.map(async ({ path: file, text }) => {
      const { code } = await transform(text, { ...commonJs, minify: production, sourcemap, sourcefile: file });
      await writeFile(file, code);
    }),
  );
}

await rm('dist', { recursive: true, force: true });
await Promise.all([
  buildExtension(),
  build({
    ...shipped,
    plugins: [bundleAsText(shipped)],
    entryPoints: ['src/cli/main.ts'],
    outfile: 'dist/cli.js',
    banner: { js: '#!/usr/bin/env node' },
  }),
  // Loaded when the first client of Socket.IO comes.
  build({
    ...{ ...shipped, minify: true, outdir: 'dist' },
    entryPoints: { socketio: 'src/socketio/server.ts', metrics: 'src/hub/metrics.ts' },
  }),
  build({
    ...common,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    entryPoints: {
      dashboard: 'webview-ui/dashboard.tsx',
      events: 'webview-ui/events.tsx',
      browser: 'webview-ui/styles/browser.css',
    },
    outdir: 'dist',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    external: ['*.ttf'],
  }),
  ...['codicon.css', 'codicon.ttf'].map((name) => cp(fileOfPackage(`@vscode/codicons/dist/${name}`), `dist/${name}`)),
]);

if (tests) {
  await rm('out', { recursive: true, force: true });
  await Promise.all([
    build({
      ...withFailpoints,
      plugins: [bundleAsText(withFailpoints)],
      entryPoints: readdirSync('test', { recursive: true })
        .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
        .map((file) => path.join('test', file)),
      outdir: 'out',
      outbase: 'test',
      packages: 'external',
      external: ['vscode'],
    }),
    // The command line once more, with failpoints, beside the one that ships.
    build({
      ...withFailpoints,
      plugins: [bundleAsText(withFailpoints)],
      entryPoints: ['src/cli/main.ts'],
      outfile: 'out/faults/cli.js',
    }),
  ]);
}
