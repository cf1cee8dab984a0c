/**
 * What to do while the lease is over: `'reload'` loads each key again once per `maxStaleness`; `'bypass'` loads for every read.
 *
 * @publicApi
 */
export type WhenDisconnected = 'reload' | 'bypass';
