/** Names the run of a process; survives `setsid` and the death of all its ancestors. */
export const MARKER = 'STORYLOOP_MARKER';
/** Names the one guarded command that a process belongs to. */
export const GUARD = 'STORYLOOP_GUARD';

/** A process that runs inside another's tree belongs to both: a marker is a list, the outermost first. */
export function withMarker(outer: string | undefined, marker: string): string {
  return outer ? `${outer},${marker}` : marker;
}

/** Whether one variable of an environment, as `NAME=value`, carries the marker. */
export function carries(entry: string, name: string, marker: string): boolean {
  return (
    entry.startsWith(`${name}=`) &&
    entry
      .slice(name.length + 1)
      .split(',')
      .includes(marker)
  );
}
