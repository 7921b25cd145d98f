/** Within each event: `t=` when it was made (microseconds, 16 digits), `n=` its number (10 digits). */
export const stamp = (n: number): string =>
  `t=${String(nowMicros()).padStart(16, '0')} n=${String(n).padStart(10, '0')}`;

/** The same clock in every process of a machine. */
export const nowMicros = (): number => Number(process.hrtime.bigint() / 1_000n);

export const timeAt = 2;
export const timeDigits = 16;
export const numberAt = 21;
export const numberDigits = 10;

export function digits(bytes: Buffer, at: number, count: number): number {
  let value = 0;
  for (let index = at; index < at + count; index += 1) value = value * 10 + (bytes[index] ?? 0) - 0x30;
  return value;
}
