import { fileURLToPath } from 'node:url';
import { registerAs } from '@nestjs/config';

/** Where the catalogue lies and how slow it is. */
export interface CatalogueSettings {
  /** Path of the SQLite file; `DATABASE_FILE`. Default: `data/catalogue.sqlite` of this application. */
  readonly file: string;
  /** Waited before each query, in ms, so that a slow source can be shown; `SOURCE_LATENCY_MS`. Default: 0. */
  readonly latency: number;
}

const DEFAULT_FILE = fileURLToPath(new URL('../../data/catalogue.sqlite', import.meta.url));

export const catalogueConfig = registerAs('catalogue', (): CatalogueSettings => ({
  file: process.env['DATABASE_FILE'] || DEFAULT_FILE,
  latency: milliseconds('SOURCE_LATENCY_MS'),
}));

function milliseconds(variable: string): number {
  const text = process.env[variable] || '0';
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new Error(`${variable}=${text} cannot be used: it must be a number of milliseconds, 0 or more.`);
}
