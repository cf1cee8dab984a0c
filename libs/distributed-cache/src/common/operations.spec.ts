import { describe, expect, it } from 'vitest';
import { RecordedLogger } from '../../../../test/support/instances/recorded-logger.js';
import { noopLogger } from './logger.js';
import { Operations } from './operations.js';

describe('an operation', () => {
  it('has its own id, which is in every line of it', () => {
    const log = new RecordedLogger({ isDebugEnabled: true });
    const operations = new Operations(log);
    const first = operations.begin('load');
    const second = operations.begin('load');
    first?.step('Load started', { region: 'products' });
    second?.step('Load started', { region: 'prices' });
    first?.step('Load ended');
    expect(log.lines).toEqual([
      { level: 'debug', message: 'Load started', parameters: { operation: 'load-1', region: 'products' } },
      { level: 'debug', message: 'Load started', parameters: { operation: 'load-2', region: 'prices' } },
      { level: 'debug', message: 'Load ended', parameters: { operation: 'load-1' } },
    ]);
  });

  it('can continue under an id that another instance knows too', () => {
    const log = new RecordedLogger({ isDebugEnabled: true });
    new Operations(log).named('1700000000000-0')?.step('Received');
    expect(log.lines).toEqual([{ level: 'debug', message: 'Received', parameters: { operation: '1700000000000-0' } }]);
  });

  it('is not made when the logger does not write debug', () => {
    for (const logger of [noopLogger, new RecordedLogger(), { ...noopLogger, isDebugEnabled: undefined }]) {
      expect(new Operations(logger).begin('load')).toBeUndefined();
      expect(new Operations(logger).named('1-0')).toBeUndefined();
    }
  });

  it('is not made when the logger throws at the question whether it writes debug', () => {
    const broken = (): boolean => {
      throw new Error('the logger is broken');
    };
    const operations = new Operations({ ...noopLogger, isDebugEnabled: broken });
    expect(operations.begin('load')).toBeUndefined();
    expect(operations.named('1-0')).toBeUndefined();
  });

  it('can begin as soon as the logger writes debug', () => {
    let isDebugEnabled = false;
    const operations = new Operations({ ...noopLogger, isDebugEnabled: () => isDebugEnabled });
    expect(operations.begin('load')).toBeUndefined();
    isDebugEnabled = true;
    expect(operations.begin('load')?.id).toBe('load-1');
  });
});
