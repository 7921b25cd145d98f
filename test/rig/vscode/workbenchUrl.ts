import type { Server } from './server.js';

export interface WorkbenchOptions {
  readonly folder?: string | undefined;
  /** An extension in its source folder, for a window that runs its tests and then ends. */
  readonly tests?: { readonly extension: string; readonly suite: string } | undefined;
}

/** The address of a window; which extension is under test and its suite travel in the `payload` of the address. */
export function workbenchUrl(server: Server, { folder, tests }: WorkbenchOptions): string {
  const url = new URL(server.url);
  if (folder) url.searchParams.set('folder', folder);
  if (tests) {
    const remote = (file: string) => `vscode-remote://${url.host}${file}`;
    const payload = [
      ['extensionDevelopmentPath', remote(tests.extension)],
      ['extensionTestsPath', remote(tests.suite)],
    ];
    url.searchParams.set('payload', JSON.stringify(payload));
  }
  return url.href;
}
