/** The pages that a browser gets: the dashboard, and all events as they are. A ticket opens either. */
export const pagePaths = ['/', '/events'] as const;
export type PagePath = (typeof pagePaths)[number];

export function isPage(path: string): path is PagePath {
  return pagePaths.some((page) => page === path);
}

/** What the pages load, by path, with its type: a session is enough to read these. */
export const pageFileTypes: Readonly<Record<string, string>> = {
  '/dashboard.js': 'text/javascript; charset=utf-8',
  '/dashboard.css': 'text/css; charset=utf-8',
  '/events.js': 'text/javascript; charset=utf-8',
  '/events.css': 'text/css; charset=utf-8',
  '/browser.css': 'text/css; charset=utf-8',
  '/codicon.css': 'text/css; charset=utf-8',
  '/codicon.ttf': 'font/ttf',
};

export function isPageFile(path: string): boolean {
  return Object.hasOwn(pageFileTypes, path);
}
