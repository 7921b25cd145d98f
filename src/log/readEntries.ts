import { open, type FileHandle } from 'node:fs/promises';
import { crcOf, stripCrc } from '../records/record.js';
import { BlockIndex, type Block } from './blockIndex.js';
import { indexEvents } from './scanEvents.js';
import type { Segment } from './segment.js';
import { LazyEntry, seqOf, type StoredEntry } from './storedEntry.js';

const newline = 0x0a;

/**
 * Streams events of one segment from its place in the file, a block at a time, the next one being read while one is
 * handled. Looks at their bytes once, for a checksum, and parses nothing. Ends early when the segment does not have them
 * all; throws when what it has is damaged.
 */
export async function* readEntries(
  segment: Segment,
  range: { readonly from: number; readonly to: number },
  firstSeq: number,
  limit: number,
): AsyncGenerator<readonly StoredEntry[]> {
  const file = await open(segment.path, 'r');
  let next = range.from;
  try {
    if (!segment.blocks) await indexEvents(segment, firstSeq, limit);
    for (let attempt = 1; next <= range.to; attempt += 1) {
      for await (const { block, bytes } of readBlocks(file, segment.blocks ?? new BlockIndex(), next, range.to)) {
        if (block.firstSeq > next || !isWhole(block, bytes)) {
          if (attempt > 1) throw new Error(`The log is damaged: event ${next} cannot be read from ${segment.file}`);
          break;
        }
        const entries = entriesOf(block, bytes, next, range.to);
        next = block.firstSeq + block.count;
        yield entries;
      }
      if (attempt > 1 || next > range.to) return;
      // Either the events or the index are wrong; only the events can say.
      await indexEvents(segment, firstSeq, limit);
    }
  } finally {
    await file.close();
  }
}

interface ReadBlock {
  readonly block: Block;
  readonly bytes: Buffer;
}

async function* readBlocks(file: FileHandle, index: BlockIndex, from: number, to: number): AsyncGenerator<ReadBlock> {
  const blocks = index.from(from);
  const begin = (): Promise<ReadBlock> | undefined => {
    const step = blocks.next();
    if (step.done || step.value.firstSeq > to) return undefined;
    const reading = readBlock(file, step.value);
    // Nobody waits for it yet, or ever will when the reader leaves.
    reading.catch(() => {});
    return reading;
  };
  let reading = begin();
  try {
    while (reading) {
      const read = await reading;
      reading = begin();
      yield read;
    }
  } finally {
    // The file must not be closed under it.
    await reading?.catch(() => {});
  }
}

async function readBlock(file: FileHandle, block: Block): Promise<ReadBlock> {
  const buffer = Buffer.allocUnsafeSlow(block.length);
  let length = 0;
  while (length < block.length) {
    const { bytesRead } = await file.read(buffer, length, block.length - length, block.offset + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return { block, bytes: buffer.subarray(0, length) };
}

/** Whether these are the bytes that were written as this block. */
function isWhole(block: Block, bytes: Buffer): boolean {
  return (
    bytes.length === block.length && crcOf(bytes) === block.crc && (seqOf(bytes) ?? block.firstSeq) === block.firstSeq
  );
}

function entriesOf(block: Block, bytes: Buffer, from: number, to: number): StoredEntry[] {
  const entries: StoredEntry[] = [];
  let start = 0;
  for (let seq = block.firstSeq; start < bytes.length && seq <= to; seq += 1) {
    const found = bytes.indexOf(newline, start);
    const end = found < 0 ? bytes.length : found;
    if (seq >= from) entries.push(new LazyEntry(seq, stripCrc(bytes, start, end)));
    start = end + 1;
  }
  return entries;
}
