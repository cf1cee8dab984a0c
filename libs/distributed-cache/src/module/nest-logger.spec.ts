import 'reflect-metadata';
import { stripVTControlCharacters } from 'node:util';
import { ConsoleLogger, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Logger as PinoLogger, LoggerModule } from 'nestjs-pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { nestLogger, takesDetailsOf } from './nest-logger.js';

// The class of Nest itself: what the tests overhear is made of it, and a static method would change that alone.
const { Logger: NestLogger } = await vi.importActual<typeof import('@nestjs/common')>('@nestjs/common');

// Tests of other files may have replaced methods of the logger, where all files run in one process.
beforeEach(() => {
  vi.restoreAllMocks();
});
afterEach(() => {
  vi.restoreAllMocks();
  NestLogger.overrideLogger(false);
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
    NestLogger.overrideLogger(new ConsoleLogger());
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

  it('gives the details as fields to the console logger that writes JSON', () => {
    const lines = linesOf(() => {
      NestLogger.overrideLogger(new ConsoleLogger({ json: true }));
      nestLogger().warn('Connected', DETAILS);
    });
    expect(lines).toMatchObject([
      { level: 'warn', message: 'Connected', context: 'DistributedCache', params: DETAILS },
    ]);
  });

  it('gives the details as fields to the console logger of Nest 11 that writes JSON', () => {
    const lines = linesOf(() => {
      NestLogger.overrideLogger(new ConsoleLogger({ json: true }));
      nestLogger(false).warn('Connected', DETAILS);
    });
    expect(lines).toMatchObject([
      { level: 'warn', context: 'DistributedCache', message: { message: 'Connected', ...DETAILS } },
    ]);
  });

  it('gives the details as fields to nestjs-pino, also of lines that Nest has kept back until the logger is chosen', async () => {
    const lines: unknown[] = [];
    const stream = { write: (line: string) => void lines.push(JSON.parse(line)) };
    const logger = nestLogger();
    const app = await NestFactory.createApplicationContext(LoggerModule.forRoot({ pinoHttp: [{}, stream] }), {
      bufferLogs: true,
    });
    logger.log('Connected', DETAILS);
    app.useLogger(app.get(PinoLogger));
    app.flushLogs();
    logger.error('Lost', DETAILS);
    logger.warn('Without details');
    await app.close();
    expect(lines.filter((line) => Object(line).context === 'DistributedCache')).toMatchObject([
      { level: 30, msg: 'Connected', ...DETAILS },
      { level: 50, msg: 'Lost', ...DETAILS },
      { level: 40, msg: 'Without details' },
    ]);
  });

  it.each(LEVELS)('does no harm at %s when the logger of the application throws', (level) => {
    const fail = vi.fn<() => void>().mockThrow(new Error('the worker has ended'));
    NestLogger.overrideLogger({ log: fail, warn: fail, error: fail });
    expect(() => nestLogger()[level]('Connected', DETAILS)).not.toThrow();
    expect(fail).toHaveBeenCalledOnce();
  });

  it('gives any other logger one object, with the text as its message', () => {
    const log = vi.fn<(...args: unknown[]) => void>();
    NestLogger.overrideLogger({ log, warn() {}, error() {} });
    nestLogger().log('Connected', DETAILS);
    expect(log).toHaveBeenCalledExactlyOnceWith({ message: 'Connected', ...DETAILS }, 'DistributedCache');
  });
});

/** What `write` writes to the streams of the process, a line of JSON each. */
function linesOf(write: () => void): unknown[] {
  const lines: unknown[] = [];
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((text) => lines.push(JSON.parse(String(text))) > 0);
  write();
  vi.restoreAllMocks();
  return lines;
}
