/** What documentation and portals print where a value belongs: `<password>`, `...`, `*****`. */
const PRINTED = /^<.*>$|^\.{3,}$|^…$|^\*{3,}$/s;

/** What stays when a template was not filled in: `${NAME}`, `{{name}}`, `$(NAME)`, `#{NAME}`, or a missing variable of JavaScript. */
const UNFILLED = /^\$\{.*\}$|^\{\{.*\}\}$|^\$\(.*\)$|^#\{.*\}#?$|^undefined$/s;

const WITHIN_HOST = /[<>]|\.{3}|…|\$\{|\{\{|\$\(|#\{|^undefined$/;

/** Whether the value stands for one that was never filled in. @internal */
export function isPlaceholder(value: string): boolean {
  return PRINTED.test(value) || UNFILLED.test(value);
}

/** Whether a host name holds a part that was never filled in, as in `<name>.redis.cache.windows.net`. @internal */
export function isPlaceholderHost(host: string): boolean {
  return WITHIN_HOST.test(host) || isPlaceholder(host);
}
