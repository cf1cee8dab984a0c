import { fileURLToPath } from 'node:url';
import { registerAs } from '@nestjs/config';

/** Where the catalogue is stored, and how slow it is. */
export interface CatalogueSettings {
  /** The path of the SQLite file, from `DATABASE_FILE`. Default: `data/catalogue.sqlite` in the folder of this application. */
  readonly file: string;
  /** A delay before each query in ms, to imitate a slow database, from `SOURCE_LATENCY_MS`. Default: 0. */
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
