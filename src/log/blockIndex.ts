import * as z from 'zod';
import { crcOf } from '../records/record.js';

/** A stretch of whole records of one segment: read, checked and sent as one. */
export interface Block {
  readonly firstSeq: number;
  readonly count: number;
  readonly offset: number;
  readonly length: number;
  readonly crc: number;
}

const maxRecords = 1_024;
const maxBytes = 256 * 1024;

/** In a segment's header, about the segment before: `[firstSeq, offset, crc]` of each block, and where the last one ends. */
export const blocksSchema = z.object({
  blocks: z.array(z.tuple([z.int().positive(), z.int().nonnegative(), z.int().nonnegative()])),
  end: z.tuple([z.int().positive(), z.int().nonnegative()]),
});
export type BlocksSnapshot = z.infer<typeof blocksSchema>;

type Growing = { -readonly [K in keyof Block]: Block[K] };

/**
 * A segment's sparse index: where its blocks begin, and a checksum over each, so that reading one costs a seek and one pass
 * over its bytes, whatever number of records it has. Discardable: made again from the records.
 */
export class BlockIndex {
  readonly #blocks: Growing[] = [];

  /** What a header says; undefined when it cannot be. */
  static restore(snapshot: BlocksSnapshot): BlockIndex | undefined {
    const index = new BlockIndex();
    const { blocks, end } = snapshot;
    for (const [place, [firstSeq, offset, crc]] of blocks.entries()) {
      const [nextSeq, nextOffset] = blocks[place + 1] ?? end;
      const block = { firstSeq, count: nextSeq - firstSeq, offset, length: nextOffset - offset, crc };
      if (block.count <= 0 || block.length <= 0) return undefined;
      index.#blocks.push(block);
    }
    return index;
  }

  snapshot(): BlocksSnapshot | undefined {
    const last = this.#blocks.at(-1);
    if (!last) return undefined;
    return {
      blocks: this.#blocks.map(({ firstSeq, offset, crc }) => [firstSeq, offset, crc]),
      end: [last.firstSeq + last.count, last.offset + last.length],
    };
  }

  /** The blocks from the one that holds event `seq` on. Each is as it is when it is asked for. */
  *from(seq: number): Generator<Block, void, void> {
    let low = 0;
    for (let high = this.#blocks.length; low < high;) {
      const middle = (low + high) >> 1;
      const block = this.#blocks[middle];
      if (block && block.firstSeq + block.count <= seq) low = middle + 1;
      else high = middle;
    }
    for (; low < this.#blocks.length; low += 1) {
      const block = this.#blocks[low];
      if (block) yield { ...block };
    }
  }

  /** Adds records that stand at `offset` one after the other; `lengths` are theirs, newlines included. */
  add(firstSeq: number, offset: number, bytes: Buffer, lengths: readonly number[]): void {
    let at = 0;
    let place = 0;
    while (place < lengths.length) {
      const block = this.#open(firstSeq + place, offset + at);
      const start = at;
      do {
        at += lengths[place] ?? 0;
        place += 1;
        block.count += 1;
        block.length = offset + at - block.offset;
      } while (place < lengths.length && !isFull(block));
      block.crc = crcOf(bytes.subarray(start, at), block.crc);
    }
  }

  #open(firstSeq: number, offset: number): Growing {
    const last = this.#blocks.at(-1);
    if (last && !isFull(last) && last.offset + last.length === offset) return last;
    const block = { firstSeq, count: 0, offset, length: 0, crc: 0 };
    this.#blocks.push(block);
    return block;
  }
}

function isFull(block: Block): boolean {
  return block.count >= maxRecords || block.length >= maxBytes;
}
