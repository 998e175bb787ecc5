/** The form of header names and methods (RFC 9110, 5.6.2). */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** Anything that a header value cannot have: controls but the tab. */
const control = /[^\t -~\u0080-\uffff]/

/** Whether a text can be the name of a header, or a method. */
export function isToken(text: string): boolean {
  return token.test(text)
}

/** Whether a text has a character that would end a header line, or that HTTP does not allow within one. */
export function hasControls(text: string): boolean {
  return control.test(text)
}
