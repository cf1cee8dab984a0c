/** The version of the questions that this library asks. A question of a newer version is not answered. @publicApi */
export const QUESTION_VERSION = 1;

/** A longer text is no question. In UTF-16 units: a key may have 512 bytes, and a name is short. */
const MAX_LENGTH = 4_096;
/** It is a part of the name of a channel. */
const ID = /^[\w-]{1,64}$/;

/** What an observer asks every instance. @publicApi */
export type Question =
  | { readonly id: string; readonly ask: 'status' | 'stats' }
  | { readonly id: string; readonly ask: 'region'; readonly region: string }
  | { readonly id: string; readonly ask: 'entry'; readonly region: string; readonly key: string };

/** An answer of one instance. Its other properties depend on the question. @publicApi */
export interface Answer {
  /** The `instanceId` of the instance. */
  readonly from: string;
  readonly [property: string]: unknown;
}

/** @param question - with a canonical key @internal */
export function encodeQuestion(question: Question): string {
  return JSON.stringify({ v: QUESTION_VERSION, ...question });
}

/** Reads a question. Never throws: `undefined` for everything that this version does not understand. @internal */
export function decodeQuestion(text: string): Question | undefined {
  const fields = text.length <= MAX_LENGTH ? parsed(text) : undefined;
  if (!fields || fields['v'] !== QUESTION_VERSION) return undefined;
  const { id, ask, region, key } = fields;
  if (typeof id !== 'string' || !ID.test(id)) return undefined;
  if (ask === 'status' || ask === 'stats') return { id, ask };
  if (typeof region !== 'string') return undefined;
  if (ask === 'region') return { id, ask, region };
  return ask === 'entry' && typeof key === 'string' ? { id, ask, region, key } : undefined;
}

/** @internal */
export function encodeAnswer(from: string, answer: object): string {
  return JSON.stringify({ v: QUESTION_VERSION, from, ...answer });
}

/** Reads an answer. Never throws: `undefined` for what is none. @internal */
export function decodeAnswer(text: string): Answer | undefined {
  const fields = parsed(text);
  if (!fields) return undefined;
  const { v: _, from, ...rest } = fields;
  return typeof from === 'string' ? { ...rest, from } : undefined;
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
