const maxShort = 125;
const maxMedium = 0xffff;
const finalText = 0x81;

/**
 * Messages as one run of unmasked WebSocket text frames (RFC 6455, 5.2), as a server sends them without compression.
 * Whole frames may be written between those of `ws`, whose own go to the socket at once when there is no compression.
 */
export function textFrames(messages: readonly Buffer[]): Buffer {
  let size = 0;
  for (const { length } of messages) size += headerLength(length) + length;
  const frames = Buffer.allocUnsafe(size);
  let at = 0;
  for (const message of messages) {
    at = writeHeader(frames, at, message.length);
    at += message.copy(frames, at);
  }
  return frames;
}

function headerLength(length: number): number {
  if (length <= maxShort) return 2;
  return length <= maxMedium ? 4 : 10;
}

/** Answers where the payload begins. */
function writeHeader(frames: Buffer, at: number, length: number): number {
  frames[at] = finalText;
  if (length <= maxShort) {
    frames[at + 1] = length;
    return at + 2;
  }
  if (length <= maxMedium) {
    frames[at + 1] = 126;
    return frames.writeUInt16BE(length, at + 2);
  }
  frames[at + 1] = 127;
  frames.writeUInt32BE(Math.floor(length / 2 ** 32), at + 2);
  return frames.writeUInt32BE(length % 2 ** 32, at + 6);
}
