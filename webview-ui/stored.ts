/** What {@link store} kept under a name; of unknown age and shape. */
export function readStored(name: string, storage = localStorage): unknown {
  try {
    return JSON.parse(storage.getItem(name) ?? 'null') as unknown;
  } catch {
    return undefined;
  }
}

/** Keeps it over a reload, and for other windows of this browser; where there is no room, the page goes on without. */
export function store(name: string, value: object, storage = localStorage): void {
  try {
    storage.setItem(name, JSON.stringify(value));
  } catch (error) {
    console.warn(error);
  }
}
