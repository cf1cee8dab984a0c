import { stripVTControlCharacters } from 'node:util';
import { ConsoleLogger, Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { nestLogger, takesDetailsOf } from './nest-logger.js';

// Tests of other files may have replaced methods of the logger, where all files run in one process.
beforeEach(() => {
  vi.restoreAllMocks();
});
afterEach(() => {
  vi.restoreAllMocks();
  Logger.overrideLogger(false);
});

/** The console logger of Nest 11, which takes everything between the message and the context for further messages. */
class ConsoleOfNest11 extends ConsoleLogger {
  override log(...messages: unknown[]): void {
    this.printMessages(messages);
  }
}

const LEVELS = ['log', 'warn', 'error'] as const;
const DETAILS = { namespace: 'shop', cause: "it's refused" };

describe('The logger of the cache', () => {
  it('finds out whether a logger of this Nest takes details behind the message', () => {
    expect(takesDetailsOf(ConsoleLogger)).toBe(true);
    expect(takesDetailsOf(ConsoleOfNest11)).toBe(false);
  });

  it.each(LEVELS)('writes one line with the details at %s with Nest 12', (level) => {
    const lines: string[] = [];
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, 'write').mockImplementation((text) => lines.push(stripVTControlCharacters(String(text))) > 0);
    }
    Logger.overrideLogger(new ConsoleLogger());
    nestLogger()[level]('Connected', DETAILS);
    expect(lines).toEqual([
      expect.stringMatching(/\[DistributedCache\] Connected \{ namespace: 'shop', cause: "it's refused" \}.*\n$/),
    ]);
  });

  it.each(LEVELS)(
    'gives the details at %s in the message where Nest would write them as another one, as Nest 11 does',
    (level) => {
      const written = vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
      nestLogger(false)[level]('Connected', DETAILS);
      nestLogger(false)[level]('Without details');
      expect(written.mock.calls).toEqual([
        [`Connected { namespace: 'shop', cause: "it's refused" }`],
        ['Without details'],
      ]);
    },
  );
});
