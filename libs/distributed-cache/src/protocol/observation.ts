import type { Doorbell } from './invalidation-bridge.js';
import type { ListedMember } from './member.js';

/** What an observer hears. @publicApi */
export interface ObservationListener {
  /** The channel brought a message. Never throws. */
  heard(doorbell: Doorbell): void;
  /** An instance has answered the question with this id. Never throws. */
  answered(id: string, answer: string): void;
  /** The link is lost. */
  broken(cause: Error): void;
}

/** What is in the log, and who is on the list of members. @publicApi */
export interface ObservedNamespace {
  /** Who is on the list, also those that have gone without a word. */
  readonly members: readonly ListedMember[];
  readonly log: {
    /** How many entries it holds. */
    readonly length: number;
    /** In bytes; `undefined`: the server does not say. */
    readonly memory: number | undefined;
    /** The ids of its ends; `undefined`: it is empty. */
    readonly oldest: string | undefined;
    readonly newest: string | undefined;
    /** How long ago the newest was written, by the clock of the log, in ms. */
    readonly newestAge: number | undefined;
  };
  /** Which run of the server keeps the log; `undefined`: it does not say. */
  readonly run: string | undefined;
}

/** The link of an observer: it listens and asks, and is no member, so nothing waits for it. @publicApi */
export interface Observation {
  /** Sends a question to every instance. From before it is sent, the link listens to its answers. */
  ask(id: string, question: string): Promise<void>;
  /** No more answers to this question are wanted. */
  forget(id: string): Promise<void>;
  /** Reads the log and the list of members once. */
  look(): Promise<ObservedNamespace>;
  /** Ends the link. Nothing is heard afterwards. */
  close(): void;
}

/** A bridge that lets somebody observe a namespace. @publicApi */
export interface ObservableBridge {
  /** Opens a link for an observer. Rejects, in bounded time, when it cannot, and as soon as `signal` is aborted. */
  observe(namespace: string, listener: ObservationListener, signal: AbortSignal): Promise<Observation>;
}
