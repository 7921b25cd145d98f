import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SseParser, type SseMessage } from '../../../src/client/sseParser.js';

const stream = [
  'retry: 2000\nid: l:4\n\n',
  ': alive\n\n',
  'event: story.started\r\nid: l:5\r\ndata: {"a":1}\r\n\r\n',
  'event:transient\rdata\rdata:  two\r\r',
  'id: l:6\ndata: ü\n\nevent: unfinished\ndata: x\n',
].join('');

const expected: SseMessage[] = [
  { event: 'story.started', data: '{"a":1}', id: 'l:5' },
  { event: 'transient', data: '\n two', id: 'l:5' },
  { event: 'message', data: 'ü', id: 'l:6' },
];

describe('The parser of server-sent events', () => {
  it('finds the same events and ids wherever the stream is cut into pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: stream.length }), { maxLength: 12 }), (cuts) => {
        const parser = new SseParser();
        const places = [0, ...cuts.sort((a, b) => a - b), stream.length];
        const got = places.flatMap((place, index) => parser.push(stream.slice(place, places[index + 1] ?? place)));
        assert.deepEqual(got, expected);
        assert.equal(parser.lastId, 'l:6');
      }),
    );
  });

  it('knows the place of a stream that has not told anything yet', () => {
    const parser = new SseParser();
    assert.deepEqual(parser.push('retry: 2000\nid: l:4\n'), []);
    assert.equal(parser.lastId, 'l:4');
  });
});
