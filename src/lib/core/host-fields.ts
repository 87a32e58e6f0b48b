import { z } from 'zod'

// Parameters that several components have: of things on a host.

/** An absolute path in one line. */
export const pathField = () =>
  z
    .string()
    .regex(/^\/[^\0\n]*[^/\0\n]$/, 'is not an absolute path of a file, such as /etc/motd')
    .describe('absolute path on the host')

/** Permission bits as octal text; a bare 0644 in YAML is the number 644 and is refused. */
export const modeField = () =>
  z
    .string()
    .regex(/^0?[0-7]{3,4}$/, "is not a mode: write it octal and quoted, such as '0644'")
    .describe("permission bits, octal and quoted: '0644'")

/** `user`, `user:group` or `:group`, names or numbers. */
export const ownerField = () =>
  z
    .string()
    .regex(/^([\w.][\w.-]*\$?)?(:[\w.][\w.-]*)?$/, 'is not an owner, such as www-data:www-data')
    .min(1)
    .describe('user, user:group or :group; names or numbers')

export const serviceNameField = () =>
  z
    .string()
    .regex(/^[A-Za-z0-9_@.:][A-Za-z0-9_@.:\\-]*$/, 'is not the name of a service, such as nginx')
    .describe('name of the service, such as nginx')

/** For contents that must not be seen in a diff, a report or a log. */
export const secretField = () => z.boolean().default(false).describe('never show the content: a diff tells its size')

/** A regular expression of JavaScript, with the flag `u`. */
export const patternField = () => z.string().refine(isPattern, { error: 'is not a regular expression' })

/** A command: a line for sh, or words that reach the program unchanged. */
export const commandField = () =>
  z.union([z.string().min(1), z.array(z.string()).min(1)], { error: 'is neither a line for sh nor a list of words' })

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp
  } catch {
    return false
  }
}
