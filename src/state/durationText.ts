/** `45s`, `2m 34s`, `1h 05m`. */
export function durationText(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${two(seconds % 60)}s`;
  return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`;
}

/** As {@link durationText}, with tenths below ten seconds: for what is over and was quick. */
export function measuredText(ms: number): string {
  return ms < 10_000 ? `${(Math.floor(ms / 100) / 10).toFixed(1)}s` : durationText(ms);
}

/** An estimate is no promise: `<1m`, `~3m`, `~1h 05m`. */
export function estimateText(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1) return '<1m';
  return minutes < 60 ? `~${minutes}m` : `~${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`;
}

const two = (value: number): string => String(value).padStart(2, '0');
