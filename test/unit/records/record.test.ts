import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { decodeRecord, encodeRecord, stripCrc } from '../../../src/records/record.js';

/** Objects as they come from outside, also with members called "crc" at any depth. */
const objects = fc
  .dictionary(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('crc', 'data', '__proto__')), fc.jsonValue(), {
    minKeys: 1,
  })
  .map((object) => JSON.parse(JSON.stringify(object)) as Record<string, unknown>);

const withoutNewline = (record: Buffer): Buffer => record.subarray(0, -1);

describe('A record', () => {
  it('is one line of JSON and says the same when it is read', () => {
    fc.assert(
      fc.property(objects, (object) => {
        const record = encodeRecord(object);
        assert.equal(record.indexOf('\n'), record.length - 1);
        assert.doesNotThrow(() => void JSON.parse(record.toString()));
        assert.deepEqual(decodeRecord(withoutNewline(record)), { ok: true, value: object });
      }),
    );
  });

  it('ends in the CRC-32 of all bytes before it', () => {
    const line = withoutNewline(encodeRecord({ text: 'ä', data: { crc: '00000000' } })).toString();
    const [, body = '', crc] = /^(.*),"crc":"([0-9a-f]{8})"\}$/.exec(line) ?? [];
    assert.equal(body, '{"text":"ä","data":{"crc":"00000000"}');
    assert.equal(crc, crc32(body).toString(16).padStart(8, '0'));
  });

  it('gives the bytes that were stored without the CRC', () => {
    fc.assert(
      fc.property(objects, (object) => {
        assert.equal(stripCrc(withoutNewline(encodeRecord(object))).toString(), JSON.stringify(object));
      }),
    );
  });

  it('is refused when any byte of it changed', () => {
    fc.assert(
      fc.property(objects, fc.nat(), fc.integer({ min: 1, max: 255 }), (object, at, change) => {
        const line = Buffer.from(withoutNewline(encodeRecord(object)));
        const index = at % line.length;
        line[index] = (line[index] ?? 0) ^ change;
        assert.ok(!decodeRecord(line).ok);
      }),
    );
  });

  it('names what is wrong', () => {
    const faultOf = (line: string): unknown => {
      const result = decodeRecord(Buffer.from(line));
      return result.ok ? undefined : result.error;
    };
    const sealed = (body: string): string => `${body},"crc":"${crc32(body).toString(16).padStart(8, '0')}"}`;
    assert.equal(faultOf(''), 'no-crc');
    assert.equal(faultOf('{"a":1}'), 'no-crc');
    assert.equal(faultOf('{"a":1,"crc":"00000000"}'), 'crc-mismatch');
    assert.equal(faultOf(sealed('{"a":')), 'not-json');
    assert.equal(faultOf(sealed('{"a":1')), undefined);
  });

  it('cannot be made of nothing', () => {
    assert.throws(() => encodeRecord({}), /Internal error/);
    assert.throws(() => encodeRecord([1]), /Internal error/);
  });
});
