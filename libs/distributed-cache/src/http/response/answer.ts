import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import { unsafeCast } from '../../common/unsafe-cast.js';
import { headerText, type HeaderValue } from '../request.js';
import { namesIn, type StoredResponse } from './stored-response.js';

/** Where a response comes from. @internal */
export type CacheResult = 'HIT' | 'MISS' | 'STALE' | 'BYPASS';

/** What an answer is made of, beside the stored response. @internal */
export interface AnswerParts {
  readonly stored: StoredResponse;
  readonly result: CacheResult;
  /** Whole seconds; `undefined`: the handler was called for this request. */
  readonly age: number | undefined;
  readonly control: string;
  readonly isNotModified: boolean;
  readonly isHead: boolean;
}

/** The headers of a 304, by RFC 9110 15.4.5, beside those that are made for each answer. */
const OF_NOT_MODIFIED = ['content-location', 'etag', 'expires'] as const;

/** Headers that describe a body that a 304 does not have. */
const ABOUT_CONTENT = /^(?:content-(?!location|security-policy)|last-modified$|accept-ranges$)/;

/**
 * One answer that is made of a stored response. The wrapped adapter writes it as it is.
 *
 * To interceptors further out it is a `StreamableFile`: those that change what a handler returns, such as `ClassSerializerInterceptor`, leave
 * that alone. One that wraps it, `map((data) => ({ data }))`, gets what the handler has returned, by way of `toJSON`.
 *
 * @internal
 */
export class Answer extends StreamableFile {
  readonly stored: StoredResponse;
  readonly isNotModified: boolean;
  readonly #parts: AnswerParts;

  constructor(parts: AnswerParts) {
    // It has a stream only if somebody asks for it.
    super(unsafeCast(NO_STREAM));
    this.stored = parts.stored;
    this.isNotModified = parts.isNotModified;
    this.#parts = parts;
  }

  get status(): number {
    return this.isNotModified ? 304 : this.stored.status;
  }

  /** Nest reads this and {@link url} of what a handler with `@Redirect` returns. */
  get statusCode(): number | undefined {
    return this.stored.location === undefined ? undefined : this.stored.status;
  }

  get url(): string | undefined {
    return this.stored.location;
  }

  get isBodySent(): boolean {
    return !this.isNotModified && !this.#parts.isHead;
  }

  /** Whether a header that is set already is not to be sent: a 304 has none about a body. */
  leavesOut(name: string): boolean {
    return this.isNotModified && ABOUT_CONTENT.test(name);
  }

  /** @param varySet - the `Vary` that middleware has set */
  eachHeader(varySet: HeaderValue | undefined, set: (name: string, value: HeaderValue) => void): void {
    const { stored, result, age, control } = this.#parts;
    const { vary } = stored;
    if (this.isNotModified) {
      for (const name of OF_NOT_MODIFIED) {
        const value = stored.headers[name];
        if (value !== undefined) set(name, value);
      }
    } else {
      for (const name in stored.headers) set(name, unsafeCast<HeaderValue>(stored.headers[name]));
      if (stored.body !== undefined) set('content-length', stored.length);
    }
    if (age !== undefined) set('age', age);
    set('cache-control', control);
    set('x-cache', result);
    if (vary.length > 0) set('vary', withNames(varySet, vary));
  }

  override getStream(): Readable {
    return Readable.from(this.stored.body === undefined ? [] : [this.stored.body]);
  }

  override getHeaders(): ReturnType<StreamableFile['getHeaders']> {
    const { headers, length } = this.stored;
    return { type: headerText(headers['content-type'] ?? ''), disposition: undefined, length };
  }

  toJSON(): unknown {
    const { headers, body } = this.stored;
    if (body === undefined) return undefined;
    const text = body.toString();
    return headerText(headers['content-type'] ?? '').includes('json') ? JSON.parse(text) : text;
  }
}

const NO_STREAM = {};

function withNames(varySet: HeaderValue | undefined, names: readonly string[]): string {
  const text = names.join(', ');
  if (varySet === undefined) return text;
  const given = namesIn(varySet);
  const missing = names.filter((name) => !given.includes(name));
  return [headerText(varySet), ...missing].join(', ');
}
