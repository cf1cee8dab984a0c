import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../testing/manual-clock.js';
import { EventStream } from './event-stream.js';

/** A response whose client reads when the test says so. */
function responseTo(): { readonly response: ServerResponse; readonly sent: () => string; readonly read: () => void } {
  let sent = '';
  let waiting: (() => void) | undefined;
  const socket = new Duplex({
    read() {},
    write(chunk, _, done) {
      sent += String(chunk);
      waiting = done;
    },
    highWaterMark: 1_000,
  });
  const request = new IncomingMessage(new Socket());
  request.httpVersionMajor = 1;
  request.httpVersionMinor = 1;
  const response = new ServerResponse(request);
  Reflect.apply(Reflect.get(response, 'assignSocket'), response, [socket]);
  const read = (): void => {
    while (waiting) {
      const done = waiting;
      waiting = undefined;
      done();
    }
  };
  return { response, sent: () => sent, read };
}

describe('a stream of events', () => {
  it('is full while its viewer does not read, and ends when it has not for 30 s', async () => {
    const clock = new ManualClock();
    const { response } = responseTo();
    const stream = new EventStream(response, clock);
    let isClosed = false;
    stream.onClose(() => (isClosed = true));
    stream.send('state', 'x'.repeat(2_000));
    expect(stream.isFull).toBe(true);
    await clock.advance('29s');
    expect(isClosed).toBe(false);
    await clock.advance('1s');
    expect(isClosed).toBe(true);
  });

  it('goes on when its viewer reads again', async () => {
    const clock = new ManualClock();
    const { response, sent, read } = responseTo();
    const stream = new EventStream(response, clock);
    stream.send('state', 'x'.repeat(2_000));
    read();
    // The server does so when the socket has room again.
    response.emit('drain');
    expect(stream.isFull).toBe(false);
    await clock.advance('1m');
    expect(response.destroyed).toBe(false);
    stream.send('state', '{}');
    for (let turn = 0; turn < 3; turn += 1) {
      await clock.advance(0);
      read();
    }
    expect(sent()).toContain('event: state\ndata: {}\n\n');
  });
});
