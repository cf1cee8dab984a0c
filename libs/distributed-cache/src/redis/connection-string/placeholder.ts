/** Printed by documentation and portals in place of a value: `<password>`, `...`, `*****`. */
const PRINTED = /^<.*>$|^\.{3,}$|^…$|^\*{3,}$/s;

/** Left by a template that was not filled in: `${NAME}`, `{{name}}`, `$(NAME)`, `#{NAME}`, or `undefined` in JavaScript. */
const UNFILLED = /^\$\{.*\}$|^\{\{.*\}\}$|^\$\(.*\)$|^#\{.*\}#?$|^undefined$/s;

const WITHIN_HOST = /[<>]|\.{3}|…|\$\{|\{\{|\$\(|#\{|^undefined$/;

/** Whether the value is a placeholder. @internal */
export function isPlaceholder(value: string): boolean {
  return PRINTED.test(value) || UNFILLED.test(value);
}

/** Whether the host name contains a placeholder, as in `<name>.redis.cache.windows.net`. @internal */
export function isPlaceholderHost(host: string): boolean {
  return WITHIN_HOST.test(host) || isPlaceholder(host);
}
