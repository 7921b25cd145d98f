/** What the dashboard's page loads, by path, with its type: a session of the page is enough to read these. */
export const pageFileTypes: Readonly<Record<string, string>> = {
  '/dashboard.js': 'text/javascript; charset=utf-8',
  '/dashboard.css': 'text/css; charset=utf-8',
  '/browser.css': 'text/css; charset=utf-8',
  '/codicon.css': 'text/css; charset=utf-8',
  '/codicon.ttf': 'font/ttf',
};

export function isPageFile(path: string): boolean {
  return Object.hasOwn(pageFileTypes, path);
}
