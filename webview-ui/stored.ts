/** What {@link store} kept under a name; of unknown age and shape. */
export function readStored(name: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(name) ?? 'null') as unknown;
  } catch {
    return undefined;
  }
}

/** Keeps it over a reload, and for other windows of this browser. */
export function store(name: string, value: object): void {
  localStorage.setItem(name, JSON.stringify(value));
}
