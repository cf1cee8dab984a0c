const UNKNOWN_AUTHORITY =
  'its certificate is not signed by an authority that is trusted here; give the certificate of its authority: redis: { tls: { ca } }';
const NO_TLS = 'the server there may not speak TLS; check the port and ssl';
const ENDED =
  'the server ended the connection; it may ask for TLS (rediss:// or ssl=true), or have no room for more clients (maxclients)';
const CREDENTIALS = 'check user and password of the connection string, or what credentials() gives';

/** By the code of Node.js or OpenSSL, or the word that an error answer of Redis begins with. */
const ADVICE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there; start Redis, or correct host and port',
  ENOENT: 'there is no such socket; start Redis, or correct the path',
  ECONNRESET: ENDED,
  EPIPE: ENDED,
  ENOTFOUND: 'the host name is unknown; correct it',
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  CERT_SIGNATURE_FAILURE: UNKNOWN_AUTHORITY,
  ERR_TLS_CERT_ALTNAME_INVALID: 'give the name that its certificate is for: sslHost',
  EPROTO: NO_TLS,
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
  WRONGPASS: CREDENTIALS,
  NOAUTH: CREDENTIALS,
  NOPERM: 'give the user the permissions that docs/message-format.md lists',
  WRONGTYPE: 'something else uses the keys of this namespace; delete them, or choose another namespace',
};

/** `message`, and how to mend what it tells of, where that is known. @internal */
export function withAdvice(message: string, code: string): string {
  const advice = ADVICE[code];
  return advice === undefined ? message : `${message} (${advice})`;
}
