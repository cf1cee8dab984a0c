import type { Doorbell } from '../../protocol/invalidation-bridge.js';
import { isStreamId } from './stream-id.js';

const NO_PREVIOUS = '-';

/**
 * Reads a message of the channel: `previous-id id payload`, or a bare payload that was published without the log. Never throws. A text of
 * another form is returned as a payload, which the codec then refuses and counts as malformed.
 *
 * @internal
 */
export function readDoorbell(text: string): Doorbell {
  const plain: Doorbell = { payload: text, entry: undefined };
  const first = text.indexOf(' ');
  const second = text.indexOf(' ', first + 1);
  if (first === -1 || second === -1) return plain;
  const previousId = text.slice(0, first);
  const id = text.slice(first + 1, second);
  if (!isStreamId(id) || (previousId !== NO_PREVIOUS && !isStreamId(previousId))) return plain;
  return {
    payload: text.slice(second + 1),
    entry: { id, previousId: previousId === NO_PREVIOUS ? undefined : previousId },
  };
}
