import { onTestFinished } from 'vitest';
import { type AdapterName, HttpApplication, type HttpApplicationOptions } from './http-application.js';

/** As {@link HttpApplication.start}. It is closed after the test. */
export async function startHttp(adapter: AdapterName, options: HttpApplicationOptions): Promise<HttpApplication> {
  const started = await HttpApplication.start(adapter, options);
  onTestFinished(() => started.app.close());
  return started;
}
