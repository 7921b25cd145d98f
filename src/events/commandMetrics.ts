import * as z from 'zod';

const count = z.number().int().nonnegative();

/** What a command took. */
export const commandMetrics = z.looseObject({
  duration_ms: z.number().nonnegative().optional(),
  tokens: count.optional(),
  /** The most that was seen at once of the memory of its processes, and of the disk of its folder; where it was measured. */
  peak_memory_bytes: count.optional(),
  peak_disk_bytes: count.optional(),
});
