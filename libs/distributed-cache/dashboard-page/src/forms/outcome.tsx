import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

/** What has come of something that the viewer has asked for. */
export interface Outcome {
  readonly isRunning: boolean;
  /** What is to be shown of it; `null`: nothing. */
  readonly line: JSX.Element | null;
  /** Runs it. What it returns, or the message of what it throws, is shown. */
  of(this: void, work: () => Promise<string>): Promise<void>;
}

export function useOutcome(): Outcome {
  const [state, setState] = useState({ isRunning: false, isBad: false, words: '' });
  const of = async (work: () => Promise<string>): Promise<void> => {
    setState({ isRunning: true, isBad: false, words: '' });
    try {
      setState({ isRunning: false, isBad: false, words: await work() });
    } catch (error) {
      setState({ isRunning: false, isBad: true, words: error instanceof Error ? error.message : String(error) });
    }
  };
  const line =
    state.words === '' ? null : (
      <p class={`outcome ${state.isBad ? 'bad' : 'good'}`} role="status">
        {state.words}
      </p>
    );
  return { isRunning: state.isRunning, line, of };
}
